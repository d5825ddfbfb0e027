// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { type Curve, curveNames } from '../../../protocol/crypto/curve.ts';
import { type PublicKey, parsePublicKey, publicKeyToSpki } from '../../../protocol/crypto/public-key.ts';
import { signatureToDer } from '../../../protocol/crypto/signature-der.ts';
import { groupOrders, isStrictSignature, verifySignature } from '../../../protocol/crypto/verify.ts';
import { readFixture } from '../../support/fixture.ts';

const { groups } = readFixture<{
  readonly groups: readonly {
    readonly source: string;
    readonly cases: readonly {
      readonly title: string;
      readonly curve: Curve;
      readonly publicKey: string;
      readonly message: string;
      readonly signature: string;
      readonly valid: boolean;
    }[];
  }[];
}>('protocol/signatures.json');

/** The key as it is, without the checks of parsePublicKey, for keys that those refuse. */
const unchecked = (curve: Curve, hex: string): PublicKey =>
  curve === 'Ed25519' ? { curve, bytes: fromHex(hex) } : parsePublicKey(curve, fromHex(hex));

/** OpenSSL's verdict, after the rule on the form of keys and signatures that all backends share. */
function opensslVerdict(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isStrictSignature(key, signature)) return false;
  try {
    const spki = Buffer.from(publicKeyToSpki(key));
    const object = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return key.curve === 'Ed25519'
      ? nodeVerify(null, message, object, signature)
      : nodeVerify('sha256', message, { key: object, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}

/** A key of OpenSSL's and its signature of the message, with the low s. */
function opensslSigned(curve: Curve, message: Uint8Array): { key: PublicKey; signature: Uint8Array } {
  if (curve === 'Ed25519') {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const der = publicKey.export({ format: 'der', type: 'spki' });
    const key = parsePublicKey(curve, new Uint8Array(der.subarray(-32)));
    return { key, signature: new Uint8Array(nodeSign(null, message, privateKey)) };
  }
  const namedCurve = curve === 'P-256' ? 'prime256v1' : 'secp256k1';
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const key = parsePublicKey(curve, new Uint8Array(der.subarray(-65)));
  const signature = nodeSign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { key, signature: withLowS(curve, new Uint8Array(signature)) };
}

const bytes32 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));
const scalar = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const mirrored = (curve: Curve, signature: Uint8Array): Uint8Array =>
  concat(signature.subarray(0, 32), bytes32(groupOrders[curve] - scalar(signature.subarray(32))));
const withLowS = (curve: Curve, signature: Uint8Array): Uint8Array =>
  scalar(signature.subarray(32)) > groupOrders[curve] / 2n ? mirrored(curve, signature) : signature;

/** All points of small order, by the addition of points. */
function smallOrderPoints(): readonly Uint8Array[] {
  // A published point of order 8 and its multiples are the whole torsion subgroup.
  const eighth = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const points = [ed25519.Point.ZERO];
  while (points.length < 8) points.push((points.at(-1) ?? eighth).add(eighth));
  expect(points.at(-1)?.add(eighth).equals(ed25519.Point.ZERO)).toBe(true);
  return points.map((point) => point.toBytes());
}

describe.each(groups)('the published signatures of $source', ({ cases }) => {
  it.each(cases)('$title: valid is $valid', ({ curve, publicKey, message, signature, valid }) => {
    const key = unchecked(curve, publicKey);
    expect(verifySignature(key, fromHex(message), fromHex(signature))).toBe(valid);
    expect(opensslVerdict(key, fromHex(message), fromHex(signature))).toBe(valid);
  });
});

describe.each(curveNames)('a signature on %s', (curve) => {
  const message = fromHex('00010203');
  const { key, signature } = opensslSigned(curve, message);
  const n = groupOrders[curve];

  it('made by OpenSSL verifies, for every message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        const signed = opensslSigned(curve, any);
        expect(verifySignature(signed.key, any, signed.signature)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('does not verify with one bit of it, of the message or of the key changed, as OpenSSL says too', () => {
    fc.assert(
      fc.property(fc.constantFrom('signature', 'message', 'key'), fc.nat(), fc.nat(7), (part, place, bit) => {
        const parts = { signature: signature.slice(), message: message.slice(), key: key.bytes.slice() };
        const bytes = parts[part];
        bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ (1 << bit);
        const changed: PublicKey = { curve, bytes: parts.key };
        expect(verifySignature(changed, parts.message, parts.signature)).toBe(false);
        expect(opensslVerdict(changed, parts.message, parts.signature)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 32, 63, 65, 128])('of %i bytes does not verify', (length) => {
    const bytes = new Uint8Array(length);
    bytes.set(signature.subarray(0, length));
    expect(verifySignature(key, message, bytes)).toBe(false);
  });

  it('does not verify with another key', () => {
    expect(verifySignature(opensslSigned(curve, message).key, message, signature)).toBe(false);
  });

  it('does not verify with a key of the right length that is no point', () => {
    const none: PublicKey = { curve, bytes: key.bytes.slice().fill(curve === 'Ed25519' ? 2 : 0, 0, 32) };
    expect(verifySignature(none, message, signature)).toBe(false);
  });

  it.each([
    ['0', 0n],
    ['n', n],
    ['n + 1', n + 1n],
    ['2^256 - 1', 2n ** 256n - 1n],
  ])('does not verify with r or s of %s', (_title, value) => {
    const ours = curve === 'Ed25519' ? bytes32(value).reverse() : bytes32(value);
    const second = signature.subarray(32);
    expect(verifySignature(key, message, concat(ours, second))).toBe(false);
    expect(verifySignature(key, message, concat(signature.subarray(0, 32), ours))).toBe(false);
    expect(verifySignature(key, message, concat(ours, ours))).toBe(false);
  });
});

describe.each(['P-256', 'secp256k1'] as const)('the rule of low s on %s', (curve) => {
  const key = opensslSigned(curve, fromHex('')).key;
  const n = groupOrders[curve];
  const withS = (s: bigint): Uint8Array => concat(bytes32(1n), bytes32(s));

  it('accepts s of (n - 1) / 2 and refuses the next', () => {
    expect(isStrictSignature(key, withS((n - 1n) / 2n))).toBe(true);
    expect(isStrictSignature(key, withS((n + 1n) / 2n))).toBe(false);
    expect(isStrictSignature(key, withS(1n))).toBe(true);
    expect(isStrictSignature(key, withS(0n))).toBe(false);
  });

  it('refuses the mirrored s, which OpenSSL alone would accept', () => {
    const message = fromHex('01');
    const signed = opensslSigned(curve, message);
    const high = mirrored(curve, signed.signature);
    const der = Buffer.from(publicKeyToSpki(signed.key));
    const object = createPublicKey({ key: der, format: 'der', type: 'spki' });
    expect(nodeVerify('sha256', message, { key: object, dsaEncoding: 'ieee-p1363' }, high)).toBe(true);
    expect(verifySignature(signed.key, message, high)).toBe(false);
  });
});

describe('the rule of large order on Ed25519', () => {
  const torsion = smallOrderPoints();
  const good = opensslSigned('Ed25519', fromHex('01'));

  it('refuses each of the eight points as key and as R, with either sign bit', () => {
    expect(new Set(torsion.map(toHex)).size).toBe(8);
    for (const point of torsion) {
      for (const sign of [0x00, 0x80]) {
        const bytes = point.slice();
        bytes[31] = ((bytes[31] ?? 0) & 0x7f) | sign;
        const key: PublicKey = { curve: 'Ed25519', bytes };
        expect(isStrictSignature(key, good.signature), toHex(bytes)).toBe(false);
        const withR = concat(bytes, good.signature.subarray(32));
        expect(isStrictSignature(good.key, withR), toHex(bytes)).toBe(false);
      }
    }
  });

  it('accepts the key and R of a signature that OpenSSL made', () => {
    expect(isStrictSignature(good.key, good.signature)).toBe(true);
  });
});

describe('the rule of canonical scalars on Ed25519', () => {
  it('refuses S + L, which names the same scalar', () => {
    const message = fromHex('01');
    const { key, signature } = opensslSigned('Ed25519', message);
    const s = scalar(signature.subarray(32).slice().reverse());
    const other = concat(signature.subarray(0, 32), bytes32(s + groupOrders.Ed25519).reverse());
    expect(verifySignature(key, message, signature)).toBe(true);
    expect(verifySignature(key, message, other)).toBe(false);
  });
});

describe('a signature in DER', () => {
  it.each(['P-256', 'secp256k1'] as const)('is what OpenSSL verifies: %s', (curve) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (message) => {
        const { key, signature } = opensslSigned(curve, message);
        const der = Buffer.from(publicKeyToSpki(key));
        const object = createPublicKey({ key: der, format: 'der', type: 'spki' });
        expect(nodeVerify('sha256', message, object, signatureToDer(signature))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['01', '01', '3006020101020101'],
    ['80', '7f', '3007020200800201 7f'],
    ['00', 'ff', '3007020100020200ff'],
    [`${'ff'.repeat(32)}`, '01', `3026022100${'ff'.repeat(32)}020101`],
  ])('has the shortest integers, with a zero byte where they would be negative: %s, %s', (r, s, der) => {
    const wide = (hex: string): string => hex.padStart(64, '0');
    expect(toHex(signatureToDer(fromHex(wide(r) + wide(s))))).toBe(toHex(fromHex(der)));
  });
});
