// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, type KeyObject } from 'node:crypto';
import { type PublicKey, uncompressedPublicKey } from '../../../protocol/crypto/public-key.ts';

/**
 * The key for node:crypto. Throws `protocol/bad-key` or what node:crypto throws when the bytes are not a point.
 * By way of a JSON Web Key, which OpenSSL takes in half the time of a SubjectPublicKeyInfo.
 */
export function keyObjectOf(key: PublicKey): KeyObject {
  const point = uncompressedPublicKey(key);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  if (key.curve === 'Ed25519')
    return createPublicKey({ key: { kty: 'OKP', crv: key.curve, x: text(point) }, format: 'jwk' });
  return createPublicKey({
    key: { kty: 'EC', crv: key.curve, x: text(point.subarray(1, 33)), y: text(point.subarray(33)) },
    format: 'jwk',
  });
}
