// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { isSm2Secret, Sm2Point, sm2Sign, sm2UserDigest, sm2Verify } from '../../../protocol/crypto/sm2.ts';
import { independentOrders } from '../../conformance/independent-signature.ts';
import { readFixture } from '../../support/fixture.ts';

const { sm2 } = readFixture<{
  readonly sm2: {
    readonly vectors: readonly Readonly<
      Record<'secret' | 'point' | 'message' | 'e' | 'nonce' | 'signature', string>
    >[];
  };
}>('crypto/card-curves.json');

const n = independentOrders.SM2;
const number = (hex: string): bigint => BigInt(`0x${hex}`);
const bytes32 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));
const mod = (value: bigint): bigint => ((value % n) + n) % n;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b))
    if (e & 1n) result = mod(result * b);
  return result;
}
/** By Fermat, since n is prime. */
const inverse = (value: bigint): bigint => power(value, n - 2n);

describe.each(sm2.vectors)('the example of GB/T 32918.5 Annex A', (vector) => {
  const [secret, nonce] = [number(vector.secret), number(vector.nonce)];
  const [point, e, signature] = [fromHex(vector.point), fromHex(vector.e), fromHex(vector.signature)];
  const x1 = Sm2Point.BASE.multiply(nonce).x;

  it('has the public key of its secret', () => {
    expect(toHex(Sm2Point.BASE.multiply(secret).toBytes(false))).toBe(vector.point);
  });

  it('has e from ZA and the message', () => {
    const input = concat(sm2UserDigest(point), fromHex(vector.message));
    expect(createHash('sm3').update(input).digest('hex')).toBe(vector.e);
  });

  it('is signed with its nonce, and verified with either form of the key', () => {
    expect(toHex(sm2Sign(secret, e, nonce) ?? new Uint8Array())).toBe(vector.signature);
    expect(sm2Verify(point, e, signature)).toBe(true);
    expect(sm2Verify(Sm2Point.fromBytes(point).toBytes(true), e, signature)).toBe(true);
  });

  it('is not verified with any one bit changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 511 }), fc.boolean(), (bit, inSignature) => {
        const flipped = (inSignature ? signature : e).slice();
        const at = (bit >> 3) % flipped.length;
        flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
        expect(inSignature ? sm2Verify(point, e, flipped) : sm2Verify(point, flipped, signature)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('asks for another nonce where r is 0, r + k is n or s is 0', () => {
    expect(sm2Sign(secret, bytes32(mod(-x1)), nonce)).toBeUndefined();
    expect(sm2Sign(secret, bytes32(mod(-x1 - nonce)), nonce)).toBeUndefined();
    expect(sm2Sign(secret, bytes32(mod(nonce * inverse(secret) - x1)), nonce)).toBeUndefined();
  });

  it('is not verified with r or s 0, n or above, or with another length', () => {
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
    const high = new Uint8Array(32).fill(0xff);
    for (const [left, right] of [
      [bytes32(0n), s],
      [r, bytes32(0n)],
      [bytes32(n), s],
      [r, bytes32(n)],
      [high, s],
      [r, high],
    ] as const)
      expect(sm2Verify(point, e, concat(left, right))).toBe(false);
    expect(sm2Verify(point, e, signature.subarray(1))).toBe(false);
    expect(sm2Verify(point, e, concat(Uint8Array.of(0), signature))).toBe(false);
  });

  it('has no twin with r or s raised by n where that fits in 32 bytes', () => {
    // 2^256 - n is about 2^224, so both numbers must be small for the twin to fit; this one's r is.
    const small = 5n;
    const k = 77n;
    const e5 = bytes32(mod(small - Sm2Point.BASE.multiply(k).x));
    const made = sm2Sign(secret, e5, k) as Uint8Array;
    expect(sm2Verify(point, e5, made)).toBe(true);
    expect(sm2Verify(point, e5, concat(bytes32(small + n), made.subarray(32)))).toBe(false);
  });

  it('is not verified where t is 0 or the sum is the point at infinity', () => {
    const r = 12345n;
    expect(sm2Verify(point, bytes32(r), concat(bytes32(r), bytes32(n - r)))).toBe(false);
    // s + (r + s) d = 0 mod n; with x taken for 0, e = r would pass.
    const s = mod(-r * secret * inverse(1n + secret));
    expect(sm2Verify(point, bytes32(r), concat(bytes32(r), bytes32(s)))).toBe(false);
  });
});

it('takes 1 to n-2 for a secret', () => {
  expect([0n, 1n, n - 2n, n - 1n, n].map(isSm2Secret)).toEqual([false, true, true, false, false]);
});
