// SPDX-License-Identifier: Apache-2.0
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import { Sign1 as IndependentSign1 } from '@auth0/cose';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { decodeSign1, encodeSign1, toBeSigned, toBeSignedHash } from '../../protocol/cose.ts';
import { type Curve, curveNames } from '../../protocol/crypto/curve.ts';
import { parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { verifySignature } from '../../protocol/crypto/verify.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { type Signer, signSign1 } from '../../protocol/signer.ts';
import { readFixture } from '../support/fixture.ts';

const vectors = readFixture<{
  readonly published: readonly {
    readonly title: string;
    readonly key: { readonly x: string; readonly y: string };
    readonly protected: string;
    readonly payload: string;
    readonly toBeSigned: string;
    readonly signature: string;
    readonly message: string;
  }[];
  readonly profile: {
    readonly cases: readonly {
      readonly curve: Curve;
      readonly toBeSigned: string;
      readonly message: string;
    }[];
  };
  readonly refused: readonly { readonly title: string; readonly hex: string }[];
}>('protocol/cose.json');

const payload = fromHex('010203');
const keyKinds = { 'P-256': 'prime256v1', secp256k1: 'secp256k1' } as const;

/** A signer whose key and arithmetic are OpenSSL's, through node:crypto. */
function opensslSigner(curve: Curve): { readonly signer: Signer; readonly key: KeyObject } {
  const { privateKey, publicKey } =
    curve === 'Ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: keyKinds[curve] });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  const bytes = curve === 'Ed25519' ? point[0] : Buffer.concat([Buffer.from([4]), ...point]);
  return {
    key: publicKey,
    signer: {
      publicKey: parsePublicKey(curve, Uint8Array.from(bytes ?? [])),
      async sign(message) {
        if (curve === 'Ed25519') return new Uint8Array(nodeSign(null, message, privateKey));
        // OpenSSL does not care for low s: try until it comes out low, which is every second time.
        for (;;) {
          const options = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
          const signature = new Uint8Array(nodeSign('sha256', message, options));
          if (((signature[32] ?? 0) & 0x80) === 0 && verifySignature(this.publicKey, message, signature))
            return signature;
        }
      },
    },
  };
}

describe('a published COSE_Sign1', () => {
  describe.each(vectors.published)('$title', (vector) => {
    const key = parsePublicKey('P-256', fromHex(`04${vector.key.x}${vector.key.y}`));

    it('has the Sig_structure that our CBOR writes', () => {
      const structure = ['Signature1', fromHex(vector.protected), new Uint8Array(0), fromHex(vector.payload)];
      expect(toHex(encodeCbor(structure))).toBe(vector.toBeSigned);
    });

    it('has a signature that verifies over that structure', () => {
      const verdict = verifySignature(key, fromHex(vector.toBeSigned), fromHex(vector.signature));
      expect(verdict).toBe(true);
    });

    it('is outside of our profile, which has a typ and no unprotected header', () => {
      expect(() => decodeSign1(fromHex(vector.message), 'tx')).toThrowError(ProtocolError);
    });
  });
});

describe('a COSE_Sign1 of our profile', () => {
  describe.each(vectors.profile.cases)('with a key on $curve', (vector) => {
    const { curve } = vector;
    const message = { curve, type: 'tx', payload, signature: new Uint8Array(64).fill(0xa5) };

    it('has the Sig_structure of RFC 9052', () => {
      expect(toHex(toBeSigned(curve, 'tx', payload))).toBe(vector.toBeSigned);
    });

    it('is named by the SHA-256 of that structure', () => {
      const expected = createHash('sha256').update(fromHex(vector.toBeSigned)).digest('hex');
      expect(toHex(toBeSignedHash(curve, 'tx', payload))).toBe(expected);
    });

    it('is written and read', () => {
      expect(toHex(encodeSign1(message))).toBe(vector.message);
      expect(decodeSign1(fromHex(vector.message), 'tx')).toEqual(message);
    });
  });

  it.each(curveNames)('made by a signer verifies with node:crypto: %s', async (curve) => {
    const { signer, key } = opensslSigner(curve);
    const { signature } = decodeSign1(await signSign1(signer, 'tx', payload), 'tx');
    const bytes = fromHex(vectors.profile.cases.find((each) => each.curve === curve)?.toBeSigned ?? '');
    const verdict =
      curve === 'Ed25519'
        ? nodeVerify(null, bytes, key, signature)
        : nodeVerify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
    expect(verdict).toBe(true);
  });

  // The independent implementation has no ES256K.
  it.each(['P-256', 'Ed25519'] as const)(
    'made here is read and verified by @auth0/cose: %s',
    async (curve) => {
      const { signer, key } = opensslSigner(curve);
      const bytes = await signSign1(signer, 'application/x', payload);
      const read = IndependentSign1.decode(bytes);
      await read.verify(key);
      expect(toHex(read.payload)).toBe(toHex(payload));
      const headers = decodeCbor(encodeCbor(new Map(read.protectedHeaders as never)));
      expect(headers).toEqual(
        new Map<number, unknown>([
          [1, curve === 'P-256' ? -7 : -8],
          [16, 'application/x'],
        ]),
      );

      const changed = bytes.slice();
      changed[changed.length - 67] = (changed[changed.length - 67] ?? 0) ^ 1;
      await expect(IndependentSign1.decode(changed).verify(key)).rejects.toThrow();
    },
  );

  it.each(['P-256', 'Ed25519'] as const)(
    'made by @auth0/cose is read and verified here: %s',
    async (curve) => {
      const { privateKey, publicKey } =
        curve === 'Ed25519'
          ? generateKeyPairSync('ed25519')
          : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const headers = new Map<number, unknown>([
        [1, curve === 'P-256' ? -7 : -8],
        [16, 'tx'],
      ]);
      const made = await IndependentSign1.sign(headers as never, undefined, payload, privateKey as never);
      const message = decodeSign1(new Uint8Array(made.encode()), 'tx');
      expect({ ...message, signature: message.signature.length }).toEqual({
        curve,
        type: 'tx',
        payload,
        signature: 64,
      });
      const der = publicKey.export({ format: 'der', type: 'spki' });
      const key = parsePublicKey(curve, Uint8Array.from(der.subarray(curve === 'P-256' ? -65 : -32)));
      const structure = toBeSigned(curve, 'tx', payload);
      // It signs with a high s half of the time, which we refuse; the mirrored s is as good a signature.
      const verdict = verifySignature(key, structure, lowS(curve, message.signature));
      expect(verdict).toBe(true);
    },
  );

  it.each(vectors.refused)('is refused with $title', ({ hex }) => {
    const codes = ['protocol/bad-cose', 'protocol/bad-cbor'];
    expect(() => decodeSign1(fromHex(hex), 'tx')).toThrowError(
      expect.objectContaining({ code: expect.toBeOneOf(codes) }),
    );
  });

  it('is refused where another type is expected', () => {
    const bytes = fromHex(vectors.profile.cases[0]?.message ?? '');
    expect(() => decodeSign1(bytes, 'header')).toThrowError('found typ tx, expected header');
  });

  it('is the only encoding of its content: one changed byte is refused or is other content', () => {
    const good = fromHex(vectors.profile.cases[0]?.message ?? '');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bytes = good.slice();
        bytes[at] = (bytes[at] ?? 0) ^ difference;
        try {
          const message = decodeSign1(bytes, 'tx');
          expect(toHex(encodeSign1(message))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is read from any bytes behind the tag, or refused with its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
        try {
          decodeSign1(concat(fromHex('d2'), tail), 'tx');
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

function lowS(curve: Curve, signature: Uint8Array): Uint8Array {
  if (curve !== 'P-256') return signature;
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = BigInt(`0x${toHex(signature.subarray(32))}`);
  const low = s > order / 2n ? order - s : s;
  return concat(signature.subarray(0, 32), fromHex(low.toString(16).padStart(64, '0')));
}
