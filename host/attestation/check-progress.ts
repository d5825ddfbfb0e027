// SPDX-License-Identifier: Apache-2.0
import type { Attestation } from '../../protocol/attestation.ts';
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import {
  checkLog,
  checkLogContinues,
  type LogCheck,
  type LogContinuity,
  type LogState,
  type SecurityLog,
} from '../../protocol/security-log.ts';
import { AttestationError } from './errors.ts';

/** What is compared of two verified attestations, and kept of the earlier one. */
export type AttestedState = { readonly attestation: Attestation; readonly attestationKey: PublicKey };

/**
 * Whether a later verified attestation can be of the same card after an earlier one: the log's sequence and, where both
 * are of one key, its signature counter never fall; the head stays while the sequence does; and the log, when given,
 * leads through the earlier head. Gives 'too-old' when the log no longer reaches back, and 'continues' without a log.
 *
 * Throws `attestation/rolled-back`, `attestation/log-contradicts`, or `attestation/unexpected` for two cards.
 */
export function checkProgress(
  earlier: AttestedState,
  later: AttestedState,
  log?: SecurityLog,
): Exclude<LogContinuity, 'contradicts'> {
  requireSameCard(earlier, later);
  const [before, after] = [earlier.attestation, later.attestation];
  if (after.log.sequence < before.log.sequence)
    throw rolledBack('log', String(before.log.sequence), String(after.log.sequence));
  if (after.log.sequence === before.log.sequence && !equalBytes(after.log.head, before.log.head))
    throw rolledBack('log', toHex(before.log.head), toHex(after.log.head));
  const sameKey = after.key.curve === before.key.curve && equalBytes(after.key.bytes, before.key.bytes);
  if (sameKey && after.signatures < before.signatures)
    throw rolledBack('signatures', String(before.signatures), String(after.signatures));
  if (log === undefined) return 'continues';
  checkAttestedLog(log, after.log);
  const continuity = checkLogContinues(log, before.log);
  if (continuity !== 'contradicts') return continuity;
  throw contradiction(`a log that does not lead through the head attested at ${before.log.sequence}`);
}

/** Refuses a log that is not wholly what the card attested. Throws `attestation/log-contradicts`. */
export function checkAttestedLog(log: SecurityLog, attested: LogState): void {
  const check = checkLog(log, attested);
  if (check !== 'intact') throw contradiction(faultTexts[check]);
}

const faultTexts: Readonly<Record<Exclude<LogCheck, 'intact'>, string>> = {
  gap: 'a sequence with a gap',
  'wrong-sequence': 'another newest entry than the attested one',
  incomplete: 'fewer or more entries than a card keeps',
  'wrong-start': 'a first entry that does not follow on zeros',
  'wrong-head': 'entries that do not lead to the attested head',
};

function requireSameCard(earlier: AttestedState, later: AttestedState): void {
  const [found, expected] = [later, earlier].map(({ attestationKey }) => toHex(attestationKey.bytes)) as [
    string,
    string,
  ];
  if (found === expected) return;
  throw new AttestationError(
    'attestation/unexpected',
    `attestations not compared: found attestation key ${found}, expected ${expected}`,
    { field: 'attestationKey', found, expected },
  );
}

const rolledBack = (
  what: 'signatures' | 'log',
  earlier: string,
  later: string,
): AttestationError<'attestation/rolled-back'> =>
  new AttestationError(
    'attestation/rolled-back',
    `attestation not accepted: found ${what} at ${later}, expected to go on from ${earlier}`,
    { what, earlier, later },
  );

const contradiction = (reason: string): AttestationError<'attestation/log-contradicts'> =>
  new AttestationError('attestation/log-contradicts', `security log not accepted: found ${reason}`, {
    reason,
  });
