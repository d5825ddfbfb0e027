// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from '../bytes.ts';
import { asBytes, asMap, type CborMap, type CborValue, encodeCbor } from '../cbor.ts';
import { ProtocolError } from '../errors.ts';
import {
  cardPublicKeyToCose,
  cardPublicKeyToPem,
  cardPublicKeyToSpki,
  parseCardPublicKey,
  uncompressedCardPublicKey,
} from './card-curve.ts';
import { type Curve, curveNames, curves } from './curve.ts';

/**
 * A public key: on P-256 and secp256k1 the compressed point (33 bytes, SEC 1 §2.3.3), on Ed25519 the 32 bytes of
 * RFC 8032 §5.1.2. Made by {@link parsePublicKey} and {@link publicKeyFromCose}, which validate.
 */
export type PublicKey = { readonly curve: Curve; readonly bytes: Uint8Array };

/**
 * A valid public key from a compressed or uncompressed point, or an Ed25519 key. Refuses what is not on the curve,
 * the point at infinity, coordinates ≥ p and, on Ed25519, points of small order. Throws `protocol/bad-key`.
 */
export const parsePublicKey = (curve: Curve, bytes: Uint8Array): PublicKey =>
  parseCardPublicKey(curve, bytes);

/** The point as 04 ‖ X ‖ Y (65 bytes, SEC 1 §2.3.3); an Ed25519 key stays as it is. */
export const uncompressedPublicKey = (key: PublicKey): Uint8Array => uncompressedCardPublicKey(key);

/** The key as a COSE_Key map with a compressed point. Source: RFC 9053 §7.1.1 (y as sign bit), §7.2. */
export const publicKeyToCose = (key: PublicKey): CborMap => cardPublicKeyToCose(key);

/** The key of a COSE_Key map of exactly that form. Throws `protocol/bad-cbor` or `protocol/bad-key`. */
export function publicKeyFromCose(value: CborValue | undefined): PublicKey {
  const kty = value instanceof Map ? value.get(1) : undefined;
  const map = asMap(value, 'COSE_Key', kty === 1 ? [1, -1, -2] : [1, -1, -2, -3]);
  const curve = curveNames.find(
    (name) => curves[name].coseKeyType === kty && curves[name].coseCurve === map.get(-1),
  );
  if (curve === undefined) {
    throw new ProtocolError(
      'protocol/bad-key',
      `public key not read: found key type ${String(kty)} and curve ${String(map.get(-1))}, expected one of ${curveNames.join(', ')}`,
      { curve: String(map.get(-1)), reason: 'unknown curve' },
    );
  }
  const x = asBytes(map.get(-2), 'COSE_Key x', 32);
  if (curve === 'Ed25519') return parsePublicKey(curve, x);
  const sign = map.get(-3);
  if (typeof sign !== 'boolean') {
    throw new ProtocolError(
      'protocol/bad-key',
      'public key not read: found y in full, expected its sign bit',
      {
        curve,
        reason: 'y is not a sign bit',
      },
    );
  }
  return parsePublicKey(curve, concat(Uint8Array.of(sign ? 3 : 2), x));
}

/**
 * COSE Key Thumbprint with SHA-256: 32 bytes that name a key. Source: RFC 9679 §3 and §4.2 (required members only,
 * points not compressed).
 */
export function publicKeyThumbprint(key: PublicKey): Uint8Array {
  const facts = curves[key.curve];
  const members = new Map<number, CborValue>([
    [1, facts.coseKeyType],
    [-1, facts.coseCurve],
  ]);
  if (key.curve === 'Ed25519') return sha256(encodeCbor(members.set(-2, key.bytes)));
  const point = uncompressedPublicKey(key);
  return sha256(encodeCbor(members.set(-2, point.subarray(1, 33)).set(-3, point.subarray(33))));
}

/** DER SubjectPublicKeyInfo of a key, as OpenSSL reads it. Source: RFC 5480 §2, RFC 8410 §4. */
export const publicKeyToSpki = (key: PublicKey): Uint8Array => cardPublicKeyToSpki(key);

/** {@link publicKeyToSpki} in PEM, lines of 64 characters. Source: RFC 7468 §13. */
export const publicKeyToPem = (key: PublicKey): string => cardPublicKeyToPem(key);
