// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { decodeSign1 } from '../../protocol/cose.ts';
import { curveNames } from '../../protocol/crypto/curve.ts';
import { verifySignature } from '../../protocol/crypto/verify.ts';
import { signSign1 } from '../../protocol/signer.ts';
import { type BlockHeader, decodeSignedHeader, HEADER_TYPE, signHeader } from '../../src/chain/block.ts';
import { decodeReceipt, encodeReceipt } from '../../src/chain/receipt.ts';
import { CHAIN_ID, producer, testSigner } from '../support/chain.ts';
import { readFixture } from '../support/fixture.ts';

const header: BlockHeader = {
  chainId: CHAIN_ID,
  genesisHash: new Uint8Array(32).fill(1),
  height: 2n ** 40n,
  time: 1_790_000_000_001n,
  parent: new Uint8Array(32).fill(2),
  transactionCount: 3,
  transactionRoot: new Uint8Array(32).fill(3),
  receiptRoot: new Uint8Array(32).fill(4),
  stateRoot: new Uint8Array(32).fill(5),
};
const badHeader = expect.objectContaining({ code: 'chain/bad-header' });

describe('a signed header', () => {
  it.each(curveNames)('reads back with a signature of the producer on %s', async (curve) => {
    const signer = testSigner('producer', curve);
    const read = decodeSignedHeader(await signHeader(signer, header));
    expect(read.header).toEqual(header);
    expect(read.curve).toBe(curve);
    expect(verifySignature(signer.publicKey, read.signedBytes, read.signature)).toBe(true);
  });

  it('of another program has the hash that it computes', () => {
    const vector = readFixture<{ signedHeader: string; headerHash: string; genesisHash: string }>(
      'chain/headers.json',
    );
    const read = decodeSignedHeader(fromHex(vector.signedHeader));
    expect(toHex(read.hash)).toBe(vector.headerHash);
    expect(toHex(read.header.genesisHash)).toBe(vector.genesisHash);
    expect(read.header).toMatchObject({ height: 1n, transactionCount: 3 });
  });

  it.each<[string, (map: Map<number | string, CborValue>) => unknown]>([
    ['of another version', (map) => map.set(1, 2)],
    ['with an unknown key', (map) => map.set(11, 0)],
    ['without its state root', (map) => map.delete(10)],
    ['with a root of 31 bytes', (map) => map.set(8, new Uint8Array(31))],
    ['with a parent in text', (map) => map.set(6, 'x')],
    ['with a negative height', (map) => map.set(4, -1)],
    ['with 2^32 transactions', (map) => map.set(7, 2 ** 32)],
    ['with a chain id of another alphabet', (map) => map.set(2, 'A')],
  ])('is refused %s', async (_what, change) => {
    const { payload } = decodeSign1(await signHeader(producer, header), HEADER_TYPE);
    const map = new Map(decodeCbor(payload) as CborMap);
    change(map);
    const bytes = await signSign1(producer, HEADER_TYPE, encodeCbor(map));
    expect(() => decodeSignedHeader(bytes)).toThrow(badHeader);
  });

  it('is refused when it is a transaction', async () => {
    const { payload } = decodeSign1(await signHeader(producer, header), HEADER_TYPE);
    const bytes = await signSign1(producer, 'bsim-tx+cbor', payload);
    expect(() => decodeSignedHeader(bytes)).toThrow(badHeader);
  });

  it('raises only its typed error on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => decodeSignedHeader(bytes)).toThrow(badHeader);
      }),
    );
  });
});

describe('a receipt', () => {
  it('reads back from its bytes', () => {
    const receipt = {
      code: 'money/insufficient-funds',
      log: 'too little',
      events: [
        {
          module: 'money',
          type: 'transferred',
          attributes: new Map<string, CborValue>([
            ['amount', 5],
            ['to', new Uint8Array(32)],
          ]),
        },
      ],
    };
    expect(decodeReceipt(encodeReceipt(receipt))).toEqual(receipt);
  });

  it.each([
    [
      'an event that is no array',
      new Map<number, CborValue>([
        [1, 'ok'],
        [2, ''],
        [3, [1]],
      ]),
    ],
    [
      'an event without attributes',
      new Map<number, CborValue>([
        [1, 'ok'],
        [2, ''],
        [3, [['a', 'b']]],
      ]),
    ],
    [
      'attributes that are no map',
      new Map<number, CborValue>([
        [1, 'ok'],
        [2, ''],
        [3, [['a', 'b', 1]]],
      ]),
    ],
    [
      'a code that is no text',
      new Map<number, CborValue>([
        [1, 0],
        [2, ''],
        [3, []],
      ]),
    ],
    [
      'no log',
      new Map<number, CborValue>([
        [1, 'ok'],
        [3, []],
      ]),
    ],
  ])('is refused with %s', (_what, value) => {
    expect(() => decodeReceipt(encodeCbor(value))).toThrow(
      expect.objectContaining({ code: 'protocol/bad-cbor' }),
    );
  });
});
