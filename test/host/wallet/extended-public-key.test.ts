// SPDX-License-Identifier: Apache-2.0
import { createECDH, createHash, randomBytes } from 'node:crypto';
import { createBase58check } from '@scure/base';
import { HDKey } from '@scure/bip32';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeExtendedPublicKey,
  keyFingerprint,
  parseExtendedPublicKey,
} from '../../../host/wallet/extended-public-key.ts';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { readFixture } from '../../support/fixture.ts';

const { bip32, invalidExtendedKeys } = readFixture<{
  readonly bip32: {
    readonly vectors: readonly {
      readonly title: string;
      readonly seed: string;
      readonly chain: readonly { readonly path: string; readonly xpub: string }[];
    }[];
  };
  readonly invalidExtendedKeys: {
    readonly keys: readonly { readonly key: string; readonly reason: string }[];
  };
}>('crypto/hd-keys.json');

const base58check = createBase58check(
  (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest()),
);
const indices = (path: string): number[] =>
  path
    .split('/')
    .slice(1)
    .map((level) => Number.parseInt(level, 10) + (level.endsWith("'") ? 0x8000_0000 : 0));
const bytesOf = (key: HDKey) => ({
  point: key.publicKey as Uint8Array,
  chainCode: key.chainCode as Uint8Array,
});
/** The point as a card gives it, 04 ‖ X ‖ Y, by OpenSSL. */
const uncompressed = (secret: Uint8Array): Uint8Array => {
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(secret);
  return new Uint8Array(ecdh.getPublicKey());
};
const badKey = expect.objectContaining({ code: 'wallet/bad-extended-key' });

describe.each(bip32.vectors)('the extended public keys of BIP-32 $title', ({ seed, chain }) => {
  const master = HDKey.fromMasterSeed(fromHex(seed));

  it.each(chain)('are written and read at $path', ({ path, xpub }) => {
    const levels = indices(path);
    const key = levels.reduce((above, level) => above.deriveChild(level), master);
    const above = levels.slice(0, -1).reduce((higher, level) => higher.deriveChild(level), master);
    const parent = levels.length === 0 ? undefined : uncompressed(above.privateKey as Uint8Array);
    expect(encodeExtendedPublicKey({ path: levels, ...bytesOf(key), parent })).toBe(xpub);
    const point = uncompressed(key.privateKey as Uint8Array);
    expect(encodeExtendedPublicKey({ path: levels, ...bytesOf(key), point, parent })).toBe(xpub);
    const expected = HDKey.fromExtendedKey(xpub);
    expect(parseExtendedPublicKey(xpub)).toEqual({
      depth: expected.depth,
      parentFingerprint: fromHex(expected.parentFingerprint.toString(16).padStart(8, '0')),
      childNumber: expected.index,
      chainCode: expected.chainCode,
      point: expected.publicKey,
    });
  });
});

it.each(invalidExtendedKeys.keys)('refuses the key of BIP-32 test vector 5: $reason', ({ key }) => {
  expect(() => parseExtendedPublicKey(key)).toThrowError(badKey);
});

describe('an extended public key', () => {
  it('is that of @scure/bip32 for any seed and path', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 6 }),
        (path) => {
          const master = HDKey.fromMasterSeed(randomBytes(32));
          const above = path.slice(0, -1).reduce((key, level) => key.deriveChild(level), master);
          const key = above.deriveChild(path.at(-1) as number);
          const parent = above.publicKey as Uint8Array;
          const text = encodeExtendedPublicKey({ path, ...bytesOf(key), parent });
          expect(text).toBe(key.publicExtendedKey);
          expect(toHex(keyFingerprint(parent))).toBe(above.fingerprint.toString(16).padStart(8, '0'));
        },
      ),
      { numRuns: 20 },
    );
  });

  const xpub = bip32.vectors[0]?.chain[1]?.xpub ?? '';

  it('is refused with any one character changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: xpub.length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        (at, other) => {
          fc.pre(xpub[at] !== other);
          expect(() => parseExtendedPublicKey(xpub.slice(0, at) + other + xpub.slice(at + 1))).toThrowError(
            badKey,
          );
        },
      ),
    );
  });

  it('is refused from any other text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `xpub${text}`),
        ),
        (text) => {
          expect(() => parseExtendedPublicKey(text)).toThrowError(badKey);
        },
      ),
    );
  });

  it('is read only from 78 bytes that are written back to the same text', () => {
    const good = base58check.decode(xpub);
    const change = fc.record({ at: fc.integer({ min: 0, max: 77 }), by: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), fc.integer({ min: -2, max: 2 }), (changes, longer) => {
        const bytes = new Uint8Array(78 + longer);
        bytes.set(good.subarray(0, bytes.length));
        for (const { at, by } of changes) if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ by;
        const text = base58check.encode(bytes);
        let found: ReturnType<typeof parseExtendedPublicKey>;
        try {
          found = parseExtendedPublicKey(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'wallet/bad-extended-key' });
          return;
        }
        expect(bytes).toHaveLength(78);
        const { depth, parentFingerprint, childNumber, chainCode, point } = found;
        const numbers = Buffer.alloc(4);
        numbers.writeUInt32BE(childNumber);
        expect(
          `0488b21e${[Uint8Array.of(depth), parentFingerprint, numbers, chainCode, point].map(toHex).join('')}`,
        ).toBe(toHex(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('is not written with a parent for the master key, without one below it, or another chain code', () => {
    const master = HDKey.fromMasterSeed(new Uint8Array(32).fill(1));
    const parent = master.publicKey as Uint8Array;
    const { point, chainCode } = bytesOf(master);
    for (const faulty of [
      { path: [], point, chainCode, parent },
      { path: [0], point, chainCode },
      { path: Array<number>(256).fill(0), point, chainCode, parent },
      { path: [], point, chainCode: chainCode.subarray(1) },
    ])
      expect(() => encodeExtendedPublicKey(faulty)).toThrowError(badKey);
    expect(() => encodeExtendedPublicKey({ path: [], point: new Uint8Array(33), chainCode })).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-key' }),
    );
  });
});
