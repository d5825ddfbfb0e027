// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import type { Curve } from '../../protocol/crypto/curve.ts';

/** A public key as the card gave it: 04 ‖ X ‖ Y, or the Ed25519 key. */
export type KnownKey = { readonly curve: Curve; readonly point: Uint8Array };

/** Half of each group order, rounded down, big-endian. Source: SEC 2 v2 §2.4.2 and §2.4.1. */
const halfOrder: Readonly<Record<'P-256' | 'secp256k1', bigint>> = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n >> 1n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n >> 1n,
};

/** The key as node:crypto (OpenSSL) takes it, by way of a JWK, so that none of our encoders takes part. */
export function nodeKey({ curve, point }: KnownKey): ReturnType<typeof createPublicKey> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const jwk: JsonWebKey =
    curve === 'Ed25519'
      ? { kty: 'OKP', crv: 'Ed25519', x: text(point) }
      : { kty: 'EC', crv: curve, x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** What is wrong with a signature of 64 bytes over a message, or undefined. */
export function signatureFault(
  key: KnownKey,
  message: Uint8Array,
  signature: Uint8Array,
): string | undefined {
  if (signature.length !== 64) return `${signature.length} bytes`;
  if (key.curve === 'Ed25519')
    return verify(null, message, nodeKey(key), signature) ? undefined : 'not valid for OpenSSL';
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  if (s > halfOrder[key.curve]) return 'high s';
  const valid = verify('sha256', message, { key: nodeKey(key), dsaEncoding: 'ieee-p1363' }, signature);
  return valid ? undefined : 'not valid for OpenSSL';
}
