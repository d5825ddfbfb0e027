// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { compareBytes } from '../bytes.ts';
import { curves, SIGNATURE_LENGTH } from './curve.ts';
import { ecdsaCurves } from './ec.ts';
import { ED25519_ORDER, holdsEd25519, isStrictEd25519 } from './ed25519-verify.ts';
import type { PublicKey } from './public-key.ts';

/**
 * Says whether a signature of `message` by `key` is valid. Never throws: what is not valid is `false`.
 * Every implementation gives the same verdict on every input, since the verdict is consensus.
 */
export type VerifySignature = (key: PublicKey, message: Uint8Array, signature: Uint8Array) => boolean;

/** Orders of the groups; s of a signature is compared with them. Source: SEC 2 §2.4.1 and §2.4.2; RFC 8032 §5.1. */
export const groupOrders = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  Ed25519: ED25519_ORDER,
} as const;

/**
 * The rule that comes before the arithmetic, the same for every implementation.
 *
 * ECDSA: r ‖ s of 64 bytes, 0 < r < n, 0 < s ≤ n/2 (low s). Ed25519: S < L (RFC 8032 §5.1.7), R canonical and not of
 * small order; the key neither. The key has the one form that parsing gives, since libraries differ in the others.
 */
export function isStrictSignature(key: PublicKey, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_LENGTH || !isCompact(key)) return false;
  if (key.curve === 'Ed25519') return isStrictEd25519(key.bytes, signature);
  const first = signature.subarray(0, 32);
  const second = signature.subarray(32);
  const { order, half } = bounds[key.curve];
  return (
    !isZero(first) && compareBytes(first, order) < 0 && !isZero(second) && compareBytes(second, half) <= 0
  );
}

/**
 * Verifies with portable code, on any platform. ECDSA is over SHA-256; Ed25519 follows the cofactorless equation of
 * RFC 8032 §5.1.7, R = S·B − k·A compared as bytes, as OpenSSL does.
 */
export const verifySignature: VerifySignature = (key, message, signature) => {
  if (!isStrictSignature(key, signature)) return false;
  try {
    if (key.curve !== 'Ed25519')
      return ecdsaCurves[key.curve].verify(signature, sha256(message), key.bytes, {
        prehash: false,
        lowS: true,
      });
    return holdsEd25519(key.bytes, message, signature);
  } catch {
    // A key that no parse has checked; the verdict on it is the same: not valid.
    return false;
  }
};

const isCompact = ({ curve, bytes }: PublicKey): boolean =>
  bytes.length === curves[curve].publicKeyLength && (curve === 'Ed25519' || bytes[0] === 2 || bytes[0] === 3);
const bytes32 = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'));
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** The bounds as 32 big-endian bytes: comparing bytes is many times faster than making a bigint of each signature. */
const bounds = {
  'P-256': { order: bytes32(groupOrders['P-256']), half: bytes32(groupOrders['P-256'] >> 1n) },
  secp256k1: { order: bytes32(groupOrders.secp256k1), half: bytes32(groupOrders.secp256k1 >> 1n) },
} as const;
