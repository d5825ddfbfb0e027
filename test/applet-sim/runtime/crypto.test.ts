// SPDX-License-Identifier: Apache-2.0
import { createECDH, createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  generateKeyPair,
  isPrivateKey,
  type KeyPair,
  publicPointOf,
  type Random,
  sign,
  smPrefix,
} from '../../../applet-sim/runtime/crypto.ts';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import {
  cardCurveNames,
  cardCurves,
  parseCardPublicKey,
  verifyCardSignature,
} from '../../../protocol/crypto/card-curve.ts';
import { type CardHash, cardHash } from '../../../protocol/crypto/card-hash.ts';
import { sponge256 } from '../../conformance/independent-keccak.ts';
import {
  opensslNames,
  independentOrders as orders,
  signatureFault,
} from '../../conformance/independent-signature.ts';
import { opensslDigestVerdict, opensslVerdict } from '../support/openssl.ts';

type Vector = {
  readonly curve: 'P-256' | 'secp256k1' | 'Ed25519';
  readonly title: string;
  readonly secret: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
};
const { vectors } = JSON.parse(
  readFileSync(new URL('../../../fixtures/crypto/card-signatures.json', import.meta.url), 'utf8'),
) as { vectors: readonly Vector[] };

const weierstrass = ['P-256', 'secp256k1', 'SM2', 'brainpoolP256r1'] as const;
const ecdsa = ['P-256', 'secp256k1', 'brainpoolP256r1'] as const;

const random: Random = (length) => new Uint8Array(randomBytes(length));
const never: Random = () => {
  throw new RangeError('no random bytes are needed here');
};
/** Signs a message as a card does: over its hash, with ZA in front on SM2. */
function signed(key: KeyPair, message: Uint8Array, hash: CardHash = cardCurves[key.curve].hash): Uint8Array {
  if (key.curve === 'Ed25519') return sign(key, message, never);
  if (key.curve === 'SM2') return sign(key, cardHash('SM3', concat(smPrefix(key.point), message)), random);
  return sign(key, cardHash(hash, message), never);
}
const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** The signature with s replaced by n − s where that is smaller, by plain arithmetic. */
function lowS(curve: Vector['curve'], signature: string): string {
  if (curve === 'Ed25519') return signature;
  const s = BigInt(`0x${signature.slice(64)}`);
  const low = s > orders[curve] >> 1n ? orders[curve] - s : s;
  return signature.slice(0, 64) + low.toString(16).padStart(64, '0');
}

describe.each(vectors)('$title', ({ curve, secret, publicKey, message, signature }) => {
  const prefix = curve === 'Ed25519' ? '' : '04';
  const key: KeyPair = { curve, secret: fromHex(secret), point: fromHex(prefix + publicKey) };

  it('is what the card signs', () => {
    expect(toHex(signed(key, fromHex(message)))).toBe(lowS(curve, signature));
  });

  it('has the public key of its secret', () => {
    expect(toHex(publicPointOf(curve, key.secret))).toBe(prefix + publicKey);
  });
});

describe.each(cardCurveNames)('a key of %s', (curve) => {
  it('signs what OpenSSL verifies and what verifyCardSignature does, whatever the message', () => {
    for (let i = 0; i < 20; i++) {
      const key = generateKeyPair(curve, random);
      const message = random(i * 7);
      const signature = signed(key, message);
      expect(signatureFault(key, message, signature)).toBeUndefined();
      expect(verifyCardSignature(parseCardPublicKey(curve, key.point), message, signature)).toBe(true);
    }
  });

  it('signs what the OpenSSL command line verifies', async () => {
    const key = generateKeyPair(curve, random);
    const message = random(100);
    const signature = signed(key, message);
    expect(await opensslVerdict(key, message, signature)).toMatch(/Verified/);
    const other = Uint8Array.from(message);
    other[0] = (other[0] as number) ^ 1;
    await expect(opensslVerdict(key, other, signature)).rejects.toThrow(/pkeyutl|dgst/);
  });

  it('leaves key and message as they were', () => {
    const key = generateKeyPair(curve, random);
    const message = new Uint8Array(32).fill(7);
    const before = toHex(key.secret);
    sign(key, message, random);
    expect(toHex(key.secret)).toBe(before);
    expect(message.every((byte) => byte === 7)).toBe(true);
  });

  it('knows private keys from other bytes', () => {
    expect(isPrivateKey(curve, generateKeyPair(curve, random).secret)).toBe(true);
    expect(isPrivateKey(curve, new Uint8Array(31).fill(1))).toBe(false);
    expect(isPrivateKey(curve, new Uint8Array(33).fill(1))).toBe(false);
    expect(isPrivateKey(curve, new Uint8Array(0))).toBe(false);
    if (curve === 'Ed25519') return;
    const greatest = orders[curve] - (curve === 'SM2' ? 2n : 1n);
    const of = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));
    expect(
      [0n, 1n, greatest, greatest + 1n, orders[curve]].map((value) => isPrivateKey(curve, of(value))),
    ).toEqual([false, true, true, false, false]);
  });
});

describe.each(ecdsa)('an ECDSA key of %s', (curve) => {
  it.each(['SHA-256', 'SHA-512', 'SM3'] as const)('signs a digest by %s for OpenSSL', (hash) => {
    const name = { 'SHA-256': 'sha256', 'SHA-512': 'sha512', SM3: 'sm3' } as const;
    for (let i = 0; i < 8; i++) {
      const key = generateKeyPair(curve, random);
      const message = random(i * 11);
      expect(signatureFault(key, message, signed(key, message, hash), name[hash])).toBeUndefined();
    }
  });

  it('signs a digest by Keccak-256 that OpenSSL verifies as a digest', async () => {
    const key = generateKeyPair(curve, random);
    const message = random(200);
    const signature = signed(key, message, 'Keccak-256');
    expect(await opensslDigestVerdict(key, sponge256(message, 0x01), signature)).toMatch(/Verified/);
    await expect(opensslDigestVerdict(key, sponge256(message, 0x06), signature)).rejects.toThrow(/pkeyutl/);
  });

  it('signs the leftmost 256 bits of a longer digest', () => {
    const key = generateKeyPair(curve, random);
    const digest = random(64);
    expect(toHex(sign(key, digest, never))).toBe(toHex(sign(key, digest.subarray(0, 32), never)));
  });

  it('signs digests of zeros, of ones, and of the order itself', async () => {
    const key = generateKeyPair(curve, random);
    for (const digest of [
      new Uint8Array(32),
      new Uint8Array(32).fill(0xff),
      fromHex(orders[curve].toString(16)),
    ])
      expect(await opensslDigestVerdict(key, digest, sign(key, digest, never))).toMatch(/Verified/);
  });
});

describe('an SM2 key', () => {
  const key = generateKeyPair('SM2', random);
  const e = cardHash('SM3', concat(smPrefix(key.point), fromHex('616263')));
  const r = (signature: Uint8Array): string => toHex(signature.subarray(0, 32));

  it('takes 32 fresh random bytes for a signature, and wipes them', () => {
    const given: Uint8Array[] = [];
    const first = sign(key, e, (length) => {
      expect(length).toBe(32);
      given.push(random(length));
      return given.at(-1) as Uint8Array;
    });
    expect(given).toHaveLength(1);
    expect(given[0]?.every((byte) => byte === 0)).toBe(true);
    expect(r(first)).not.toBe(r(sign(key, e, random)));
  });

  it('has another nonce for another digest even where the random bytes are stuck', () => {
    const stuck: Random = (length) => new Uint8Array(length);
    const other = cardHash('SM3', e);
    const x1 = (digest: Uint8Array): bigint => {
      const difference = (BigInt(`0x${r(sign(key, digest, stuck))}`) - number(digest)) % orders.SM2;
      return (difference + orders.SM2) % orders.SM2;
    };
    expect(x1(e)).not.toBe(x1(other));
    expect(toHex(sign(key, e, stuck))).toBe(toHex(sign(key, e, stuck)));
  });

  it('signs digests of zeros and of ones', async () => {
    for (const digest of [new Uint8Array(32), new Uint8Array(32).fill(0xff)])
      expect(await opensslDigestVerdict(key, digest, sign(key, digest, random))).toMatch(/Verified/);
  });
});

describe.each(weierstrass)('the pair that the card makes on %s', (curve) => {
  // The private key of SM2 goes to n-2 only. Source: GB/T 32918.1-2016 §6.1.
  const largest = orders[curve] - (curve === 'SM2' ? 2n : 1n);
  const bytesOf = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));
  /** A source that gives each of the values once, in that order. */
  const script = (
    ...values: readonly bigint[]
  ): { readonly random: Random; readonly drawn: Uint8Array[] } => {
    const drawn: Uint8Array[] = [];
    const random: Random = (length) => {
      expect(length).toBe(32);
      const next = values[drawn.length];
      if (next === undefined) throw new RangeError(`drawn ${drawn.length + 1} times`);
      drawn.push(bytesOf(next));
      return drawn.at(-1) as Uint8Array;
    };
    return { random, drawn };
  };

  it.each([0n, 1n, largest / 3n, largest - 2n, largest - 1n])(
    'has the secret of FIPS 186-5 A.2.2, one more than %s, and its public point',
    (candidate) => {
      const { secret, point } = generateKeyPair(curve, script(candidate).random);
      expect(secret).toHaveLength(32);
      expect(number(secret)).toBe(candidate + 1n);
      const ecdh = createECDH(opensslNames[curve]);
      ecdh.setPrivateKey(secret);
      expect(toHex(point)).toBe(ecdh.getPublicKey('hex', 'uncompressed'));
    },
  );

  it('is made of none of the random bytes that are too large, and wipes all of them', () => {
    const { random, drawn } = script(largest, 2n ** 256n - 1n, orders[curve], 6n, 8n);
    expect(number(generateKeyPair(curve, random).secret)).toBe(7n);
    expect(drawn.map(toHex)).toEqual(drawn.map(() => '00'.repeat(32)));
    expect(drawn).toHaveLength(4);
  });

  it('has the public point that OpenSSL finds, at both ends of the range', () => {
    for (const value of [1n, 2n, orders[curve] - 2n]) {
      const secret = fromHex(value.toString(16).padStart(64, '0'));
      const ecdh = createECDH(opensslNames[curve]);
      ecdh.setPrivateKey(secret);
      expect(toHex(publicPointOf(curve, secret))).toBe(ecdh.getPublicKey('hex', 'uncompressed'));
    }
  });
});

it('makes the Ed25519 public key that OpenSSL makes of the same 32 bytes', () => {
  const { secret, point } = generateKeyPair('Ed25519', random);
  // PrivateKeyInfo around the seed. Source: RFC 8410 §7.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const jwk = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  });
  expect(Buffer.from(point).toString('base64url')).toBe(jwk.x);
});

it('puts before an SM2 message what SM3 of user id, curve and key gives', () => {
  const { point } = generateKeyPair('SM2', random);
  // Curve parameters in the order a, b, x and y of the base point. Source: GB/T 32918.2-2016 §5.5, GB/T 32918.5-2017.
  const parameters = [
    'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc',
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93',
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7',
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  ].join('');
  const input = `0080${Buffer.from('1234567812345678').toString('hex')}${parameters}${toHex(point).slice(2)}`;
  expect(toHex(smPrefix(point))).toBe(createHash('sm3').update(input, 'hex').digest('hex'));
});
