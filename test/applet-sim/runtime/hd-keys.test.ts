// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { HDKey } from '@scure/bip32';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicPointOf } from '../../../applet-sim/runtime/crypto.ts';
import {
  decoySeed,
  deriveChild,
  derivePath,
  HARDENED,
  type HdKey,
  masterKey,
  wipeHdKey,
} from '../../../applet-sim/runtime/hd-keys.ts';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { independentOrders } from '../../conformance/independent-signature.ts';
import { readFixture } from '../../support/fixture.ts';

const fixture = readFixture<{
  readonly bip32: {
    readonly vectors: readonly {
      readonly title: string;
      readonly seed: string;
      readonly chain: readonly { readonly path: string; readonly xprv: string }[];
    }[];
  };
  readonly slip10: {
    readonly vectors: readonly {
      readonly curve: 'P-256' | 'Ed25519';
      readonly title: string;
      readonly seed: string;
      readonly chain: readonly Readonly<
        Record<'path' | 'fingerprint' | 'chainCode' | 'private' | 'public', string>
      >[];
    }[];
  };
}>('crypto/hd-keys.json');

const curves: readonly Curve[] = ['secp256k1', 'P-256', 'Ed25519'];
const indices = (path: string): number[] =>
  path
    .split('/')
    .slice(1)
    .map((level) => Number.parseInt(level, 10) + (level.endsWith("'") ? HARDENED : 0));
const hmac512 = (key: string | Uint8Array, data: Uint8Array): Buffer =>
  createHmac('sha512', key).update(data).digest();
const index = fc.integer({ min: 0, max: 0xffff_ffff });

/** What the tests compare of a key. */
const shown = ({ secret, chainCode }: HdKey): readonly string[] => [toHex(secret), toHex(chainCode)];

/** 02 or 03 ‖ X, or 00 ‖ the Ed25519 key, as the vectors of SLIP-0010 have it. */
const serialized = (point: Uint8Array): Buffer =>
  point.length === 32
    ? Buffer.from([0, ...point])
    : Buffer.from([2 + ((point[64] as number) & 1), ...point.subarray(1, 33)]);
const fingerprint = (point: Uint8Array | undefined): string =>
  point === undefined
    ? '00000000'
    : createHash('ripemd160')
        .update(createHash('sha256').update(serialized(point)).digest())
        .digest('hex')
        .slice(0, 8);

const pointOf = (key: HdKey | undefined): Uint8Array | undefined =>
  key && publicPointOf(key.curve, key.secret);

describe.each(fixture.bip32.vectors)('BIP-32 $title', ({ seed, chain }) => {
  it.each(chain)('has the key at $path', ({ path, xprv }) => {
    const expected = HDKey.fromExtendedKey(xprv);
    const derived = derivePath(fromHex(seed), 'secp256k1', indices(path));
    expect(derived && shown(derived.key)).toEqual(
      [expected.privateKey, expected.chainCode].map((bytes) => toHex(bytes as Uint8Array)),
    );
    expect(fingerprint(pointOf(derived?.parent))).toBe(
      expected.parentFingerprint.toString(16).padStart(8, '0'),
    );
  });
});

describe.each(fixture.slip10.vectors)('SLIP-0010 $title for $curve', ({ curve, seed, chain }) => {
  it.each(chain)('has the key at $path', (vector) => {
    const derived = derivePath(fromHex(seed), curve, indices(vector.path));
    expect(derived && shown(derived.key)).toEqual([vector.private, vector.chainCode]);
    const { key, parent } = derived as NonNullable<typeof derived>;
    expect(serialized(publicPointOf(curve, key.secret)).toString('hex')).toBe(vector.public);
    expect(fingerprint(pointOf(parent))).toBe(vector.fingerprint);
  });
});

it('has vectors whose first hash is no key, so that SLIP-0010 hashes again', () => {
  const [left, right] = ['derivation retry', 'seed retry'].map((title) =>
    fixture.slip10.vectors.find((vector) => vector.title === title),
  );
  const first = hmac512('Nist256p1 seed', fromHex(right?.seed ?? '')).subarray(0, 32);
  expect(BigInt(`0x${toHex(first)}`) >= independentOrders['P-256']).toBe(true);
  const parent = left?.chain[1];
  const data = fromHex(`${parent?.public}${(33941).toString(16).padStart(8, '0')}`);
  const child = hmac512(fromHex(parent?.chainCode ?? ''), data).subarray(0, 32);
  expect(BigInt(`0x${toHex(child)}`) >= independentOrders['P-256']).toBe(true);
});

describe('a tree of keys on secp256k1', () => {
  it('is that of @scure/bip32 for any seed and path of up to 10 levels', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.array(index, { maxLength: 10 }),
        (seed, path) => {
          const expected = path.reduce((key, level) => key.deriveChild(level), HDKey.fromMasterSeed(seed));
          const derived = derivePath(seed, 'secp256k1', path);
          expect(derived && shown(derived.key)).toEqual(
            [expected.privateKey, expected.chainCode].map((bytes) => toHex(bytes as Uint8Array)),
          );
          expect(fingerprint(pointOf(derived?.parent))).toBe(
            expected.parentFingerprint.toString(16).padStart(8, '0'),
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe.each(curves)('a key of a tree on %s', (curve) => {
  it('has no master key of a seed of 15 or 65 bytes', () => {
    expect(masterKey(curve, new Uint8Array(15))).toBeUndefined();
    expect(masterKey(curve, new Uint8Array(16))).toBeDefined();
    expect(masterKey(curve, new Uint8Array(64))).toBeDefined();
    expect(masterKey(curve, new Uint8Array(65))).toBeUndefined();
    expect(derivePath(new Uint8Array(15), curve, [HARDENED])).toBeUndefined();
  });

  it('is the same by path and child by child, and leaves seed and parents as they were', () => {
    fc.assert(
      fc.property(fc.array(index, { maxLength: 5 }), (path) => {
        const levels = path.map((level) => (curve === 'Ed25519' ? (level | HARDENED) >>> 0 : level));
        const seed = new Uint8Array(randomBytes(32));
        const before = toHex(seed);
        let key = masterKey(curve, seed) as HdKey;
        for (const level of levels) {
          const parent = shown(key);
          const child = deriveChild(key, level) as HdKey;
          expect(shown(key)).toEqual(parent);
          key = child;
        }
        const derived = derivePath(seed, curve, levels);
        expect(derived && shown(derived.key)).toEqual(shown(key));
        expect(toHex(seed)).toBe(before);
      }),
      { numRuns: 15 },
    );
  });

  it('is wiped wholly', () => {
    const key = masterKey(curve, new Uint8Array(32).fill(5)) as HdKey;
    wipeHdKey(key);
    expect([...key.secret, ...key.chainCode].every((byte) => byte === 0)).toBe(true);
  });
});

describe('a key of a tree on Ed25519', () => {
  it('has no child that is not hardened, at any level', () => {
    const seed = new Uint8Array(randomBytes(32));
    const key = masterKey('Ed25519', seed) as HdKey;
    for (const level of [0, 1, HARDENED - 1]) {
      expect(deriveChild(key, level)).toBeUndefined();
      expect(derivePath(seed, 'Ed25519', [HARDENED, level])).toBeUndefined();
      expect(derivePath(seed, 'Ed25519', [level, HARDENED])).toBeUndefined();
    }
    expect(derivePath(seed, 'Ed25519', [HARDENED, 0xffff_ffff])).toBeDefined();
  });
});

it('makes a decoy seed of 64 bytes that is HMAC-SHA-512 of the seed', () => {
  for (const length of [16, 32, 64]) {
    const seed = new Uint8Array(randomBytes(length));
    expect(toHex(decoySeed(seed))).toBe(hmac512('bsim/decoy-seed/1', seed).toString('hex'));
  }
});
