// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { wipe } from '../../protocol/bytes.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { ecdsaCurves } from '../../protocol/crypto/ec.ts';

/** A key pair in a slot. `secret` is 32 bytes; `point` is 04 ‖ X ‖ Y (65), or the Ed25519 key (32). */
export type KeyPair = { readonly curve: Curve; readonly secret: Uint8Array; readonly point: Uint8Array };

/** A source of random bytes: gives a new array of exactly `length`. */
export type Random = (length: number) => Uint8Array;

/**
 * A new key pair. On P-256 and secp256k1 the secret is 48 random bytes reduced to 1 … n-1, which leaves a bias below
 * 2^-128 (FIPS 186-5 A.2.1); on Ed25519 32 random bytes (RFC 8032 §5.1.5).
 */
export function generateKeyPair(curve: Curve, random: Random): KeyPair {
  if (curve === 'Ed25519') {
    const secret = random(ed25519.lengths.secretKey as number);
    return { curve, secret, point: ed25519.getPublicKey(secret) };
  }
  const implementation = ecdsaCurves[curve];
  const seed = random(implementation.lengths.seed as number);
  const secret = implementation.utils.randomSecretKey(seed);
  wipe(seed);
  return { curve, secret, point: implementation.getPublicKey(secret, false) };
}

/** Whether the bytes can be a private key: 32 bytes, and on P-256 and secp256k1 a number from 1 to n-1. */
export const isPrivateKey = (curve: Curve, bytes: Uint8Array): boolean =>
  (curve === 'Ed25519' ? ed25519 : ecdsaCurves[curve]).utils.isValidSecretKey(bytes);

/**
 * Signs: on P-256 and secp256k1 a 32-byte digest, r ‖ s with low s; on Ed25519 the message itself, R ‖ S. 64 bytes.
 *
 * The ECDSA nonce is deterministic (RFC 6979 §3.2): a random generator that is weak or stuck, the usual fault of a
 * chip without a certified one, can then never repeat a nonce and give the key away, and a signature can be checked
 * against a vector. What it costs is that an attacker who glitches two runs over one digest may learn the key;
 * nobody glitches an emulator, and silicon signs by its own rules.
 */
export function sign(key: KeyPair, digestOrMessage: Uint8Array): Uint8Array {
  if (key.curve === 'Ed25519') return ed25519.sign(digestOrMessage, key.secret);
  return ecdsaCurves[key.curve].sign(digestOrMessage, key.secret, { prehash: false, lowS: true });
}
