// SPDX-License-Identifier: Apache-2.0
import { badIdentifier, requireDigits } from './bad-identifier.ts';
import { type Plmn, parsePlmn } from './plmn.ts';

/** International mobile subscription identity: 15 digits, MCC ‖ MNC ‖ MSIN. Made by {@link parseImsi}. */
export type Imsi = string & { readonly brand: 'Imsi' };

/**
 * Validates an IMSI. Throws `protocol/bad-identifier`.
 *
 * Source: 3GPP TS 23.003 §2.2 and ITU-T E.212: not more than 15 digits. Fewer are refused, since in an order they are
 * a slip far more often than a network that has shorter ones.
 */
export function parseImsi(text: string): Imsi {
  requireDigits('IMSI', text, 15);
  return text as Imsi;
}

/** The PLMN that an IMSI begins with; how many digits its MNC has is not in the IMSI, so the caller says. */
export const plmnOfImsi = (imsi: Imsi, mncDigits: 2 | 3): Plmn =>
  parsePlmn(`${imsi.slice(0, 3)}-${imsi.slice(3, 3 + mncDigits)}`);

/** Nine bytes of EF.IMSI: length 8, then parity nibble 9 and the digits swapped. Source: 3GPP TS 31.102 §4.2.2. */
export function encodeImsi(imsi: Imsi): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 8;
  bytes[1] = (Number(imsi[0]) << 4) | 0x09;
  for (let i = 0; i < 7; i++) bytes[2 + i] = (Number(imsi[2 + 2 * i]) << 4) | Number(imsi[1 + 2 * i]);
  return bytes;
}

/** The IMSI of nine such bytes. Throws `protocol/bad-identifier`. */
export function decodeImsi(bytes: Uint8Array): Imsi {
  if (bytes.length !== 9 || bytes[0] !== 8 || ((bytes[1] ?? 0) & 0x0f) !== 9)
    throw badIdentifier('IMSI', 'found bytes of another form, expected 08, then parity 9 and 15 digits');
  let digits = ((bytes[1] ?? 0) >> 4).toString(16);
  for (const byte of bytes.subarray(2)) digits += (byte & 0x0f).toString(16) + (byte >> 4).toString(16);
  return parseImsi(digits);
}
