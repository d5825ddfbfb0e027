// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../protocol/error-table.ts';

/** What of an attestation could not be read. */
export type AttestationPart = 'statement' | 'certificate' | 'trust-anchor' | 'log';

/** Why a certificate chain leads from no trust anchor to a card's key. */
export type ChainFault =
  | 'empty'
  | 'too-long'
  | 'bad-version'
  | 'bad-algorithm'
  | 'bad-key'
  | 'duplicate-extension'
  | 'unknown-critical-extension'
  | 'leaf-is-ca'
  | 'leaf-may-not-sign'
  | 'leaf-is-anchor'
  | 'no-card-serial'
  | 'not-a-ca'
  | 'may-not-sign-certificates'
  | 'path-too-long'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-issuer'
  | 'bad-signature'
  | 'no-trust-anchor'
  | 'refused-by-library';

/** Errors of a card's attestation, and of the certificates behind it. */
export const attestationErrors = {
  'attestation/malformed': entry<{ part: AttestationPart; reason: string }>(
    'An attestation, a certificate or a log is not in the form that cards give.',
    'Read it from the card again; do not believe anything that came with it.',
  ),
  'attestation/bad-chain': entry<{ fault: ChainFault; position: number; reason?: string }>(
    'The certificates lead from no trust anchor to the key that signed the attestation.',
    'Give the root certificate of the operator that issued the card; if it is the right one, do not trust the card.',
  ),
  'attestation/bad-signature': entry<{ serial: string }>(
    'The attestation is not signed by the key of the certificate.',
    'Do not trust the statement: the card of this certificate did not make it.',
  ),
  'attestation/wrong-challenge': entry<{ found: string; expected: string }>(
    'The attestation answers another challenge: it is an old one, or one made for somebody else.',
    'Ask the card again with a fresh challenge.',
  ),
  'attestation/unexpected': entry<{ field: string; found: string; expected: string }>(
    'The attestation is genuine, but says something else than was expected.',
    'Compare the facts named with what you expected of this card and key.',
  ),
  'attestation/rolled-back': entry<{ what: 'signatures' | 'log'; earlier: string; later: string }>(
    'A counter that only ever grows on a card stands lower than in an earlier attestation, or a log head changed under the same sequence.',
    'Do not trust the card: its memory was set back, or the attestations are of two copies.',
  ),
  'attestation/log-contradicts': entry<{ reason: string }>(
    'The security log does not lead to the attested head, or not through one seen earlier.',
    'Do not believe the log: entries were left out, changed or cut off on their way or on the card.',
  ),
  'attestation/bad-authority': entry<{ reason: string }>(
    'A certificate authority cannot issue with what it was given.',
    'Name the directory that bsim ca init wrote; encrypted keys need BSIM_OPERATOR_PASSPHRASE.',
  ),
} as const;

/** A code of {@link attestationErrors}. */
export type AttestationErrorCode = keyof typeof attestationErrors;

/** An error of an attestation; facts by code in {@link attestationErrors}. */
export class AttestationError<Code extends AttestationErrorCode = AttestationErrorCode> extends errorsOf(
  attestationErrors,
)<Code> {}
