// SPDX-License-Identifier: Apache-2.0
import { sponge256 } from './independent-keccak.ts';
import { independentOrders, type KnownKey } from './independent-signature.ts';

/*
 * OpenSSL has no Keccak-256, and takes a digest that was made elsewhere on its command line only: the equation of ECDSA
 * in plain integers, on the one curve that Keccak-256 is used with here.
 */

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = independentOrders.secp256k1;
/** Base point. Source: SEC 2 v2 §2.4.1. */
const BASE: Point = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
};

/** A point that is not the one at infinity. */
type Point = { readonly x: bigint; readonly y: bigint };

function inverse(value: bigint, p: bigint): bigint {
  let [r, next, s, t] = [p, modulo(value, p), 0n, 1n];
  while (next !== 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [s, t] = [t, s - quotient * t];
  }
  return modulo(s, p);
}

function sum(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.x === b.x && modulo(a.y + b.y, P) === 0n) return undefined;
  const slope =
    a.x === b.x ? 3n * a.x * a.x * inverse(2n * a.y, P) : (b.y - a.y) * inverse(modulo(b.x - a.x, P), P);
  const x = modulo(slope * slope - a.x - b.x, P);
  return { x, y: modulo(slope * (a.x - x) - a.y, P) };
}

function product(scalar: bigint, point: Point): Point | undefined {
  let result: Point | undefined;
  for (const bit of scalar.toString(2)) {
    result = sum(result, result);
    if (bit === '1') result = sum(result, point);
  }
  return result;
}

/** What is wrong with an ECDSA signature of 64 bytes on secp256k1 over Keccak-256 of a message, or undefined. */
export function keccakSignatureFault(
  { curve, point }: KnownKey,
  message: Uint8Array,
  signature: Uint8Array,
): string | undefined {
  if (curve !== 'secp256k1') return `judged on secp256k1 only, not on ${curve}`;
  if (signature.length !== 64) return `${signature.length} bytes`;
  const r = numberOf(signature.subarray(0, 32));
  const s = numberOf(signature.subarray(32));
  if (r === 0n || r >= N || s === 0n) return 'r or s out of range';
  if (s > N >> 1n) return 'high s';
  const w = inverse(s, N);
  const e = numberOf(sponge256(message, 0x01));
  const key = { x: numberOf(point.subarray(1, 33)), y: numberOf(point.subarray(33)) };
  const found = sum(product(modulo(e * w, N), BASE), product(modulo(r * w, N), key));
  return found !== undefined && found.x % N === r ? undefined : 'the equation does not hold';
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
const modulo = (value: bigint, p: bigint): bigint => ((value % p) + p) % p;
