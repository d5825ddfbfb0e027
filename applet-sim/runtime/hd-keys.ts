// SPDX-License-Identifier: Apache-2.0
import { bytesToNumberBE } from '@noble/curves/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, utf8, wipe } from '../../protocol/bytes.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { weierstrassPoints } from '../../protocol/crypto/ec.ts';
import { publicPointOf } from './crypto.ts';

/** A private key of a tree of keys with its chain code, 32 bytes each; the owner wipes it with {@link wipeHdKey}. */
export type HdKey = { readonly curve: Curve; readonly secret: Uint8Array; readonly chainCode: Uint8Array };

/** A derived key, and the key one level up; the master key has none. The owner wipes both. */
export type DerivedKey = { readonly key: HdKey; readonly parent: HdKey | undefined };

/** Index of the first hardened child, 2^31. Source: BIP-32, "Extended keys". */
export const HARDENED = 0x8000_0000;

/** Least and greatest length of a seed in bytes. Source: BIP-32, "Master key generation" (128 to 512 bits). */
export const SEED_LENGTH = { least: 16, greatest: 64 } as const;

/** Key of the HMAC that makes a master key. Source: BIP-32 and SLIP-0010, "Master key generation". */
const masterHmacKeys: Readonly<Record<Curve, Uint8Array>> = {
  secp256k1: utf8('Bitcoin seed'),
  'P-256': utf8('Nist256p1 seed'),
  Ed25519: utf8('ed25519 seed'),
};
const DECOY_KEY = utf8('bsim/decoy-seed/1');

/**
 * The master key of a seed of 16 to 64 bytes, by BIP-32 on secp256k1 and by SLIP-0010 on P-256 and Ed25519. Undefined
 * for a seed of another length, and for one of 2^127 seeds of which BIP-32 makes no key; SLIP-0010 hashes again.
 */
export function masterKey(curve: Curve, seed: Uint8Array): HdKey | undefined {
  if (seed.length < SEED_LENGTH.least || seed.length > SEED_LENGTH.greatest) return undefined;
  let digest = hmac(sha512, masterHmacKeys[curve], seed);
  while (curve === 'P-256' && !isScalar(curve, digest.subarray(0, 32))) {
    const next = hmac(sha512, masterHmacKeys[curve], digest);
    wipe(digest);
    digest = next;
  }
  const key = isScalar(curve, digest.subarray(0, 32)) ? split(curve, digest) : undefined;
  wipe(digest);
  return key;
}

/**
 * The child of a key at an index of 0 to 2^32-1, hardened from 2^31 on. Undefined for a child of Ed25519 that is not
 * hardened, and for one of 2^127 children that BIP-32 leaves out; SLIP-0010 hashes again. Source: BIP-32, "Child key
 * derivation (CKD) functions"; SLIP-0010, "Private parent key → private child key".
 */
export function deriveChild(parent: HdKey, index: number): HdKey | undefined {
  const { curve, secret, chainCode } = parent;
  if (curve === 'Ed25519' && index < HARDENED) return undefined;
  const suffix = uint32(index);
  const data =
    index < HARDENED
      ? concat(compressed(publicPointOf(curve, secret)), suffix)
      : concat(Uint8Array.of(0), secret, suffix);
  let digest = hmac(sha512, chainCode, data);
  wipe(data);
  let child = childOf(parent, digest);
  while (child === undefined && curve === 'P-256') {
    const again = concat(Uint8Array.of(1), digest.subarray(32), suffix);
    wipe(digest);
    digest = hmac(sha512, chainCode, again);
    wipe(again);
    child = childOf(parent, digest);
  }
  wipe(digest);
  return child;
}

/**
 * The key at the end of a path of indices, from the seed on, and the one before it; other keys between are wiped. Undefined where
 * {@link masterKey} or {@link deriveChild} is, at any level.
 */
export function derivePath(seed: Uint8Array, curve: Curve, path: readonly number[]): DerivedKey | undefined {
  let key = masterKey(curve, seed);
  let parent: HdKey | undefined;
  for (const index of path) {
    if (parent !== undefined) wipeHdKey(parent);
    parent = key;
    key = parent && deriveChild(parent, index);
  }
  if (key !== undefined) return { key, parent };
  if (parent !== undefined) wipeHdKey(parent);
  return undefined;
}

/** Overwrites secret and chain code with zeros. */
export const wipeHdKey = (key: HdKey): void => wipe(key.secret, key.chainCode);

/** The seed (64 bytes) of the keys that a card shows under duress: HMAC-SHA-512 of the seed, from which none leads back. */
export const decoySeed = (seed: Uint8Array): Uint8Array => hmac(sha512, DECOY_KEY, seed);

/**
 * The child key of a digest, or undefined where the standard makes no key of it. The numbers that are added stay in
 * memory until they are collected: a bigint cannot be wiped, and only arrays can.
 */
function childOf({ curve, secret }: HdKey, digest: Uint8Array): HdKey | undefined {
  if (curve === 'Ed25519') return split(curve, digest);
  const { Fn } = weierstrassPoints[curve];
  const left = bytesToNumberBE(digest.subarray(0, 32));
  if (left >= Fn.ORDER) return undefined;
  const sum = Fn.add(left, bytesToNumberBE(secret));
  return sum === 0n ? undefined : { curve, secret: Fn.toBytes(sum), chainCode: digest.slice(32) };
}

const split = (curve: Curve, digest: Uint8Array): HdKey => ({
  curve,
  secret: digest.slice(0, 32),
  chainCode: digest.slice(32),
});

const isScalar = (curve: Curve, bytes: Uint8Array): boolean =>
  curve === 'Ed25519' || weierstrassPoints[curve].Fn.isValidNot0(bytesToNumberBE(bytes));

/** 02 or 03 ‖ X of 04 ‖ X ‖ Y. Source: SEC 1 v2 §2.3.3. */
const compressed = (point: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(2 + ((point[64] ?? 0) & 1)), point.subarray(1, 33));

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
