// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, ECDH, generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { type CborMap, decodeCbor, encodeCbor } from '../../../protocol/cbor.ts';
import { type Curve, curveNames, curveOfAlgorithmId, curves } from '../../../protocol/crypto/curve.ts';
import {
  parsePublicKey,
  publicKeyFromCose,
  publicKeyThumbprint,
  publicKeyToCose,
  publicKeyToPem,
  publicKeyToSpki,
  uncompressedPublicKey,
} from '../../../protocol/crypto/public-key.ts';
import { readFixture } from '../../support/fixture.ts';

const vectors = readFixture<{
  readonly thumbprints: readonly { readonly curve: Curve; readonly point: string; readonly sha256: string }[];
  readonly coseKeys: readonly {
    readonly title: string;
    readonly curve: Curve;
    readonly point: string;
    readonly compressed: string;
    readonly coseKey: string;
  }[];
  readonly refused: readonly { readonly title: string; readonly curve: Curve; readonly hex: string }[];
}>('protocol/public-keys.json');

const opensslNames = { 'P-256': 'prime256v1', secp256k1: 'secp256k1' } as const;
const weierstrass = ['P-256', 'secp256k1'] as const;

/** A fresh key of OpenSSL's, as 04 ‖ X ‖ Y or the Ed25519 key, and as node:crypto writes it. */
function opensslKey(curve: Curve): { point: Uint8Array; spki: string; pem: string } {
  const { publicKey } =
    curve === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: opensslNames[curve] });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const [left, right] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return {
    point: new Uint8Array(curve === 'Ed25519' ? left : Buffer.concat([Buffer.from([4]), left, right])),
    spki: publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
    pem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

describe('a public key', () => {
  it.each(vectors.coseKeys)('is read and written in every form: $title', (vector) => {
    const key = parsePublicKey(vector.curve, fromHex(vector.point));
    expect(toHex(key.bytes)).toBe(vector.compressed);
    expect(key.bytes).toHaveLength(curves[vector.curve].publicKeyLength);
    expect(parsePublicKey(vector.curve, fromHex(vector.compressed))).toEqual(key);
    expect(toHex(uncompressedPublicKey(key))).toBe(vector.point);
    expect(toHex(encodeCbor(publicKeyToCose(key)))).toBe(vector.coseKey);
    expect(publicKeyFromCose(decodeCbor(fromHex(vector.coseKey)))).toEqual(key);
  });

  it.each(vectors.thumbprints)('has the thumbprint of RFC 9679: $curve', ({ curve, point, sha256 }) => {
    expect(toHex(publicKeyThumbprint(parsePublicKey(curve, fromHex(point))))).toBe(sha256);
  });

  it.each(curveNames)('of OpenSSL is read, and written so that OpenSSL reads the same key: %s', (curve) => {
    for (let i = 0; i < 20; i++) {
      const { point, spki, pem } = opensslKey(curve);
      const key = parsePublicKey(curve, point);
      expect(toHex(publicKeyToSpki(key))).toBe(spki);
      expect(publicKeyToPem(key)).toBe(pem);
      expect(toHex(uncompressedPublicKey(key))).toBe(toHex(point));
      const read = createPublicKey({
        key: Buffer.from(publicKeyToSpki(key)),
        format: 'der',
        type: 'spki',
      });
      expect(read.asymmetricKeyType).toBe(curve === 'Ed25519' ? 'ed25519' : 'ec');
      expect(publicKeyFromCose(decodeCbor(encodeCbor(publicKeyToCose(key))))).toEqual(key);
    }
  });

  it.each(weierstrass)('is compressed as OpenSSL compresses it: %s', (curve) => {
    for (let i = 0; i < 20; i++) {
      const { point } = opensslKey(curve);
      const expected = ECDH.convertKey(point, opensslNames[curve], undefined, 'hex', 'compressed');
      expect(toHex(parsePublicKey(curve, point).bytes)).toBe(expected);
    }
  });

  it.each(weierstrass)('is accepted exactly when OpenSSL accepts the compressed point: %s', (curve) => {
    const opensslAccepts = (bytes: Uint8Array): boolean => {
      try {
        ECDH.convertKey(bytes, opensslNames[curve]);
        return true;
      } catch {
        return false;
      }
    };
    const accepts = (bytes: Uint8Array): boolean => {
      try {
        parsePublicKey(curve, bytes);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.constantFrom(2, 3), fc.uint8Array({ minLength: 32, maxLength: 32 }), (sign, x) => {
        const bytes = concat(Uint8Array.of(sign), x);
        expect(accepts(bytes)).toBe(opensslAccepts(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it.each(vectors.refused)('is refused: $title, on $curve', ({ curve, hex }) => {
    expect(() => parsePublicKey(curve, fromHex(hex))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-key', details: expect.objectContaining({ curve }) }),
    );
  });

  it('is refused on Ed25519 when y is p or more, with either sign', () => {
    // The 19 values from p to 2^255 - 1, some of which are on the curve when reduced. RFC 8032 §5.1.3.
    for (let k = 0n; k < 19n; k++) {
      const y = (2n ** 255n - 19n + k).toString(16).padStart(64, '0');
      const bytes = fromHex(y).reverse();
      expect(() => parsePublicKey('Ed25519', bytes), y).toThrowError();
      bytes[31] = (bytes[31] ?? 0) | 0x80;
      expect(() => parsePublicKey('Ed25519', bytes), y).toThrowError();
    }
  });

  it('is a copy of the bytes it was read from', () => {
    const bytes = fromHex(vectors.coseKeys[0]?.compressed ?? '');
    const key = parsePublicKey('P-256', bytes);
    bytes.fill(0);
    expect(toHex(key.bytes)).toBe(vectors.coseKeys[0]?.compressed);
  });
});

describe('a COSE_Key', () => {
  const x = fromHex('65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d');
  const good: readonly (readonly [number, unknown])[] = [
    [1, 2],
    [-1, 1],
    [-2, x],
    [-3, false],
  ];
  const withEntry = (key: number, value: unknown): CborMap =>
    new Map([...good.filter(([label]) => label !== key), [key, value]] as never);

  it.each([
    ['no map', [], 'bad-cbor'],
    ['nothing', undefined, 'bad-cbor'],
    ['no key type', new Map(good.slice(1) as never), 'bad-cbor'],
    ['another key type', withEntry(1, 3), 'bad-key'],
    ['another curve', withEntry(-1, 2), 'bad-key'],
    ['a curve of another key type', withEntry(-1, 6), 'bad-key'],
    ['y in full', withEntry(-3, x), 'bad-key'],
    ['no y', new Map(good.slice(0, 3) as never), 'bad-cbor'],
    ['x of 31 bytes', withEntry(-2, x.subarray(1)), 'bad-cbor'],
    ['x as text', withEntry(-2, 'x'), 'bad-cbor'],
    ['a key id too', withEntry(2, x), 'bad-cbor'],
    ['a private key too', withEntry(-4, x), 'bad-cbor'],
    ['an x that is p or more', withEntry(-2, new Uint8Array(32).fill(0xff)), 'bad-key'],
  ])('is refused with %s', (_title, value, code) => {
    expect(() => publicKeyFromCose(value as never)).toThrowError(
      expect.objectContaining({ code: `protocol/${code}` }),
    );
  });
});

describe('the algorithm byte of a card', () => {
  it.each([
    [1, 'P-256'],
    [2, 'secp256k1'],
    [3, 'Ed25519'],
  ])('%i is %s', (id, curve) => {
    expect(curveOfAlgorithmId(id)).toBe(curve);
    expect(curves[curve as Curve].algorithmId).toBe(id);
  });

  it.each([0, 4, 255])('%i is none', (id) => {
    expect(curveOfAlgorithmId(id)).toBeUndefined();
  });
});
