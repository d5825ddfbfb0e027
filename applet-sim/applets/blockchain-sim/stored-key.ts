// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import { asText, type CborValue } from '../../../protocol/cbor.ts';
import type { KeyOrigin } from '../../../protocol/commands/blockchain-sim/get-data.ts';
import { type KeyPolicy, keyPolicy } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { type KeyRole, keyRoleNames } from '../../../protocol/commands/blockchain-sim/key-role.ts';
import { type CardCurve, cardCurveNames, cardCurves } from '../../../protocol/crypto/card-curve.ts';
import { isPrivateKey, type KeyPair } from '../../runtime/crypto.ts';
import { copied, elements, encodeRecord, integer, notRead } from '../../runtime/record-codec.ts';

/** A key in a slot; a value, never changed in place, so that it is the same key while it is the same object. */
export type StoredKey = {
  readonly curve: CardCurve;
  readonly role: KeyRole;
  /** Bits of KEY_USAGE. */
  readonly usage: number;
  readonly policy: KeyPolicy;
  readonly origin: KeyOrigin;
  /** Private key (32 bytes), or the seed of a wallet (16–64). */
  readonly secret: Uint8Array;
  /** 04 ‖ X ‖ Y or the Ed25519 key; of a wallet that of the master key. */
  readonly point: Uint8Array;
  /** Of a wallet: what the duress PIN opens instead. */
  readonly decoy?: { readonly secret: Uint8Array; readonly point: Uint8Array };
};

/** What a key did so far; it outlives no key. */
export type KeyCounter = {
  /** Signatures made, at most 2^32-1. */
  readonly signatures: bigint;
  /** Minor units paid towards the cumulative limit. */
  readonly spent: bigint;
};

/** A counter that never counted. */
export const newCounter: KeyCounter = { signatures: 0n, spent: 0n };

/** Most signatures that a key makes. */
export const SIGNATURES_MAX = 0xffff_ffffn;

/** The record of a key. */
export const encodeKey = (key: StoredKey): Uint8Array => {
  const { curve, role, usage, policy, origin, secret, point, decoy } = key;
  const pair = decoy === undefined ? null : [decoy.secret, decoy.point];
  return encodeRecord([curve, role, usage, keyPolicy.encode(policy), origin, secret, point, pair]);
};

/** The key of a decoded record. Throws `emulator/card-image-not-read` or what the toolkit's readers throw. */
export function decodeKey(value: CborValue): StoredKey {
  const [curveName, roleName, usage, policy, originName, secret, point, pair] = elements(value, 'key', 8);
  const curve = oneOf(curveName, 'curve', cardCurveNames);
  const role = oneOf(roleName, 'role', keyRoleNames);
  const { pointLength } = cardCurves[curve];
  const key = {
    curve,
    role,
    usage: integer(usage, 'usage', 1, 0x0f),
    policy: keyPolicy.decode(copied(policy, 'policy')),
    origin: oneOf(originName, 'origin', ['generated', 'imported'] as const),
    secret: copied(secret, 'secret'),
    point: copied(point, 'public key', pointLength),
  };
  if (role !== 'wallet' && !isPrivateKey(curve, key.secret))
    throw notRead(`found a private key that is none of ${curve}, expected one`);
  if (pair === null) return key;
  const [decoySecret, decoyPoint] = elements(pair, 'decoy', 2);
  const decoy = {
    secret: copied(decoySecret, 'decoy seed'),
    point: copied(decoyPoint, 'decoy key', pointLength),
  };
  return { ...key, decoy };
}

/** The record of a key pair. */
export const encodeKeyPair = ({ curve, secret, point }: KeyPair): Uint8Array =>
  encodeRecord([curve, secret, point]);

/** The key pair of a decoded record. */
export function decodeKeyPair(value: CborValue): KeyPair {
  const [name, secret, point] = elements(value, 'key pair', 3);
  const curve = oneOf(name, 'curve', cardCurveNames);
  const pair = { curve, secret: copied(secret, 'private key', 32), point: copied(point, 'public key') };
  if (!isPrivateKey(curve, pair.secret)) throw notRead(`found a private key that is none of ${curve}`);
  return pair;
}

/** The record of a counter: signatures ‖ spent. */
export function encodeCounter({ signatures, spent }: KeyCounter): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(signatures));
  view.setBigUint64(4, spent);
  return bytes;
}

/** The counter of a record. Throws `emulator/card-image-not-read`. */
export function decodeCounter(bytes: Uint8Array): KeyCounter {
  if (bytes.length !== 12) throw notRead(`found a counter of ${bytes.length} bytes, expected 12`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { signatures: BigInt(view.getUint32(0)), spent: view.getBigUint64(4) };
}

/** Overwrites the secrets of a key that is erased. */
export function wipeKey({ secret, decoy }: StoredKey): void {
  wipe(secret);
  if (decoy !== undefined) wipe(decoy.secret);
}

function oneOf<Name extends string>(
  value: CborValue | undefined,
  title: string,
  names: readonly Name[],
): Name {
  const text = asText(value, title);
  const found = names.find((name) => name === text);
  if (found === undefined) throw notRead(`found ${title} ${text}, expected one of ${names.join(', ')}`);
  return found;
}
