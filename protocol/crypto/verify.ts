// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { compareBytes, concat, equalBytes } from '../bytes.ts';
import { curves, SIGNATURE_LENGTH } from './curve.ts';
import { ecdsaCurves } from './ec.ts';
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
  Ed25519: 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn,
} as const;

/**
 * The rule that comes before the arithmetic, the same for every implementation.
 *
 * ECDSA: r ‖ s of 64 bytes, 0 < r < n, 0 < s ≤ n/2 (low s). Ed25519: S < L (RFC 8032 §5.1.7), R canonical and not of
 * small order; the key neither. The key has the one form that parsing gives, since libraries differ in the others.
 */
export function isStrictSignature(key: PublicKey, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_LENGTH || !isCompact(key)) return false;
  const first = signature.subarray(0, 32);
  const second = signature.subarray(32);
  if (key.curve === 'Ed25519') {
    const s = Uint8Array.from(second).reverse();
    return compareBytes(s, bounds.Ed25519) < 0 && isLargeOrder(first) && isLargeOrder(key.bytes);
  }
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
    const point = ed25519.Point.fromBytes(key.bytes, false);
    const r = signature.subarray(0, 32);
    const k = littleEndian(sha512(concat(r, key.bytes, message))) % groupOrders.Ed25519;
    const s = littleEndian(signature.subarray(32));
    const left = s === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiplyUnsafe(s);
    const right = k === 0n ? ed25519.Point.ZERO : point.multiplyUnsafe(k);
    return equalBytes(left.subtract(right).toBytes(), r);
  } catch {
    // A key that no parse has checked; the verdict on it is the same: not valid.
    return false;
  }
};

const isCompact = ({ curve, bytes }: PublicKey): boolean =>
  bytes.length === curves[curve].publicKeyLength && (curve === 'Ed25519' || bytes[0] === 2 || bytes[0] === 3);
const bytes32 = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'));
const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${bytesToHex(Uint8Array.from(bytes).reverse())}`);
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** The bounds as 32 big-endian bytes: comparing bytes is many times faster than making a bigint of each signature. */
const bounds = {
  'P-256': { order: bytes32(groupOrders['P-256']), half: bytes32(groupOrders['P-256'] >> 1n) },
  secp256k1: { order: bytes32(groupOrders.secp256k1), half: bytes32(groupOrders.secp256k1 >> 1n) },
  Ed25519: bytes32(groupOrders.Ed25519),
} as const;

const ED25519_P = (1n << 255n) - 19n;
const ED25519_P_BYTES = bytes32(ED25519_P);
/** y of two of the four points of order 8; that of the other two is p less this. Source: computed from RFC 8032 §5.1. */
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y of the eight points of small order: of order 4, 1, 2 and 8. */
const SMALL_ORDER_Y = [0n, 1n, ED25519_P - 1n, ORDER_8_Y, ED25519_P - ORDER_8_Y].map(bytes32);

/** Whether the encoded point has y < p and is not of small order; whether it is on the curve shows later. */
function isLargeOrder(encoded: Uint8Array): boolean {
  const y = Uint8Array.from(encoded).reverse();
  y[0] = (y[0] ?? 0) & 0x7f;
  return compareBytes(y, ED25519_P_BYTES) < 0 && !SMALL_ORDER_Y.some((small) => compareBytes(small, y) === 0);
}
