// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attestation, decodeAttestation, encodeAttestation } from '../../protocol/attestation.ts';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { type CborValue, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { keyRoleNames } from '../../protocol/commands/blockchain-sim/key-role.ts';
import {
  type CardCurve,
  cardCurveNames,
  cardPublicKeyToCose,
  parseCardPublicKey,
} from '../../protocol/crypto/card-curve.ts';
import { cardPublicKeyFromCose } from '../../protocol/crypto/card-public-key-cose.ts';
import { ProtocolError } from '../../protocol/errors.ts';

/** Base points, compressed. Source: SEC 2 §2.4, RFC 8032 §5.1, GB/T 32918.5-2017, RFC 5639 §3.4. */
const points: Readonly<Record<CardCurve, string>> = {
  'P-256': '036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296',
  secp256k1: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  Ed25519: '5866666666666666666666666666666666666666666666666666666666666666',
  SM2: '0232c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7',
  brainpoolP256r1: '038bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262',
};
const keyOf = (curve: CardCurve) => parseCardPublicKey(curve, fromHex(points[curve]));

const attestation: Attestation = {
  challenge: fromHex('000102030405060708090a0b0c0d0e0f'),
  key: keyOf('P-256'),
  reference: 3,
  role: 'identity',
  usage: 0x03,
  policy: fromHex('800106'),
  origin: 'generated',
  signatures: 300n,
  log: { sequence: 70_000n, head: new Uint8Array(32).fill(0xaa) },
  applicationVersion: fromHex('0200'),
};

/** Written by hand after RFC 8949 §3 and §4.2.1, not by our encoder. */
const written = [
  'ab', // map of 11
  '01 50 000102030405060708090a0b0c0d0e0f', // 1: bytes(16)
  // 2: COSE_Key {1: 2 (EC2), -1: 1 (P-256), -2: x, -3: true}
  '02 a4 01 02 20 01 21 5820 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296 22 f5',
  '03 03', // 3: 3
  '04 01', // 4: identity
  '05 03', // 5: 3
  '06 43 800106', // 6: bytes(3)
  '07 01', // 7: generated
  '08 19012c', // 8: 300
  '09 1a00011170', // 9: 70000
  `0a 5820 ${'aa'.repeat(32)}`, // 10: bytes(32)
  '0b 42 0200', // 11: bytes(2)
].join(' ');

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('an attestation', () => {
  it('is a map of eleven entries as RFC 8949 writes it', () => {
    expect(toHex(encodeAttestation(attestation))).toBe(written.replaceAll(' ', ''));
    expect(decodeAttestation(fromHex(written))).toEqual(attestation);
  });

  it('has the path of a wallet key as its twelfth entry', () => {
    const wallet: Attestation = { ...attestation, role: 'wallet', path: [0x8000_002c, 0] };
    const bytes = `${written.replace('ab 01', 'ac 01').replace('04 01', '04 02')} 0c 82 1a8000002c 00`;
    expect(toHex(encodeAttestation(wallet))).toBe(bytes.replaceAll(' ', ''));
    expect(decodeAttestation(fromHex(bytes))).toEqual(wallet);
  });

  it('comes back whatever it says', () => {
    const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });
    const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
    const anything = fc
      .record({
        challenge: bytes(16, 64),
        key: fc.constantFrom(...cardCurveNames).map(keyOf),
        reference: fc.integer({ min: 1, max: 16 }),
        role: fc.constantFrom(...keyRoleNames),
        usage: fc.integer({ min: 0, max: 255 }),
        policy: bytes(0, 160),
        origin: fc.constantFrom('generated' as const, 'imported' as const),
        signatures: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        log: fc.record({ sequence: uint32.map(BigInt), head: bytes(32) }),
        applicationVersion: bytes(2),
        path: fc.option(fc.array(uint32, { minLength: 1, maxLength: 10 }), { nil: undefined }),
      })
      .map(({ path, ...rest }): Attestation => {
        return path !== undefined && rest.role === 'wallet' ? { ...rest, path } : rest;
      });
    fc.assert(
      fc.property(anything, (value) => {
        expect(decodeAttestation(encodeAttestation(value))).toEqual(value);
      }),
    );
  });

  it('is read from any bytes, or refused with its own error, and has one encoding', () => {
    const good = fromHex(written);
    const changed = fc
      .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, difference]) => good.map((byte, i) => (i === at ? byte ^ difference : byte)));
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          expect(toHex(encodeAttestation(decodeAttestation(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused with bytes behind it', () => {
    expect(() => decodeAttestation(concat(fromHex(written), Uint8Array.of(0)))).toThrowError(
      code('protocol/bad-cbor'),
    );
  });

  it.each<[string, number, CborValue]>([
    ['a challenge of 15 bytes', 1, new Uint8Array(15)],
    ['a challenge of 65 bytes', 1, new Uint8Array(65)],
    ['reference 0', 3, 0],
    ['reference 17', 3, 17],
    ['an unknown role', 4, 4],
    ['a role as text', 4, 'identity'],
    ['a usage of two bytes', 5, 256],
    ['a policy of 161 bytes', 6, new Uint8Array(161)],
    ['an unknown origin', 7, 3],
    ['a negative counter', 8, -1],
    ['a log sequence of 5 bytes', 9, 2 ** 32],
    ['a head of 31 bytes', 10, new Uint8Array(31)],
    ['a version of 3 bytes', 11, new Uint8Array(3)],
    ['a path of a key that is no wallet', 12, [0]],
    ['an unknown entry', 13, 0],
  ])('is refused with %s', (_title, label, value) => {
    const map = new Map(decodeCbor(fromHex(written)) as ReadonlyMap<number, CborValue>).set(label, value);
    expect(() => decodeAttestation(encodeCbor(map))).toThrowError(code('protocol/bad-cbor'));
  });

  it.each([[[]], [new Array<number>(11).fill(0)], [[2 ** 32]], [['0']]])(
    'is refused with the path %j of a wallet key',
    (path) => {
      const map = new Map(decodeCbor(fromHex(written)) as ReadonlyMap<number, CborValue>);
      map.set(4, 2).set(12, path as CborValue);
      expect(() => decodeAttestation(encodeCbor(map))).toThrowError(code('protocol/bad-cbor'));
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('is refused without entry %i', (label) => {
    const map = new Map(decodeCbor(fromHex(written)) as ReadonlyMap<number, CborValue>);
    map.delete(label);
    expect(() => decodeAttestation(encodeCbor(map))).toThrowError(code('protocol/bad-cbor'));
  });

  it('is not written with a value out of bounds', () => {
    expect(() => encodeAttestation({ ...attestation, reference: 0 })).toThrowError(code('protocol/bad-cbor'));
    expect(() => encodeAttestation({ ...attestation, path: [1] })).toThrowError(code('protocol/bad-cbor'));
  });
});

describe('a card key in COSE form', () => {
  it.each(cardCurveNames)('is read back: %s', (curve) => {
    const key = keyOf(curve);
    expect(cardPublicKeyFromCose(cardPublicKeyToCose(key))).toEqual(key);
  });

  it.each<[string, [number, CborValue][], string]>([
    ['of an unknown curve', [[-1, 2]], 'protocol/bad-key'],
    ['of an unknown key type', [[1, 3]], 'protocol/bad-key'],
    ['with y in full', [[-3, new Uint8Array(32)]], 'protocol/bad-key'],
    ['off the curve', [[-2, new Uint8Array(32).fill(0xff)]], 'protocol/bad-key'],
    ['with a short x', [[-2, new Uint8Array(31)]], 'protocol/bad-cbor'],
    ['with another member', [[3, -7]], 'protocol/bad-cbor'],
  ])('is refused %s', (_title, members, wanted) => {
    const map = new Map([...cardPublicKeyToCose(keyOf('P-256')), ...members]);
    expect(() => cardPublicKeyFromCose(map)).toThrowError(code(wanted));
  });

  it('is refused when it is no map', () => {
    expect(() => cardPublicKeyFromCose(undefined)).toThrowError(code('protocol/bad-cbor'));
  });
});
