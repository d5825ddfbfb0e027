// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from './error-table.ts';

/** Errors of bytes, identifiers and encodings that both ends of the contract share. */
export const protocolErrors = {
  'protocol/bad-hex': entry<{ position: number }>(
    'A text that should be hexadecimal is not.',
    'Write an even number of digits 0-9 and a-f.',
  ),
  'protocol/bad-utf8': entry<{ length: number }>(
    'Bytes that should be UTF-8 text are not.',
    'Encode the text as UTF-8.',
  ),
  'protocol/bad-apdu': entry<{ length: number }>(
    'Bytes do not form a C-APDU or R-APDU of ISO/IEC 7816-4.',
    'Check the length fields: header of 4 bytes, Lc, data, Le.',
  ),
  'protocol/bad-tlv': entry<{ offset: number }>(
    'Bytes do not form BER-TLV data objects.',
    'Check tag and length at the offset named.',
  ),
  'protocol/bad-layout': entry<{ expected: string; length: number }>(
    'Command or response data does not have the layout that the catalogue gives.',
    'See docs/apdu.md for the layout.',
  ),
  'protocol/bad-secure-message': entry<{ reason: string }>(
    'A message of a secure channel does not verify, or does not belong to one that is open.',
    'Open a new secure channel with the keys of this card; if it happens again, something between host and card changes bytes.',
  ),
  'protocol/bad-cbor': entry<{ reason: string }>(
    'Bytes are not deterministic CBOR (RFC 8949 §4.2.1).',
    'Encode with shortest lengths, sorted unique keys and definite lengths.',
  ),
  'protocol/bad-cose': entry<{ reason: string }>(
    'Bytes are not a COSE structure of the profile used here.',
    'See docs/transaction.md for the profile.',
  ),
  'protocol/bad-key': entry<{ curve: string; reason: string }>(
    'A public key is not valid for its curve.',
    'Give the compressed point (33 bytes) or the Ed25519 key (32 bytes) of a valid point.',
  ),
  'protocol/bad-identifier': entry<{ kind: string; reason: string }>(
    'An identifier has the wrong length, alphabet or check digit.',
    'Compare it with the printed card or the order.',
  ),
  'protocol/bad-pin': entry<{ kind: string; reason: string }>(
    'A PIN or PUK has the wrong length or other characters than digits; no try was used.',
    'A PIN has 4 to 8 digits, a PUK has 8.',
  ),
} as const;

/** A code of {@link protocolErrors}. */
export type ProtocolErrorCode = keyof typeof protocolErrors;

/** An error of the card–host contract; facts by code in {@link protocolErrors}. */
export class ProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode> extends errorsOf(
  protocolErrors,
)<Code> {}
