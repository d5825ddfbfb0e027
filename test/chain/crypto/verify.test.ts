// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex } from '../../../protocol/bytes.ts';
import { type Curve, curveNames } from '../../../protocol/crypto/curve.ts';
import { type PublicKey, parsePublicKey } from '../../../protocol/crypto/public-key.ts';
import { groupOrders, verifySignature } from '../../../protocol/crypto/verify.ts';
import { keyObjectOf } from '../../../src/chain/crypto/key-object.ts';
import { nodeVerifyAside, nodeVerifySignature } from '../../../src/chain/crypto/node-verify.ts';

type Vector = {
  readonly comment: string;
  readonly curve: Curve;
  readonly key: string;
  readonly message: string;
  readonly signature: string;
  readonly valid: boolean;
  readonly keyParses?: boolean;
};

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/crypto/${name}`, import.meta.url), 'utf8'));
const edgeCases = (read('edge-cases.json') as { readonly cases: readonly Vector[] }).cases;
const published = (
  read('published.json') as {
    readonly groups: readonly { readonly source: string; readonly cases: readonly Vector[] }[];
  }
).groups.flatMap(({ source, cases }) => cases.map((vector) => ({ ...vector, source })));

const backends = [
  ['portable code', verifySignature],
  ['node:crypto', nodeVerifySignature],
] as const;

describe.each(backends)('verifying with %s', (_name, verify) => {
  it.each(published)('gives the published verdict: $curve, $comment, $source', (vector) => {
    expect(
      verify(
        { curve: vector.curve, bytes: fromHex(vector.key) },
        fromHex(vector.message),
        fromHex(vector.signature),
      ),
    ).toBe(vector.valid);
  });

  it.each(edgeCases)('gives $valid: $curve, $comment', (vector) => {
    expect(
      verify(
        { curve: vector.curve, bytes: fromHex(vector.key) },
        fromHex(vector.message),
        fromHex(vector.signature),
      ),
    ).toBe(vector.valid);
  });
});

describe('verifying aside', () => {
  it('gives the same verdicts as at once, for every key that parses', async () => {
    const vectors = edgeCases.filter((vector) => vector.keyParses === true);
    expect(vectors.length).toBeGreaterThan(80);
    for (const vector of vectors) {
      const key = parsePublicKey(vector.curve, fromHex(vector.key));
      const verdict = await nodeVerifyAside(
        key,
        keyObjectOf(key),
        fromHex(vector.message),
        fromHex(vector.signature),
      );
      // A key that was not compressed is valid once it is parsed.
      const expected = vector.valid || vector.comment.startsWith('the key not compressed');
      expect([vector.curve, vector.comment, verdict]).toEqual([vector.curve, vector.comment, expected]);
    }
  });
});

describe('a public key', () => {
  it.each(edgeCases)('parses or not as it should: $curve, $comment', (vector) => {
    const parse = () => parsePublicKey(vector.curve, fromHex(vector.key));
    if (vector.keyParses === true) expect(parse).not.toThrow();
    else expect(parse).toThrow(expect.objectContaining({ code: 'protocol/bad-key' }));
  });
});

const order = groupOrders;

function signed(curve: Curve, message: Uint8Array): { key: PublicKey; signature: Uint8Array } {
  const { privateKey, publicKey } = keyPair(curve);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const coordinate = (text: string) => Uint8Array.from(Buffer.from(text, 'base64url'));
  if (curve === 'Ed25519')
    return {
      key: parsePublicKey(curve, coordinate(x)),
      signature: Uint8Array.from(sign(null, message, privateKey)),
    };
  const signature = Uint8Array.from(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  if (s > order[curve] / 2n) signature.set(fromHex((order[curve] - s).toString(16).padStart(64, '0')), 32);
  return { key: parsePublicKey(curve, concat(Uint8Array.of(4), coordinate(x), coordinate(y))), signature };
}

const keyPair = (curve: Curve): { privateKey: KeyObject; publicKey: KeyObject } =>
  curve === 'Ed25519'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('ec', { namedCurve: curve === 'P-256' ? 'prime256v1' : 'secp256k1' });

describe.each(curveNames)('signatures of OpenSSL on %s', (curve) => {
  it('are valid for both backends, and any change gives both the same verdict', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom('key', 'message', 'signature'),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (message, part, at, change) => {
          const { key, signature } = signed(curve, message);
          const parts = { key: key.bytes.slice(), message: message.slice(), signature: signature.slice() };
          for (const [, verify] of backends) expect(verify(key, message, signature)).toBe(true);
          const target = parts[part];
          if (target.length === 0) return;
          const place = at % target.length;
          target[place] = (target[place] as number) ^ change;
          const changed = { curve, bytes: parts.key };
          const verdict = verifySignature(changed, parts.message, parts.signature);
          expect(nodeVerifySignature(changed, parts.message, parts.signature)).toBe(verdict);
          expect(verdict).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('give both backends the same verdict for bytes that are anything', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 30, maxLength: 66 }),
        fc.uint8Array({ maxLength: 8 }),
        fc.oneof(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.uint8Array({ maxLength: 70 })),
        (bytes, message, signature) => {
          const key = { curve, bytes };
          expect(nodeVerifySignature(key, message, signature)).toBe(verifySignature(key, message, signature));
        },
      ),
      { numRuns: 200 },
    );
  });
});
