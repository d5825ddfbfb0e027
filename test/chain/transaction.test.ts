// SPDX-License-Identifier: Apache-2.0
import { createHash, verify } from 'node:crypto';
import { COSEKey, Sign1 } from '@auth0/cose';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../protocol/bytes.ts';
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { decodeSign1, encodeSign1 } from '../../protocol/cose.ts';
import { curveNames } from '../../protocol/crypto/curve.ts';
import { parsePublicKey, publicKeyToCose, uncompressedPublicKey } from '../../protocol/crypto/public-key.ts';
import { type Signer, signSign1, TRANSACTION_TYPE } from '../../protocol/signer.ts';
import { parseChainId } from '../../src/chain/chain-id.ts';
import { createKeyCache } from '../../src/chain/crypto/key-cache.ts';
import { keyObjectOf } from '../../src/chain/crypto/key-object.ts';
import { nodeSha256 } from '../../src/chain/crypto/node-sha256.ts';
import { ChainError } from '../../src/chain/errors.ts';
import {
  decodeTransaction,
  formatTxHash,
  hashOf,
  MAX_TRANSACTION_LENGTH,
  signTransaction,
  type TransactionFields,
  transactionPayload,
} from '../../src/chain/transaction.ts';
import { accountOf, CHAIN_ID, payment, testSigner } from '../support/chain.ts';
import { readFixture } from '../support/fixture.ts';

const alice = testSigner('alice');
const fields: TransactionFields = {
  chainId: CHAIN_ID,
  lane: 3,
  sequence: 7n,
  expiry: 99n,
  messages: [payment(accountOf(testSigner('bob')), 5n)],
};
const badTransaction = expect.objectContaining({ code: 'chain/bad-transaction' });

type Vectors = {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly address: string;
  readonly chainId: string;
  readonly transactions: readonly {
    readonly comment: string;
    readonly lane: number;
    readonly sequence: string;
    readonly expiry: string;
    readonly messages: readonly (readonly [name: string, body: string])[];
    readonly hash: string;
    readonly transaction: string;
  }[];
};
const vectors = readFixture<Vectors>('chain/transactions.json');

describe.each(vectors.transactions)('a transaction of another program: $comment', (vector) => {
  const secret = fromHex(vectors.privateKey);
  const signer: Signer = {
    publicKey: parsePublicKey('Ed25519', fromHex(vectors.publicKey)),
    sign: async (message) => ed25519.sign(message, secret),
  };

  it('reads', () => {
    const read = decodeTransaction(fromHex(vector.transaction));
    expect(read.chainId).toBe(vectors.chainId);
    expect(read.lane).toBe(vector.lane);
    expect(read.sequence).toBe(BigInt(vector.sequence));
    expect(read.expiry).toBe(BigInt(vector.expiry));
    expect(read.messages.map(({ name, body }) => [name, toHex(encodeCbor(body))])).toEqual(vector.messages);
    expect(formatTxHash(read.hash)).toBe(vector.hash);
    expect(toHex(read.sender)).toBe(vectors.address);
  });

  it('is ours byte for byte', async () => {
    const own: TransactionFields = {
      chainId: parseChainId(vectors.chainId),
      lane: vector.lane,
      sequence: BigInt(vector.sequence),
      expiry: BigInt(vector.expiry),
      messages: vector.messages.map(([name, body]) => ({ name, body: decodeCbor(fromHex(body)) as CborMap })),
    };
    expect(toHex(await signTransaction(signer, own))).toBe(vector.transaction);
    expect(formatTxHash(hashOf(signer.publicKey, transactionPayload(signer.publicKey, own)))).toBe(
      vector.hash,
    );
  });
});

/** The Sig_structure of RFC 9052 §4.4 with lengths written by hand. */
function sigStructure(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  const length = payload.length;
  const head =
    length < 24 ? [0x40 | length] : length < 256 ? [0x58, length] : [0x59, length >> 8, length & 255];
  return concat(
    fromHex('846a5369676e617475726531'),
    Uint8Array.of(0x40 | protectedHeader.length),
    protectedHeader,
    fromHex('40'),
    Uint8Array.from(head),
    payload,
  );
}

describe.each(curveNames)('a transaction signed on %s', (curve) => {
  const signer = testSigner('alice', curve);

  it('reads back with all that was signed', async () => {
    const read = decodeTransaction(await signTransaction(signer, fields));
    expect(read).toMatchObject({ chainId: CHAIN_ID, lane: 3, sequence: 7n, expiry: 99n });
    expect(read.messages).toEqual(fields.messages.map(({ name, body }) => ({ name, body: plain(body) })));
    expect(read.signer).toEqual(signer.publicKey);
    expect(read.sender).toEqual(accountOf(signer));
  });

  it('verifies with OpenSSL over a Sig_structure built by hand', async () => {
    const bytes = await signTransaction(signer, fields);
    const algorithm = { 'P-256': '26', secp256k1: '382e', Ed25519: '27' }[curve];
    // {1: alg, 16: "bsim-tx+cbor"}
    const header = fromHex(`a201${algorithm}106c${toHex(new TextEncoder().encode('bsim-tx+cbor'))}`);
    const { payload, signature } = decodeSign1(bytes, TRANSACTION_TYPE);
    const signed = sigStructure(header, payload);
    const digest = curve === 'Ed25519' ? undefined : 'sha256';
    const key = { key: keyObjectOf(signer.publicKey), dsaEncoding: 'ieee-p1363' } as const;
    expect(verify(digest, signed, key, signature)).toBe(true);
    const { hash } = decodeTransaction(bytes);
    expect(formatTxHash(hash)).toBe(createHash('sha256').update(signed).digest('hex'));
  });

  it('reads the same through the key cache, the first time and later', async () => {
    const bytes = await signTransaction(signer, fields);
    const options = { readKey: createKeyCache().readKey, sha256: nodeSha256 };
    const portable = decodeTransaction(bytes);
    for (let i = 0; i < 2; i++) {
      const { hash, ...read } = decodeTransaction(bytes, options);
      expect(toHex(hash)).toBe(toHex(portable.hash));
      expect({ ...read, hash: portable.hash }).toEqual(portable);
    }
  });
});

// The package has no secp256k1; OpenSSL stands in for it above.
describe.each(['P-256', 'Ed25519'] as const)('a transaction signed on %s', (curve) => {
  it('verifies with an independent COSE implementation, @auth0/cose', async () => {
    const signer = testSigner('alice', curve);
    const bytes = await signTransaction(signer, fields);
    const point = uncompressedPublicKey(signer.publicKey);
    const text = (part: Uint8Array) => Buffer.from(part).toString('base64url');
    const jwk =
      curve === 'Ed25519'
        ? { kty: 'OKP', crv: curve, x: text(point) }
        : { kty: 'EC', crv: curve, x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
    const key = await COSEKey.fromJWK(jwk).toKeyLike();
    await expect(Sign1.decode(bytes).verify(key)).resolves.toBeUndefined();
    const changed = Uint8Array.from(bytes);
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    await expect(Sign1.decode(changed).verify(key)).rejects.toThrow();
  });
});

const plain = (body: CborMap): CborMap => decodeCbor(encodeCbor(body)) as CborMap;

/** The transaction with another payload, signed all the same. */
const withPayload = (payload: CborValue, signer = alice): Promise<Uint8Array> =>
  signSign1(signer, TRANSACTION_TYPE, encodeCbor(payload));

const payloadMap = (): Map<number | string, CborValue> =>
  new Map(decodeCbor(transactionPayload(alice.publicKey, fields)) as CborMap);

describe('reading a transaction', () => {
  it.each<[string, (map: Map<number | string, CborValue>) => unknown]>([
    ['without its chain id', (map) => map.delete(1)],
    ['without messages', (map) => map.delete(6)],
    ['with an unknown key', (map) => map.set(7, 0)],
    ['with a text key', (map) => map.set('memo', 'x')],
    ['with a chain id of another alphabet', (map) => map.set(1, 'Chain')],
    ['with an empty list of messages', (map) => map.set(6, [])],
    [
      'with 17 messages',
      (map) =>
        map.set(
          6,
          Array.from({ length: 17 }, () => ['a/b', new Map()]),
        ),
    ],
    ['with a message that is no array', (map) => map.set(6, [new Map()])],
    ['with a message of three parts', (map) => map.set(6, [['a/b', new Map(), 1]])],
    ['with a message without a body', (map) => map.set(6, [['a/b']])],
    ['with a message whose name is bytes', (map) => map.set(6, [[new Uint8Array(3), new Map()]])],
    ['with lane 2^32', (map) => map.set(3, 0x1_0000_0000)],
    ['with a negative lane', (map) => map.set(3, -1)],
    ['with a negative sequence', (map) => map.set(4, -1)],
    ['with a sequence in text', (map) => map.set(4, '0')],
    ['with a negative expiry', (map) => map.set(5, -1)],
    ['with a key that is no map', (map) => map.set(2, new Uint8Array(33))],
    ['with a key of another type', (map) => map.set(2, new Map([[1, 4]]))],
    [
      'with a key whose y is in full',
      (map) => map.set(2, new Map(map.get(2) as CborMap).set(-3, new Uint8Array(32))),
    ],
    [
      'with a key that is not on the curve',
      (map) => map.set(2, new Map(map.get(2) as CborMap).set(-2, new Uint8Array(32).fill(0xff))),
    ],
    [
      'with a key id beside the key',
      (map) => map.set(2, new Map(map.get(2) as CborMap).set(2, new Uint8Array(4))),
    ],
  ])('refuses one %s', async (_what, change) => {
    const map = payloadMap();
    change(map);
    const bytes = await withPayload(map);
    expect(() => decodeTransaction(bytes)).toThrow(badTransaction);
    const { readKey } = createKeyCache();
    decodeTransaction(await signTransaction(alice, fields), { readKey });
    expect(() => decodeTransaction(bytes, { readKey })).toThrow(badTransaction);
  });

  it('refuses a payload that is not a map', async () => {
    const bytes = await withPayload([1, 2, 3]);
    expect(() => decodeTransaction(bytes)).toThrow(badTransaction);
  });

  it('refuses an algorithm that does not belong to the curve of the key', async () => {
    const map = payloadMap().set(2, publicKeyToCose(testSigner('alice', 'Ed25519').publicKey));
    const bytes = await withPayload(map, alice);
    expect(() => decodeTransaction(bytes)).toThrow(badTransaction);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['a tag in the longer form', (bytes) => concat(fromHex('d812'), bytes.subarray(1))],
    ['no tag', (bytes) => bytes.subarray(1)],
    ['another tag', (bytes) => concat(fromHex('d1'), bytes.subarray(1))],
    ['a byte at the end', (bytes) => concat(bytes, Uint8Array.of(0))],
    ['an array of indefinite length', (bytes) => concat(fromHex('d29f'), bytes.subarray(2), fromHex('ff'))],
    [
      'an unprotected header with a key id',
      (bytes) => {
        const { payload, signature } = decodeSign1(bytes, TRANSACTION_TYPE);
        const header = fromHex(`a20126106c${toHex(new TextEncoder().encode(TRANSACTION_TYPE))}`);
        return concat(
          Uint8Array.of(0xd2),
          encodeCbor([header, new Map([[4, new Uint8Array(1)]]), payload, signature]),
        );
      },
    ],
    [
      'a signature of 63 bytes',
      (bytes) => {
        const message = decodeSign1(bytes, TRANSACTION_TYPE);
        return encodeSign1({ ...message, signature: message.signature.subarray(1) });
      },
    ],
    [
      'the type of a header',
      (bytes) => encodeSign1({ ...decodeSign1(bytes, TRANSACTION_TYPE), type: 'bsim-header+cbor' }),
    ],
    [
      'a payload with its length in the longer form',
      (bytes) => {
        const { payload, signature } = decodeSign1(bytes, TRANSACTION_TYPE);
        const header = fromHex(`a20126106c${toHex(new TextEncoder().encode(TRANSACTION_TYPE))}`);
        const length = new Uint8Array(4);
        new DataView(length.buffer).setUint32(0, payload.length);
        return concat(
          fromHex('d284'),
          encodeCbor(header),
          fromHex('a0'),
          fromHex('5a'),
          length,
          payload,
          encodeCbor(signature),
        );
      },
    ],
  ])('refuses %s', async (_what, change) => {
    const bytes = change(await signTransaction(alice, fields));
    expect(() => decodeTransaction(bytes)).toThrow(badTransaction);
  });

  it('refuses keys of the payload out of order, twice, or in a longer form', () => {
    const payload = transactionPayload(alice.publicKey, { ...fields, lane: 3 });
    // 03 03 is the lane; 04 07 the sequence.
    const at = toHex(payload).indexOf('03030407');
    const signed = (hex: string) =>
      encodeSign1({
        curve: 'P-256',
        type: TRANSACTION_TYPE,
        payload: fromHex(hex),
        signature: new Uint8Array(64).fill(1),
      });
    const text = toHex(payload);
    const replace = (by: string) => text.slice(0, at) + by + text.slice(at + 8);
    expect(decodeTransaction(signed(replace('03030407'))).lane).toBe(3);
    for (const by of ['04070303', '03030303', '0318030407', '0303041807', '03fb40080000000000000407'])
      expect(() => decodeTransaction(signed(replace(by)))).toThrow(badTransaction);
  });

  it('takes one of 65,536 bytes and refuses one more', async () => {
    const sized = (length: number) =>
      signTransaction(alice, {
        ...fields,
        messages: [{ name: 'a/b', body: new Map([[1, new Uint8Array(length)]]) }],
      });
    const overhead = (await sized(60_000)).length - 60_000;
    const largest = await sized(MAX_TRANSACTION_LENGTH - overhead);
    expect(largest.length).toBe(MAX_TRANSACTION_LENGTH);
    expect(decodeTransaction(largest).messages.length).toBe(1);
    const larger = await sized(MAX_TRANSACTION_LENGTH - overhead + 1);
    expect(() => decodeTransaction(larger)).toThrow(
      expect.objectContaining({ code: 'chain/transaction-too-large' }),
    );
  });

  it('raises only its typed errors on bytes that are nearly or not at all a transaction', async () => {
    const good = await signTransaction(alice, fields);
    const { readKey } = createKeyCache();
    const readOrRefuse = (bytes: Uint8Array): void => {
      try {
        decodeTransaction(bytes, { readKey });
      } catch (error) {
        expect(error).toBeInstanceOf(ChainError);
      }
    };
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.nat(255),
        fc.nat(3),
        fc.uint8Array({ maxLength: 90 }),
        (at, byte, cut, any) => {
          const changed = Uint8Array.from(good);
          changed[at] = byte;
          readOrRefuse(changed);
          readOrRefuse(changed.subarray(0, changed.length - cut));
          readOrRefuse(any);
          readOrRefuse(concat(Uint8Array.of(0xd2, 0x84), any));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('raises its typed error on arrays nested deeper than a stack holds', () => {
    const deep = new Uint8Array(60_000).fill(0x81);
    expect(() => decodeTransaction(concat(Uint8Array.of(0xd2), deep))).toThrow(badTransaction);
    const header = fromHex(`a20126106c${toHex(new TextEncoder().encode(TRANSACTION_TYPE))}`);
    const bytes = concat(Uint8Array.of(0xd2), encodeCbor([header, new Map(), deep, new Uint8Array(64)]));
    expect(() => decodeTransaction(bytes)).toThrow(badTransaction);
  });
});

describe('the hash of a transaction', () => {
  it('is the same whatever the signature, and another for any other content', async () => {
    const one = decodeTransaction(await signTransaction(alice, fields));
    const payload = transactionPayload(alice.publicKey, fields);
    const other = encodeSign1({
      curve: 'P-256',
      type: TRANSACTION_TYPE,
      payload,
      signature: new Uint8Array(64).fill(9),
    });
    expect(decodeTransaction(other).hash).toEqual(one.hash);
    const next = decodeTransaction(await signTransaction(alice, { ...fields, sequence: 8n }));
    expect(next.hash).not.toEqual(one.hash);
  });
});
