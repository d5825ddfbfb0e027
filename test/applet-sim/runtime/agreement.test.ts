// SPDX-License-Identifier: Apache-2.0
import { createECDH, createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AgreementCurve,
  agree,
  generateKeyPair,
  publicPointOf,
  x963Kdf,
} from '../../../applet-sim/runtime/crypto.ts';
import { concat, fromHex, toHex } from '../../../protocol/bytes.ts';
import { independentOrders, opensslNames } from '../../conformance/independent-signature.ts';
import { readFixture } from '../../support/fixture.ts';
import { openssl } from '../support/openssl.ts';

const fixture = readFixture<{
  readonly agreement: {
    readonly vectors: readonly ({ readonly curve: AgreementCurve } & Readonly<
      Record<'source' | 'secret' | 'point' | 'peerSecret' | 'peerPoint' | 'shared', string>
    >)[];
  };
  readonly x963Kdf: {
    readonly vectors: readonly Readonly<Record<'shared' | 'sharedInfo' | 'key', string>>[];
  };
}>('crypto/card-curves.json');

const curves: readonly AgreementCurve[] = ['P-256', 'secp256k1', 'brainpoolP256r1'];
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const hex32 = (value: bigint): string => value.toString(16).padStart(64, '0');
const shared = (curve: AgreementCurve, secret: string, point: string): string =>
  toHex(agree(curve, fromHex(secret), fromHex(point)) ?? new Uint8Array());

describe.each(fixture.agreement.vectors)('the agreement of $source', (vector) => {
  it('gives both sides the published secret', () => {
    const { curve, secret, point, peerSecret, peerPoint } = vector;
    expect(toHex(publicPointOf(curve, fromHex(secret)))).toBe(point);
    expect(toHex(publicPointOf(curve, fromHex(peerSecret)))).toBe(peerPoint);
    expect(shared(curve, secret, peerPoint)).toBe(vector.shared);
    expect(shared(curve, peerSecret, point)).toBe(vector.shared);
  });
});

describe.each(curves)('an agreement on %s', (curve) => {
  it('gives the secret that OpenSSL finds', () => {
    for (let i = 0; i < 20; i++) {
      const key = generateKeyPair(curve, random);
      const peer = createECDH(opensslNames[curve]);
      const peerPoint = new Uint8Array(peer.generateKeys());
      const secret = agree(curve, key.secret, peerPoint);
      expect(secret).toHaveLength(32);
      expect(toHex(secret as Uint8Array)).toBe(toHex(peer.computeSecret(key.point)));
    }
  });

  it('gives the secret that OpenSSL finds with the least and the greatest key', () => {
    const peer = createECDH(opensslNames[curve]);
    const peerPoint = new Uint8Array(peer.generateKeys());
    for (const value of [1n, independentOrders[curve] - 1n]) {
      const secret = fromHex(hex32(value));
      // x of the peer's own point: the point itself, or the one mirrored.
      expect(agree(curve, secret, peerPoint)).toEqual(peerPoint.slice(1, 33));
      const other = createECDH(opensslNames[curve]);
      other.setPrivateKey(secret);
      expect(toHex(other.computeSecret(peerPoint))).toBe(toHex(peerPoint.subarray(1, 33)));
    }
  });

  it('keeps leading zeros of the secret', () => {
    const { secret } = generateKeyPair(curve, random);
    const ecdh = createECDH(opensslNames[curve]);
    ecdh.setPrivateKey(secret);
    for (let i = 1; i < 3000; i++) {
      const peer = createECDH(opensslNames[curve]);
      peer.setPrivateKey(fromHex(hex32(BigInt(i))));
      const peerPoint = new Uint8Array(peer.getPublicKey());
      const expected = toHex(ecdh.computeSecret(peerPoint));
      if (!expected.startsWith('00')) continue;
      expect(toHex(agree(curve, secret, peerPoint) as Uint8Array)).toBe(expected);
      return;
    }
    expect.fail('no secret with a leading zero among 3000');
  });

  it('leaves the keys as they were', () => {
    const [a, b] = [generateKeyPair(curve, random), generateKeyPair(curve, random)];
    const before = [a.secret, b.point].map(toHex);
    agree(curve, a.secret, b.point);
    expect([a.secret, b.point].map(toHex)).toEqual(before);
  });

  const { point } = generateKeyPair(curve, random);
  const changed = (at: number): Uint8Array => point.map((byte, i) => (i === at ? byte ^ 1 : byte));
  it.each([
    ['a point off the curve by y', changed(64)],
    ['a point off the curve by x', changed(32)],
    ['the point at infinity', Uint8Array.of(0)],
    ['zeros', new Uint8Array(65)],
    ['zeros after 04', concat(Uint8Array.of(4), new Uint8Array(64))],
    ['coordinates of ones, above p', concat(Uint8Array.of(4), new Uint8Array(64).fill(0xff))],
    ['a compressed point', concat(Uint8Array.of(2 + ((point[64] as number) & 1)), point.subarray(1, 33))],
    ['a hybrid point', concat(Uint8Array.of(6 + ((point[64] as number) & 1)), point.subarray(1))],
    ['another first byte', concat(Uint8Array.of(5), point.subarray(1))],
    ['a point with a byte more', concat(point, Uint8Array.of(0))],
    ['a point with a byte less', point.subarray(0, 64)],
    ['no bytes', new Uint8Array(0)],
  ])('gives nothing for %s', (_, peerPoint) => {
    expect(agree(curve, generateKeyPair(curve, random).secret, peerPoint)).toBeUndefined();
  });

  it('gives nothing for a point of another curve', () => {
    for (const other of [...curves, 'SM2' as const].filter((name) => name !== curve)) {
      const { point: foreign } = generateKeyPair(other, random);
      expect(agree(curve, generateKeyPair(curve, random).secret, foreign)).toBeUndefined();
    }
  });
});

describe('the key derivation of ANSI X9.63', () => {
  it.each(fixture.x963Kdf.vectors)('gives the key of NIST for $shared', ({ shared: z, sharedInfo, key }) => {
    expect(toHex(x963Kdf(fromHex(z), fromHex(sharedInfo), key.length / 2))).toBe(key);
  });

  it('gives the key of OpenSSL at lengths about a block', async () => {
    for (const length of [1, 31, 32, 33, 64, 65, 300]) {
      const [z, info] = [random(32), random(length % 7)];
      const args = [
        'kdf',
        '-keylen',
        `${length}`,
        '-kdfopt',
        'digest:SHA256',
        '-kdfopt',
        `hexkey:${toHex(z)}`,
      ];
      const withInfo = info.length > 0 ? ['-kdfopt', `hexinfo:${toHex(info)}`] : [];
      const text = await openssl([...args, ...withInfo, 'X963KDF']);
      expect(toHex(x963Kdf(z, info, length))).toBe(text.replaceAll(':', '').toLowerCase());
    }
  });

  it('begins with SHA-256 of secret, counter 1 and information, and leaves both as they were', () => {
    const [z, info] = [random(32), random(9)];
    const before = [z, info].map(toHex);
    const first = createHash('sha256').update(z).update('00000001', 'hex').update(info).digest('hex');
    expect(toHex(x963Kdf(z, info, 48)).startsWith(first)).toBe(true);
    expect([z, info].map(toHex)).toEqual(before);
    expect(x963Kdf(z, info, 0)).toHaveLength(0);
  });
});
