// SPDX-License-Identifier: Apache-2.0
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { concat, uint16, utf8 } from '../bytes.ts';
import { sm3 } from './sm3.ts';

const a = 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn;
const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
const gx = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n;
const gy = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n;

/** Points of the recommended curve of 256 bits, whose cofactor is 1. Source: GB/T 32918.5-2017. */
export const Sm2Point = weierstrass({
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a,
  b,
  Gx: gx,
  Gy: gy,
});

const scalars = Sm2Point.Fn;

/** The user id that every signature here is made with, as is usual where none is agreed. Source: GM/T 0009. */
const DEFAULT_USER_ID = utf8('1234567812345678');

/**
 * ZA, 32 bytes: SM3 over the user id 1234567812345678, the curve and the public key, an uncompressed point (65 bytes).
 * It goes before the message: e = SM3(ZA ‖ M). Source: GB/T 32918.2-2016 §5.5.
 */
export function sm2UserDigest(point: Uint8Array): Uint8Array {
  const curve = [a, b, gx, gy].map((value) => numberToBytesBE(value, 32));
  return sm3(concat(uint16(DEFAULT_USER_ID.length * 8), DEFAULT_USER_ID, ...curve, point.subarray(1)));
}

/** Whether a number can be a private key: 1 to n-2, since signing divides by 1 + d. Source: GB/T 32918.1-2016 §6.1. */
export const isSm2Secret = (secret: bigint): boolean => secret >= 1n && secret < scalars.ORDER - 1n;

/**
 * The signature r ‖ s (64 bytes) of e (32 bytes) with the nonce k, 1 to n-1, or undefined where the standard asks for
 * another nonce. Source: GB/T 32918.2-2016 §6.1.
 */
export function sm2Sign(secret: bigint, e: Uint8Array, k: bigint): Uint8Array | undefined {
  const { x } = Sm2Point.BASE.multiply(k);
  const r = scalars.create(bytesToNumberBE(e) + x);
  if (r === 0n || r + k === scalars.ORDER) return undefined;
  const s = scalars.div(scalars.sub(k, scalars.mul(r, secret)), scalars.add(secret, 1n));
  return s === 0n ? undefined : concat(scalars.toBytes(r), scalars.toBytes(s));
}

/**
 * Whether r ‖ s (64 bytes) signs e (32 bytes) for a public key, a compressed or uncompressed point. Throws the
 * library's error for what is no point. Source: GB/T 32918.2-2016 §7.1.
 */
export function sm2Verify(point: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const r = bytesToNumberBE(signature.subarray(0, 32));
  const s = bytesToNumberBE(signature.subarray(32));
  if (!scalars.isValidNot0(r) || !scalars.isValidNot0(s)) return false;
  const t = scalars.add(r, s);
  if (t === 0n) return false;
  const sum = Sm2Point.BASE.mulAddUnsafe(s, Sm2Point.fromBytes(point), t);
  return !sum.is0() && scalars.create(bytesToNumberBE(e) + sum.x) === r;
}
