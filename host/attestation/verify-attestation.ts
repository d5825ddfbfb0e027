// SPDX-License-Identifier: Apache-2.0
import { ATTESTATION_TYPE, type Attestation, decodeAttestation } from '../../protocol/attestation.ts';
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import type { KeyOrigin } from '../../protocol/commands/blockchain-sim/get-data.ts';
import type { KeyRole } from '../../protocol/commands/blockchain-sim/key-role.ts';
import { decodeSign1, type Sign1, toBeSigned } from '../../protocol/cose.ts';
import type { CardPublicKey } from '../../protocol/crypto/card-curve.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import { verifySignature } from '../../protocol/crypto/verify.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { SecurityLog } from '../../protocol/security-log.ts';
import { type CertificatePath, validateCertificatePath } from './certificate-path.ts';
import { type AttestedState, checkAttestedLog, checkProgress } from './check-progress.ts';
import { malformed } from './der.ts';
import { AttestationError } from './errors.ts';

/** What the verifier knows of the card and the key beforehand; what is left out may be anything. */
export type ExpectedAttestation = {
  /** Serial number in the card's certificate. */
  readonly cardSerial?: string;
  /** The card's attestation key. */
  readonly attestationKey?: PublicKey;
  /** The attested key. */
  readonly publicKey?: CardPublicKey;
  readonly reference?: number;
  readonly path?: readonly number[];
  readonly role?: KeyRole;
  readonly origin?: KeyOrigin;
  /** Usage bits, exactly. */
  readonly usage?: number;
  /** Policy bytes, exactly. */
  readonly policy?: Uint8Array;
  /** Least signature counter. */
  readonly minSignatures?: bigint;
  /** The log that the card gave with it, which must lead to the attested head. */
  readonly log?: SecurityLog;
  /** What was verified of the same card before; see {@link checkProgress}. */
  readonly earlier?: AttestedState;
};

/** What {@link verifyAttestation} checks, and against what. */
export type AttestationToVerify = {
  /** COSE_Sign1 that the card gave. */
  readonly attestation: Uint8Array;
  /** DER certificates that the card gave, the leaf first, the root left out. */
  readonly chain: readonly Uint8Array[];
  /** DER certificates that the verifier trusts: roots, or an issuing authority itself. */
  readonly trustAnchors: readonly Uint8Array[];
  /** The challenge that the verifier sent. */
  readonly challenge: Uint8Array;
  /** When the certificates must be valid; now when left out. */
  readonly at?: Date;
  readonly expected?: ExpectedAttestation;
};

/** An attestation that a certified card made for this challenge. */
export type VerifiedAttestation = {
  readonly attestation: Attestation;
  /** The key that signed it. */
  readonly attestationKey: PublicKey;
  /** Serial number in the card's certificate. */
  readonly cardSerial: string;
  /** Common name of the authority that issued the card's certificate. */
  readonly issuer: string;
  /** DER of the trust anchor. */
  readonly trustAnchor: Uint8Array;
  /**
   * Where a log and an earlier attestation were expected: 'too-old' when the log no longer reaches back to that one, so
   * that nobody can tell what was between.
   */
  readonly continuity?: 'continues' | 'too-old';
};

/**
 * Verifies what a card says of one of its keys. In this order, so that nothing is believed before who said it is known:
 * the form of the statement; the certificates up to a trust anchor (RFC 5280 §6.1); the signature (RFC 9052 §4.4) by the
 * leaf's key, with low s; the challenge; then what is expected, field by field; the log; and what was seen earlier.
 *
 * Throws `attestation/malformed`, `attestation/bad-chain`, `attestation/bad-signature`, `attestation/wrong-challenge`,
 * `attestation/unexpected`, `attestation/log-contradicts` or `attestation/rolled-back`.
 */
export async function verifyAttestation(given: AttestationToVerify): Promise<VerifiedAttestation> {
  const { chain, trustAnchors, challenge, at = new Date(), expected = {} } = given;
  const { message, attestation } = readStatement(given.attestation);
  const path = await validateCertificatePath(chain, trustAnchors, at);
  requireSignature(path, message);
  if (!equalBytes(attestation.challenge, challenge))
    throw new AttestationError(
      'attestation/wrong-challenge',
      `attestation not accepted: found the answer to ${toHex(attestation.challenge)}, expected to ${toHex(challenge)}`,
      { found: toHex(attestation.challenge), expected: toHex(challenge) },
    );
  const { cardSerial, issuer, trustAnchor, publicKey } = path;
  const verified = { attestation, attestationKey: publicKey, cardSerial, issuer, trustAnchor };
  requireExpected(verified, expected);
  const { log, earlier } = expected;
  if (earlier === undefined) {
    if (log !== undefined) checkAttestedLog(log, attestation.log);
    return verified;
  }
  const continuity = checkProgress(earlier, verified, log);
  return log === undefined ? verified : { ...verified, continuity };
}

function readStatement(bytes: Uint8Array): { readonly message: Sign1; readonly attestation: Attestation } {
  try {
    const message = decodeSign1(bytes, ATTESTATION_TYPE);
    if (message.curve !== 'P-256')
      throw malformed('statement', `a signature on ${message.curve}, expected P-256`);
    return { message, attestation: decodeAttestation(message.payload) };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw malformed('statement', cause.message, cause);
    throw cause;
  }
}

function requireSignature({ publicKey, cardSerial }: CertificatePath, { payload, signature }: Sign1): void {
  if (verifySignature(publicKey, toBeSigned('P-256', ATTESTATION_TYPE, payload), signature)) return;
  throw new AttestationError(
    'attestation/bad-signature',
    `attestation not accepted: found a signature that the key of card ${cardSerial} did not make`,
    { serial: cardSerial },
  );
}

function requireExpected(
  { attestation, attestationKey, cardSerial }: VerifiedAttestation,
  expected: ExpectedAttestation,
): void {
  const fields: readonly (readonly [field: string, found: string, expected: string | undefined])[] = [
    ['cardSerial', cardSerial, expected.cardSerial],
    ['attestationKey', keyText(attestationKey), textOf(expected.attestationKey, keyText)],
    ['publicKey', keyText(attestation.key), textOf(expected.publicKey, keyText)],
    ['reference', String(attestation.reference), textOf(expected.reference, String)],
    ['path', pathText(attestation.path), textOf(expected.path, pathText)],
    ['role', attestation.role, expected.role],
    ['origin', attestation.origin, expected.origin],
    ['usage', String(attestation.usage), textOf(expected.usage, String)],
    ['policy', toHex(attestation.policy), textOf(expected.policy, toHex)],
  ];
  for (const [field, found, wanted] of fields)
    if (wanted !== undefined && found !== wanted) throw unexpected(field, found, wanted);
  const { minSignatures } = expected;
  if (minSignatures !== undefined && attestation.signatures < minSignatures)
    throw unexpected('signatures', String(attestation.signatures), `at least ${minSignatures}`);
}

const textOf = <Value>(value: Value | undefined, text: (value: Value) => string): string | undefined =>
  value === undefined ? undefined : text(value);
const keyText = ({ curve, bytes }: CardPublicKey): string => `${curve} ${toHex(bytes)}`;
const pathText = (path: readonly number[] = []): string => path.join('/');

const unexpected = (
  field: string,
  found: string,
  expected: string,
): AttestationError<'attestation/unexpected'> =>
  new AttestationError(
    'attestation/unexpected',
    `attestation not as expected: found ${field} ${found === '' ? 'of nothing' : found}, expected ${expected === '' ? 'nothing' : expected}`,
    { field, found, expected },
  );
