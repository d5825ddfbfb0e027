// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberBE, createHmacDrbg, numberToBytesBE } from '@noble/curves/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, wipe } from '../../protocol/bytes.ts';
import type { CardCurve } from '../../protocol/crypto/card-curve.ts';
import { cardEcdsaCurves, weierstrassPoints } from '../../protocol/crypto/ec.ts';
import { isSm2Secret, sm2Sign, sm2UserDigest } from '../../protocol/crypto/sm2.ts';

/** A key pair in a slot. `secret` is 32 bytes; `point` is 04 ‖ X ‖ Y (65), or the Ed25519 key (32). */
export type KeyPair = { readonly curve: CardCurve; readonly secret: Uint8Array; readonly point: Uint8Array };

/** A source of random bytes: gives a new array of exactly `length`. */
export type Random = (length: number) => Uint8Array;

/**
 * A new key pair. On Ed25519 the secret is 32 random bytes (RFC 8032 §5.1.5). On the other curves 32 random bytes are a
 * candidate, drawn again until it is at most n-2, and the secret is one more: 1 … n-1, each as likely (FIPS 186-5
 * A.2.2); on SM2 it is at most n-3, since the largest secret is n-2.
 */
export function generateKeyPair(curve: CardCurve, random: Random): KeyPair {
  const secret = curve === 'Ed25519' ? random(32) : randomScalar(curve, random);
  return { curve, secret, point: publicPointOf(curve, secret) };
}

function randomScalar(curve: Exclude<CardCurve, 'Ed25519'>, random: Random): Uint8Array {
  const largest = weierstrassPoints[curve].Fn.ORDER - (curve === 'SM2' ? 2n : 1n);
  for (;;) {
    const candidate = random(32);
    const secret = bytesToNumberBE(candidate) + 1n;
    wipe(candidate);
    if (secret <= largest) return numberToBytesBE(secret, 32);
  }
}

/** The public point of a private key for which {@link isPrivateKey} holds: 65 bytes, on Ed25519 32. */
export function publicPointOf(curve: CardCurve, secret: Uint8Array): Uint8Array {
  if (curve === 'Ed25519') return ed25519.getPublicKey(secret);
  return weierstrassPoints[curve].BASE.multiply(bytesToNumberBE(secret)).toBytes(false);
}

/** Whether the bytes can be a private key: 32 bytes, and but for Ed25519 a number from 1 to n-1, on SM2 to n-2. */
export function isPrivateKey(curve: CardCurve, bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  if (curve === 'Ed25519') return true;
  const secret = bytesToNumberBE(bytes);
  return curve === 'SM2' ? isSm2Secret(secret) : weierstrassPoints[curve].Fn.isValidNot0(secret);
}

/**
 * Signs: with ECDSA the leftmost 256 bits of a digest of 32 bytes or more, r ‖ s with low s; on SM2 the digest e of
 * 32 bytes, r ‖ s; on Ed25519 the message itself, R ‖ S. 64 bytes.
 *
 * The ECDSA nonce is deterministic (RFC 6979 §3.2, with HMAC-SHA-256 whatever made the digest): a random generator
 * that is weak or stuck, the usual fault of a chip without a certified one, can then never repeat a nonce and give the
 * key away, and a signature can be checked against a vector. What it costs is that an attacker who glitches two runs
 * over one digest may learn the key; nobody glitches an emulator, and silicon signs by its own rules.
 */
export function sign(key: KeyPair, digestOrMessage: Uint8Array, random: Random): Uint8Array {
  const { curve, secret } = key;
  if (curve === 'Ed25519') return ed25519.sign(digestOrMessage, secret);
  if (curve === 'SM2') return signSm2(secret, digestOrMessage, random);
  return cardEcdsaCurves[curve].sign(digestOrMessage, secret, { prehash: false, lowS: true });
}

/**
 * SM2 with a nonce that holds if either the random bytes or the secret are unknown: RFC 6979 §3.2 with 32 random bytes
 * after key and digest (§3.6). The standard itself asks for a random nonce.
 */
function signSm2(secret: Uint8Array, e: Uint8Array, random: Random): Uint8Array {
  const { Fn } = weierstrassPoints.SM2;
  const extra = random(32);
  const seed = concat(secret, Fn.toBytes(Fn.create(bytesToNumberBE(e))), extra);
  const nonces = createHmacDrbg<Uint8Array>(32, 32, (key: Uint8Array, message: Uint8Array) =>
    hmac(sha256, key, message),
  );
  const d = bytesToNumberBE(secret);
  const signature = nonces(seed, (candidate) => {
    const k = bytesToNumberBE(candidate);
    return Fn.isValidNot0(k) ? sm2Sign(d, e, k) : undefined;
  });
  wipe(seed, extra);
  return signature;
}

/** ZA of an SM2 public point (65 bytes): the 32 bytes that a card hashes with SM3 before the message itself. */
export const smPrefix = (point: Uint8Array): Uint8Array => sm2UserDigest(point);

/** A curve that keys can be agreed on. */
export type AgreementCurve = Exclude<CardCurve, 'Ed25519' | 'SM2'>;

/**
 * The shared secret with a peer: the x coordinate (32 bytes, the caller wipes) of the peer's point times the secret.
 * Undefined where `peerPoint` is not 04 ‖ X ‖ Y (65 bytes) of a point on the curve. Source: SEC 1 v2 §3.3.1; the curves
 * have cofactor 1.
 */
export function agree(
  curve: AgreementCurve,
  secret: Uint8Array,
  peerPoint: Uint8Array,
): Uint8Array | undefined {
  if (peerPoint.length !== 65) return undefined;
  const Point = weierstrassPoints[curve];
  let peer: InstanceType<typeof Point>;
  try {
    peer = Point.fromBytes(peerPoint);
  } catch {
    return undefined;
  }
  return numberToBytesBE(peer.multiply(bytesToNumberBE(secret)).x, 32);
}

/**
 * Key material of `length` bytes from a shared secret, by SHA-256; the caller wipes both. Source: ANSI X9.63 in the
 * words of SEC 1 v2 §3.6.1.
 */
export function x963Kdf(shared: Uint8Array, sharedInfo: Uint8Array, length: number): Uint8Array {
  const material = new Uint8Array(length);
  const counter = new Uint8Array(4);
  for (let at = 0, block = 1; at < length; at += 32, block++) {
    new DataView(counter.buffer).setUint32(0, block);
    const digest = sha256.create().update(shared).update(counter).update(sharedInfo).digest();
    material.set(digest.subarray(0, length - at), at);
    wipe(digest);
  }
  return material;
}
