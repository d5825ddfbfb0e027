// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, sign as nodeSign, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { decodeCbor, encodeCbor } from '../../../protocol/cbor.ts';
import {
  type CardCurve,
  cardCurveNames,
  cardCurveOfAlgorithmId,
  cardCurves,
  cardPublicKeyToCose,
  cardPublicKeyToPem,
  cardPublicKeyToSpki,
  isTransactionCurve,
  parseCardPublicKey,
  uncompressedCardPublicKey,
  verifyCardSignature,
} from '../../../protocol/crypto/card-curve.ts';
import { cardHashes, cardHashNames } from '../../../protocol/crypto/card-hash.ts';
import { type Curve, curveNames, curves } from '../../../protocol/crypto/curve.ts';
import {
  parsePublicKey,
  publicKeyToCose,
  publicKeyToPem,
  publicKeyToSpki,
} from '../../../protocol/crypto/public-key.ts';
import { openssl } from '../../applet-sim/support/openssl.ts';
import { independentOrders, opensslNames, plainSignature } from '../../conformance/independent-signature.ts';
import { readFixture } from '../../support/fixture.ts';

const weierstrass = ['P-256', 'secp256k1', 'SM2', 'brainpoolP256r1'] as const;
const ecdsa = ['P-256', 'secp256k1', 'brainpoolP256r1'] as const;

/** Field primes. Source: SEC 2 v2 §2.4.2 and §2.4.1; GB/T 32918.5-2017; RFC 5639 §3.4. */
const primes = {
  'P-256': 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  secp256k1: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
  SM2: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  brainpoolP256r1: 0xa9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377n,
} as const;

/** A key pair of OpenSSL's: the private key, the public one in DER, and the point at its end. */
function opensslPair(curve: CardCurve) {
  const { privateKey, publicKey } =
    curve === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: opensslNames[curve] });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  return { privateKey, spki, point: spki.slice(-cardCurves[curve].pointLength) };
}

/** Signatures at the edges of the rule, with the verdicts of a program that shares no code. */
const edgeCases = readFixture<{
  readonly cases: readonly {
    readonly comment: string;
    readonly curve: Curve;
    readonly key: string;
    readonly message: string;
    readonly signature: string;
    readonly valid: boolean;
  }[];
}>('crypto/edge-cases.json').cases;

const hex32 = (value: bigint): string => value.toString(16).padStart(64, '0');
const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** r ‖ s with n − s where s is high. */
function lowS(curve: (typeof ecdsa)[number], signature: Uint8Array): Uint8Array {
  const s = number(signature.subarray(32));
  const order = independentOrders[curve];
  return s > order >> 1n ? concat(signature.subarray(0, 32), fromHex(hex32(order - s))) : signature;
}

describe('the curves of a card', () => {
  it('have the algorithm bytes 1 to 5', () => {
    expect(cardCurveNames.map((name) => cardCurves[name].algorithmId)).toEqual([1, 2, 3, 4, 5]);
    for (const name of cardCurveNames)
      expect(cardCurveOfAlgorithmId(cardCurves[name].algorithmId)).toBe(name);
    expect(cardCurveOfAlgorithmId(0)).toBeUndefined();
    expect(cardCurveOfAlgorithmId(6)).toBeUndefined();
  });

  it('have the facts of those that transactions are signed with', () => {
    expect(cardCurveNames.filter(isTransactionCurve)).toEqual(curveNames);
    for (const name of curveNames) {
      const { algorithmId, coseCurve, coseKeyType, signs } = curves[name];
      expect(cardCurves[name]).toMatchObject({ algorithmId, coseCurve, coseKeyType, signs });
    }
  });

  it('have five COSE curves that differ, brainpoolP256r1 the registered one', () => {
    expect(new Set(cardCurveNames.map((name) => cardCurves[name].coseCurve)).size).toBe(5);
    expect(cardCurves.brainpoolP256r1.coseCurve).toBe(256);
    expect(cardCurves.SM2.coseCurve).toBeLessThan(-65536);
  });
});

describe.each(cardCurveNames)('a public key on %s', (curve) => {
  it('of OpenSSL is read, and written so that OpenSSL reads the same key', () => {
    for (let i = 0; i < 10; i++) {
      const { point, spki } = opensslPair(curve);
      const key = parseCardPublicKey(curve, point);
      expect(key.bytes).toHaveLength(curve === 'Ed25519' ? 32 : 33);
      expect(parseCardPublicKey(curve, key.bytes)).toEqual(key);
      expect(toHex(uncompressedCardPublicKey(key))).toBe(toHex(point));
      expect(toHex(cardPublicKeyToSpki(key))).toBe(toHex(spki));
      const read = createPublicKey(cardPublicKeyToPem(key)).export({ format: 'der', type: 'spki' });
      expect(toHex(read)).toBe(toHex(spki));
    }
  });

  it('is read by the OpenSSL command line', async () => {
    const { point } = opensslPair(curve);
    const pem = cardPublicKeyToPem(parseCardPublicKey(curve, point));
    const text = await openssl(['pkey', '-pubin', '-in', 'key', '-noout', '-text'], { key: pem });
    expect(text).toContain(curve === 'Ed25519' ? 'ED25519' : `ASN1 OID: ${opensslNames[curve]}`);
    expect(text.replace(/[\s:]/g, '')).toContain(toHex(point));
  });

  it('is a COSE_Key with the facts of its curve', () => {
    const { point } = opensslPair(curve);
    const map = decodeCbor(encodeCbor(cardPublicKeyToCose(parseCardPublicKey(curve, point)))) as Map<
      number,
      unknown
    >;
    expect(map.get(1)).toBe(curve === 'Ed25519' ? 1 : 2);
    expect(map.get(-1)).toBe(cardCurves[curve].coseCurve);
    const x = curve === 'Ed25519' ? point : point.subarray(1, 33);
    expect(map.get(-2)).toEqual(new Uint8Array(x));
    expect(map.get(-3)).toBe(curve === 'Ed25519' ? undefined : (point[64] as number) % 2 === 1);
  });

  it('is refused from any bytes that are no point, with protocol/bad-key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.constantFrom(undefined, 2, 3, 4, 6), (bytes, form) => {
        const given = form === undefined ? bytes : Uint8Array.of(form, ...bytes);
        try {
          const key = parseCardPublicKey(curve, given);
          // What is read is one of the forms of the key that is given back.
          const forms = [key.bytes, uncompressedCardPublicKey(key)].map(toHex);
          expect(forms).toContain(toHex(given));
        } catch (error) {
          expect(error).toMatchObject({ code: 'protocol/bad-key', details: { curve } });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe.each(weierstrass)('a point on %s', (curve) => {
  const { point } = opensslPair(curve);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  const refused: readonly (readonly [title: string, bytes: Uint8Array])[] = [
    ['the point at infinity', Uint8Array.of(0)],
    ['infinity with zeros after it', new Uint8Array(65)],
    ['no bytes', new Uint8Array(0)],
    ['zeros for coordinates', concat(Uint8Array.of(4), new Uint8Array(64))],
    ['y of another point', concat(point.subarray(0, 64), Uint8Array.of((point[64] as number) ^ 1))],
    ['coordinates that changed places', concat(Uint8Array.of(4), y, x)],
    ['x that is p', fromHex(`04${hex32(primes[curve])}${toHex(y)}`)],
    ['y that is p', fromHex(`04${toHex(x)}${hex32(primes[curve])}`)],
    ['x of 2^256 - 1', fromHex(`02${'ff'.repeat(32)}`)],
    ['the hybrid form', concat(Uint8Array.of(6 + ((point[64] as number) & 1)), point.subarray(1))],
    ['coordinates without the byte in front', point.subarray(1)],
    ['a byte too many', concat(point, Uint8Array.of(0))],
    ['a byte too few', point.subarray(0, 64)],
  ];

  it.each(refused)('is refused: %s', (_, bytes) => {
    expect(() => parseCardPublicKey(curve, bytes)).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-key' }),
    );
  });

  it('is refused with coordinates that are raised by p', () => {
    // A small x, so that x + p still fits in 32 bytes on every curve.
    for (let small = 0n; small < 2000n; small++) {
      let key: Uint8Array;
      try {
        key = parseCardPublicKey(curve, fromHex(`02${hex32(small)}`)).bytes;
      } catch {
        continue;
      }
      expect(toHex(key)).toBe(`02${hex32(small)}`);
      expect(() => parseCardPublicKey(curve, fromHex(`02${hex32(small + primes[curve])}`))).toThrow();
      return;
    }
    expect.fail('no point with a small x');
  });
});

it.each(curveNames)('writes a key on %s as the functions for transaction keys do', (curve) => {
  const key = parsePublicKey(curve, opensslPair(curve).point);
  expect(parseCardPublicKey(curve, key.bytes)).toEqual(key);
  expect(cardPublicKeyToSpki(key)).toEqual(publicKeyToSpki(key));
  expect(cardPublicKeyToPem(key)).toBe(publicKeyToPem(key));
  expect(cardPublicKeyToCose(key)).toEqual(publicKeyToCose(key));
});

describe.each(ecdsa)('an ECDSA signature on %s', (curve) => {
  const order = independentOrders[curve];
  const made = (message: Uint8Array, hash: string) => {
    const { privateKey, point } = opensslPair(curve);
    const plain = nodeSign(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return { key: parseCardPublicKey(curve, point), signature: lowS(curve, new Uint8Array(plain)) };
  };

  it('of OpenSSL is verified with its hash, and with no other', () => {
    for (const [hash, name] of [
      ['SHA-256', 'sha256'],
      ['SHA-512', 'sha512'],
      ['SM3', 'sm3'],
    ] as const) {
      const message = new Uint8Array(randomBytes(99));
      const { key, signature } = made(message, name);
      for (const other of cardHashNames)
        expect(verifyCardSignature(key, message, signature, { hash: other }), other).toBe(other === hash);
      expect(verifyCardSignature(key, message, signature)).toBe(hash === 'SHA-256');
    }
  });

  it('is not verified with a bit of it changed', () => {
    const message = new Uint8Array(randomBytes(40));
    const { key, signature } = made(message, 'sha256');
    for (let bit = 0; bit < 512; bit += 37) {
      const flipped = signature.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verifyCardSignature(key, message, flipped)).toBe(false);
    }
  });

  it('is not verified with high s, nor with r or s 0, n or above', () => {
    const message = new Uint8Array(randomBytes(40));
    const { key, signature } = made(message, 'sha256');
    const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))];
    const verdict = (left: bigint, right: bigint): boolean =>
      verifyCardSignature(key, message, fromHex(hex32(left) + hex32(right)));
    expect(verdict(r, s)).toBe(true);
    expect(verdict(r, order - s)).toBe(false);
    for (const value of [0n, order, order + 1n, (1n << 256n) - 1n]) {
      expect(verdict(value, s)).toBe(false);
      expect(verdict(r, value)).toBe(false);
    }
  });

  it('is not verified in another length, nor with a key in another form', () => {
    const message = new Uint8Array(randomBytes(40));
    const { key, signature } = made(message, 'sha256');
    expect(verifyCardSignature(key, message, signature.subarray(1))).toBe(false);
    expect(verifyCardSignature(key, message, concat(signature, Uint8Array.of(0)))).toBe(false);
    for (const bytes of [
      uncompressedCardPublicKey(key),
      new Uint8Array(33),
      new Uint8Array(0),
      Uint8Array.of(5, ...key.bytes.subarray(1)),
    ])
      expect(verifyCardSignature({ curve, bytes }, message, signature)).toBe(false);
  });
});

describe('an SM2 signature', () => {
  const signed = async (message: Uint8Array, distid = '1234567812345678') => {
    const { privateKey, point } = opensslPair('SM2');
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const der = await openssl(['dgst', '-sm3', '-sign', 'key', '-sigopt', `distid:${distid}`, 'message'], {
      key,
      message,
    });
    const signature = plainSignature(new Uint8Array(Buffer.from(der, 'latin1')));
    return { key: parseCardPublicKey('SM2', point), signature };
  };

  it('of OpenSSL is verified', async () => {
    for (let i = 0; i < 8; i++) {
      const message = new Uint8Array(randomBytes(i * 31));
      const { key, signature } = await signed(message);
      expect(verifyCardSignature(key, message, signature)).toBe(true);
      expect(verifyCardSignature(key, concat(message, Uint8Array.of(0)), signature)).toBe(false);
    }
  });

  it('is not verified with another user id or another hash than SM3', async () => {
    const message = new Uint8Array(randomBytes(50));
    const { key, signature } = await signed(message, '1234567812345679');
    expect(verifyCardSignature(key, message, signature)).toBe(false);
    const usual = await signed(message);
    for (const hash of cardHashNames)
      expect(verifyCardSignature(usual.key, message, usual.signature, { hash })).toBe(hash === 'SM3');
  });
});

it('verifies an Ed25519 signature whatever hash is named, since it has its own', () => {
  const { privateKey, point } = opensslPair('Ed25519');
  const key = parseCardPublicKey('Ed25519', point);
  const message = new Uint8Array(randomBytes(77));
  const signature = new Uint8Array(nodeSign(null, message, privateKey));
  for (const hash of Object.keys(cardHashes) as (keyof typeof cardHashes)[])
    expect(verifyCardSignature(key, message, signature, { hash })).toBe(true);
  expect(verifyCardSignature(key, message.subarray(1), signature)).toBe(false);
});

it('gives the verdict on every signature at the edges of the rule', () => {
  expect(edgeCases.length).toBeGreaterThan(50);
  for (const { comment, curve, key, message, signature, valid } of edgeCases)
    expect(
      verifyCardSignature({ curve, bytes: fromHex(key) }, fromHex(message), fromHex(signature)),
      `${curve}: ${comment}`,
    ).toBe(valid);
});

it('never throws, whatever key and signature it is given', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...cardCurveNames),
      fc.uint8Array({ maxLength: 66 }),
      fc.uint8Array({ minLength: 60, maxLength: 66 }),
      (curve, bytes, signature) => {
        expect(verifyCardSignature({ curve, bytes }, new Uint8Array(3), signature)).toBe(false);
      },
    ),
  );
});
