// SPDX-License-Identifier: Apache-2.0
import { createECDH, createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generateKeyPair, isPrivateKey, type KeyPair, sign } from '../../../applet-sim/runtime/crypto.ts';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { signatureFault } from '../../conformance/independent-signature.ts';
import { opensslVerdict } from '../support/openssl.ts';

type Vector = {
  readonly curve: Curve;
  readonly title: string;
  readonly secret: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
};
const { vectors } = JSON.parse(
  readFileSync(new URL('../../../fixtures/crypto/card-signatures.json', import.meta.url), 'utf8'),
) as { vectors: readonly Vector[] };

const curves: readonly Curve[] = ['P-256', 'secp256k1', 'Ed25519'];
/** Group orders. Source: SEC 2 v2 §2.4.2 and §2.4.1. */
const orders = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
} as const;
const opensslNames = { 'P-256': 'prime256v1', secp256k1: 'secp256k1' } as const;

const sha256 = (message: Uint8Array): Uint8Array => createHash('sha256').update(message).digest();
const signed = (key: KeyPair, message: Uint8Array): Uint8Array =>
  sign(key, key.curve === 'Ed25519' ? message : sha256(message));
const number = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** The signature with s replaced by n − s where that is smaller, by plain arithmetic. */
function lowS(curve: Curve, signature: string): string {
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
});

describe.each(curves)('a key of %s', (curve) => {
  it('signs what node:crypto verifies, whatever the message', () => {
    for (let i = 0; i < 20; i++) {
      const key = generateKeyPair(curve, (length) => randomBytes(length));
      const message = randomBytes(i * 7);
      expect(signatureFault(key, message, signed(key, message))).toBeUndefined();
    }
  });

  it('signs what the OpenSSL command line verifies', async () => {
    const key = generateKeyPair(curve, (length) => randomBytes(length));
    const message = randomBytes(100);
    const signature = signed(key, message);
    expect(await opensslVerdict(key, message, signature)).toMatch(/Verified/);
    const other = Uint8Array.from(message);
    other[0] = (other[0] as number) ^ 1;
    await expect(opensslVerdict(key, other, signature)).rejects.toThrow(/pkeyutl|dgst/);
  });

  it('leaves key and message as they were', () => {
    const key = generateKeyPair(curve, (length) => randomBytes(length));
    const message = new Uint8Array(32).fill(7);
    const before = toHex(key.secret);
    sign(key, message);
    expect(toHex(key.secret)).toBe(before);
    expect(message.every((byte) => byte === 7)).toBe(true);
  });

  it('knows private keys from other bytes', () => {
    expect(isPrivateKey(curve, generateKeyPair(curve, (length) => randomBytes(length)).secret)).toBe(true);
    expect(isPrivateKey(curve, new Uint8Array(31).fill(1))).toBe(false);
    if (curve === 'Ed25519') return;
    expect(isPrivateKey(curve, new Uint8Array(32))).toBe(false);
    expect(isPrivateKey(curve, fromHex(orders[curve].toString(16)))).toBe(false);
  });
});

describe.each(['P-256', 'secp256k1'] as const)('the pair that the card makes on %s', (curve) => {
  it('has the secret of FIPS 186-5 A.2.1 from 48 random bytes, and its public point', () => {
    for (const fill of [0x00, 0x01, 0x80, 0xff]) {
      const random = new Uint8Array(48).fill(fill);
      const expected = (number(random) % (orders[curve] - 1n)) + 1n;
      const { secret, point } = generateKeyPair(curve, (length) => {
        expect(length).toBe(48);
        return random.slice();
      });
      expect(number(secret)).toBe(expected);
      const ecdh = createECDH(opensslNames[curve]);
      ecdh.setPrivateKey(secret);
      expect(toHex(point)).toBe(ecdh.getPublicKey('hex', 'uncompressed'));
    }
  });

  it('wipes the random bytes that it was made of', () => {
    const random = new Uint8Array(48).fill(9);
    generateKeyPair(curve, () => random);
    expect(random.every((byte) => byte === 0)).toBe(true);
  });
});

it('makes the Ed25519 public key that OpenSSL makes of the same 32 bytes', () => {
  const { secret, point } = generateKeyPair('Ed25519', (length) => randomBytes(length));
  // PrivateKeyInfo around the seed. Source: RFC 8410 §7.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  const jwk = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({
    format: 'jwk',
  });
  expect(Buffer.from(point).toString('base64url')).toBe(jwk.x);
});
