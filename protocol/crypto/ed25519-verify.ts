// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { compareBytes, concat, equalBytes } from '../bytes.ts';

/** Order of the group that the base point makes. Source: RFC 8032 §5.1. */
export const ED25519_ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;

/**
 * The rule that comes before the arithmetic: S < L (RFC 8032 §5.1.7), R and the key canonical and not of small order.
 * `key` is 32 bytes and `signature` 64.
 */
export function isStrictEd25519(key: Uint8Array, signature: Uint8Array): boolean {
  const s = Uint8Array.from(signature.subarray(32)).reverse();
  return compareBytes(s, ORDER_BYTES) < 0 && isLargeOrder(signature.subarray(0, 32)) && isLargeOrder(key);
}

/**
 * Whether the cofactorless equation of RFC 8032 §5.1.7, R = S·B − k·A compared as bytes, holds for a strict signature,
 * as OpenSSL has it. Throws the library's error for a key that is no point.
 */
export function holdsEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const point = ed25519.Point.fromBytes(key, false);
  const r = signature.subarray(0, 32);
  const k = littleEndian(sha512(concat(r, key, message))) % ED25519_ORDER;
  const s = littleEndian(signature.subarray(32));
  const left = s === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiplyUnsafe(s);
  const right = k === 0n ? ed25519.Point.ZERO : point.multiplyUnsafe(k);
  return equalBytes(left.subtract(right).toBytes(), r);
}

const bytes32 = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'));
const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${bytesToHex(Uint8Array.from(bytes).reverse())}`);

/** Bounds as 32 big-endian bytes: comparing bytes is many times faster than making a bigint of each signature. */
const ORDER_BYTES = bytes32(ED25519_ORDER);
const P = (1n << 255n) - 19n;
const P_BYTES = bytes32(P);
/** y of two of the four points of order 8; that of the other two is p less this. Source: computed from RFC 8032 §5.1. */
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y of the eight points of small order: of order 4, 1, 2 and 8. */
const SMALL_ORDER_Y = [0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y].map(bytes32);

/** Whether the encoded point has y < p and is not of small order; whether it is on the curve shows later. */
function isLargeOrder(encoded: Uint8Array): boolean {
  const y = Uint8Array.from(encoded).reverse();
  y[0] = (y[0] ?? 0) & 0x7f;
  return compareBytes(y, P_BYTES) < 0 && !SMALL_ORDER_Y.some((small) => compareBytes(small, y) === 0);
}
