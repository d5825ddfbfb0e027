// SPDX-License-Identifier: Apache-2.0
import { asArray, asBytes, asMap, asUint, type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
import { type KeyOrigin, keyOrigins } from './commands/blockchain-sim/get-data.ts';
import { KEY_SLOTS, PATH_LEVELS_MAX } from './commands/blockchain-sim/key-reference.ts';
import { type KeyRole, keyRoles } from './commands/blockchain-sim/key-role.ts';
import { type CardPublicKey, cardPublicKeyToCose } from './crypto/card-curve.ts';
import { cardPublicKeyFromCose } from './crypto/card-public-key-cose.ts';
import { ProtocolError } from './errors.ts';
import { LOG_HEAD_LENGTH, type LogState } from './security-log.ts';

/** `typ` of a COSE_Sign1 whose payload is an attestation; see {@link file://./cose.ts}. */
export const ATTESTATION_TYPE = 'bsim-attestation+cbor';

/** Fewest and most bytes of a verifier's challenge. */
export const CHALLENGE_LENGTH = { min: 16, max: 64 } as const;
/** Most bytes of a key's policy. */
export const ATTESTED_POLICY_MAX = 160;

/** What a card says of one of its keys, in answer to a verifier's challenge. */
export type Attestation = {
  /** 16 to 64 bytes of the verifier's choice, so that no old statement serves again. */
  readonly challenge: Uint8Array;
  readonly key: CardPublicKey;
  /** Key slot, 1 to 16. */
  readonly reference: number;
  /** Derivation path of a key derived from a wallet: 32 bits a level, 2^31 added where hardened; 1 to 10 levels. */
  readonly path?: readonly number[];
  readonly role: KeyRole;
  /** What the key may be used for: a bit mask of one byte. */
  readonly usage: number;
  /** The policy's data objects as in the key directory, 0 to 160 bytes. */
  readonly policy: Uint8Array;
  readonly origin: KeyOrigin;
  /** How often the key has signed; only ever grows. */
  readonly signatures: bigint;
  /** Where the card's security log stands. */
  readonly log: LogState;
  /** Version of the application: major, minor. */
  readonly applicationVersion: Uint8Array;
};

/**
 * The map's keys. All are one byte, so that the deterministic order is that of the numbers, and the only optional one
 * is the last: a chip writes a fixed head and appends.
 */
const LABEL = {
  challenge: 1,
  key: 2,
  reference: 3,
  role: 4,
  usage: 5,
  policy: 6,
  origin: 7,
  signatures: 8,
  logSequence: 9,
  logHead: 10,
  applicationVersion: 11,
  path: 12,
} as const;
const REQUIRED = Object.values(LABEL).filter((label) => label !== LABEL.path);

/**
 * The attestation as deterministic CBOR: a map of 1 challenge, 2 key (COSE_Key), 3 reference, 4 role (identity 1,
 * wallet 2, agreement 3), 5 usage, 6 policy, 7 origin (generated 1, imported 2), 8 signatures, 9 log sequence,
 * 10 log head, 11 application version and, for a wallet key, 12 path. Throws `protocol/bad-cbor` for a value out of
 * its bounds.
 */
export function encodeAttestation(attestation: Attestation): Uint8Array {
  const map = new Map<number, CborValue>([
    [LABEL.challenge, attestation.challenge],
    [LABEL.key, cardPublicKeyToCose(attestation.key)],
    [LABEL.reference, attestation.reference],
    [LABEL.role, keyRoles[attestation.role]],
    [LABEL.usage, attestation.usage],
    [LABEL.policy, attestation.policy],
    [LABEL.origin, keyOrigins[attestation.origin]],
    [LABEL.signatures, attestation.signatures],
    [LABEL.logSequence, attestation.log.sequence],
    [LABEL.logHead, attestation.log.head],
    [LABEL.applicationVersion, attestation.applicationVersion],
  ]);
  if (attestation.path !== undefined) map.set(LABEL.path, attestation.path);
  readAttestation(map);
  return encodeCbor(map);
}

/**
 * The attestation of exactly what {@link encodeAttestation} writes. Throws `protocol/bad-cbor`, or
 * `protocol/bad-key` for a key that is not valid for its curve.
 */
export const decodeAttestation = (bytes: Uint8Array): Attestation => readAttestation(decodeCbor(bytes));

function readAttestation(value: CborValue): Attestation {
  const map = asMap(value, 'attestation', REQUIRED, [LABEL.path]);
  const number = (name: keyof typeof LABEL, min: number, max: number): number =>
    boundedNumber(map.get(LABEL[name]), name, min, max);
  const bytes = (name: keyof typeof LABEL, min: number, max = min): Uint8Array =>
    boundedBytes(map.get(LABEL[name]), name, min, max);
  const role = nameOf(keyRoles, number('role', 0, 0xff), 'role');
  const path = map.has(LABEL.path) ? readPath(map.get(LABEL.path), role) : undefined;
  return {
    challenge: bytes('challenge', CHALLENGE_LENGTH.min, CHALLENGE_LENGTH.max),
    key: cardPublicKeyFromCose(map.get(LABEL.key)),
    reference: number('reference', 1, KEY_SLOTS),
    ...(path === undefined ? {} : { path }),
    role,
    usage: number('usage', 0, 0xff),
    policy: bytes('policy', 0, ATTESTED_POLICY_MAX),
    origin: nameOf(keyOrigins, number('origin', 0, 0xff), 'origin'),
    signatures: asUint(map.get(LABEL.signatures), 'signatures'),
    log: {
      sequence: BigInt(number('logSequence', 0, 0xffff_ffff)),
      head: bytes('logHead', LOG_HEAD_LENGTH),
    },
    applicationVersion: bytes('applicationVersion', 2),
  };
}

function readPath(value: CborValue | undefined, role: KeyRole): readonly number[] {
  const levels = asArray(value, 'path');
  if (role !== 'wallet') throw badValue('path', `one of a key of role ${role}`, 'one of a wallet key only');
  if (levels.length < 1 || levels.length > PATH_LEVELS_MAX)
    throw badValue('path', `${levels.length} levels`, `1 to ${PATH_LEVELS_MAX}`);
  return levels.map((level) => boundedNumber(level, 'path', 0, 0xffff_ffff));
}

function boundedNumber(value: CborValue | undefined, name: string, min: number, max: number): number {
  const found = asUint(value, name);
  if (found < min || found > max) throw badValue(name, String(found), `${min} to ${max}`);
  return Number(found);
}

function boundedBytes(value: CborValue | undefined, name: string, min: number, max: number): Uint8Array {
  const found = asBytes(value, name);
  if (found.length < min || found.length > max)
    throw badValue(name, `${found.length} bytes`, min === max ? `${min}` : `${min} to ${max}`);
  return found;
}

function nameOf<Name extends string>(ids: Readonly<Record<Name, number>>, id: number, what: string): Name {
  const names = Object.keys(ids) as Name[];
  const name = names.find((each) => ids[each] === id);
  if (name === undefined) throw badValue(what, String(id), names.map((each) => ids[each]).join(', '));
  return name;
}

function badValue(name: string, found: string, expected: string): ProtocolError<'protocol/bad-cbor'> {
  const reason = `${name} is ${found}, expected ${expected}`;
  return new ProtocolError('protocol/bad-cbor', `attestation not read: ${reason}`, { reason });
}
