// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { transactionReader } from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-reader.ts';
import { sigStructurePrefix } from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-steps.ts';
import { concat, fromHex, toHex } from '../../../../../protocol/bytes.ts';
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from '../../../../../protocol/cbor.ts';
import { SIGNED_BYTES_MAX } from '../../../../../protocol/commands/blockchain-sim/security-operation.ts';
import { toBeSigned } from '../../../../../protocol/cose.ts';
import { curveNames } from '../../../../../protocol/crypto/curve.ts';
import { parsePublicKey, uncompressedPublicKey } from '../../../../../protocol/crypto/public-key.ts';
import { TRANSACTION_TYPE } from '../../../../../protocol/signer.ts';
import { SW } from '../../../../../protocol/status-word.ts';
import { testSigner } from '../../../../support/chain.ts';
import { readFixture } from '../../../../support/fixture.ts';
import { byteString, cardReads, protectedHeader, sigStructure } from '../../../support/transaction-feed.ts';
import {
  expectedSummary,
  type Fields,
  payee,
  payloadOf,
  publicKey,
  structureOf,
  transfer,
} from '../../../support/transaction-payload.ts';

const vectors = readFixture<{
  readonly publicKey: string;
  readonly chainId: string;
  readonly transactions: readonly {
    readonly comment: string;
    readonly lane: number;
    readonly sequence: string;
    readonly expiry: string;
    readonly messages: readonly (readonly [name: string, body: string])[];
    readonly transaction: string;
  }[];
}>('chain/transactions.json');

const good = structureOf(payloadOf());

describe.each(vectors.transactions)('a transaction of another program: $comment', (vector) => {
  const key = parsePublicKey('Ed25519', fromHex(vectors.publicKey));
  // The payload stands between the empty unprotected header, a0, and the signature of 64 bytes, 5840.
  const sign1 = vector.transaction;
  const payload = sign1.slice(sign1.indexOf('72a0') + 4, -4 - 2 * 64);
  const structure = concat(
    fromHex('846a5369676e61747572653151a20127106c6273696d2d74782b63626f7240'),
    fromHex(payload),
  );
  const ofVectors = vector.messages.map(([name]) =>
    name === 'money/transfer'
      ? { name, transfer: { to: payee, currency: 'XTS', amount: 2n ** 64n - 1n } }
      : { name },
  );
  const summary = {
    chainId: vectors.chainId,
    lane: vector.lane,
    sequence: BigInt(vector.sequence),
    expiry: BigInt(vector.expiry),
    messages: ofVectors,
    ...(ofVectors[0]?.transfer === undefined ? {} : { total: { currency: 'XTS', amount: 2n ** 64n - 1n } }),
  };

  it('is read whole, byte by byte and cut at every place', () => {
    expect(cardReads(key, structure)).toEqual(summary);
    expect(cardReads(key, ...[...structure].map((byte) => Uint8Array.of(byte)))).toEqual(summary);
    for (let at = 0; at <= structure.length; at++)
      expect(cardReads(key, structure.subarray(0, at), structure.subarray(at))).toEqual(summary);
  });

  it('is refused when it ends early, at every place, and with a byte more', () => {
    for (let end = 0; end < structure.length; end++)
      expect(cardReads(key, structure.subarray(0, end))).toBe(SW.badData);
    expect(cardReads(key, structure, Uint8Array.of(0))).toBe(SW.badData);
  });
});

describe.each(curveNames)('the Sig_structure of a key on %s', (curve) => {
  const key = testSigner('alice', curve).publicKey;
  const structure = sigStructure(curve, encodeCbor(payloadOf(key)));

  it('begins as protocol/cose.ts writes it, and as RFC 9052 §4.4 says by hand', () => {
    expect(structure).toEqual(toBeSigned(curve, TRANSACTION_TYPE, encodeCbor(payloadOf(key))));
    const prefix = sigStructurePrefix(curve);
    expect(toHex(structure.subarray(0, prefix.length))).toBe(toHex(prefix));
  });

  it('is read with the key compressed or not', () => {
    expect(cardReads(key, structure)).toEqual(expectedSummary);
    expect(cardReads({ curve, bytes: uncompressedPublicKey(key) }, structure)).toEqual(expectedSummary);
  });

  it('is refused for any other key', () => {
    for (const other of curveNames)
      for (const label of ['alice', 'bob'])
        if (other !== curve || label !== 'alice')
          expect(cardReads(testSigner(label, other).publicKey, structure)).toBe(SW.badData);
    // Header and algorithm of this curve, a key of another person.
    const foreign = sigStructure(curve, encodeCbor(payloadOf(testSigner('bob', curve).publicKey)));
    expect(cardReads(key, foreign)).toBe(SW.badData);
  });

  it('is refused with one byte of the key changed, or with its other y', () => {
    const at = toHex(structure).indexOf('215820') / 2 + 3;
    for (let byte = at; byte < at + 32; byte++) {
      const changed = structure.slice();
      changed[byte] = (changed[byte] as number) ^ 1;
      expect(cardReads(key, changed)).toBe(SW.badData);
    }
    if (curve === 'Ed25519') return;
    const negative = {
      curve,
      bytes: concat(Uint8Array.of((key.bytes[0] as number) ^ 1), key.bytes.subarray(1)),
    };
    expect(cardReads(negative, structure)).toBe(SW.badData);
    expect(cardReads(negative, sigStructure(curve, encodeCbor(payloadOf(negative))))).toEqual(
      expectedSummary,
    );
  });
});

describe('the reader of transactions', () => {
  it('has the type and the most bytes of the chain and of the command', () => {});

  it.each([
    [
      'the type of a header',
      sigStructure('P-256', encodeCbor(payloadOf()), protectedHeader('P-256', 'bsim-header+cbor')),
    ],
    [
      'the algorithm of another curve',
      sigStructure('P-256', encodeCbor(payloadOf()), protectedHeader('secp256k1')),
    ],
    ['the context Signature', concat(fromHex('84695369676e6174757265'), good.subarray(12))],
    ['three elements', concat(Uint8Array.of(0x83), good.subarray(1))],
    ['external data', fromHex(toHex(good).replace('6f7240', '6f724100'))],
    [
      'a payload with its length in four bytes',
      fromHex(toHex(good).replace(/6f724058(..)/, '6f72405a000000$1')),
    ],
    ['a payload with its length in two bytes', fromHex(toHex(good).replace(/6f724058(..)/, '6f72405900$1'))],
    ['an empty payload', sigStructure('P-256', new Uint8Array(0))],
    ['a payload that is text', fromHex(toHex(good).replace('6f724058', '6f724078'))],
    [
      'the whole COSE_Sign1',
      concat(fromHex('d28452'), protectedHeader('P-256'), fromHex('a0'), good.subarray(31)),
    ],
    ['two transactions', concat(good, good)],
    ['nothing', new Uint8Array(0)],
  ])('refuses %s', (_what, structure) => {
    expect(toHex(structure)).not.toBe(toHex(good));
    expect(cardReads(publicKey, structure)).toBe(SW.badData);
  });

  it.each<[string, (map: Fields) => unknown]>([
    ...[1, 2, 3, 4, 5, 6].map((key): [string, (map: Fields) => unknown] => [
      `without key ${key}`,
      (map) => map.delete(key),
    ]),
    ['with an unknown key', (map) => map.set(7, 0)],
    ['with a text key', (map) => map.set('memo', 'x')],
    ['with a chain id in bytes', (map) => map.set(1, fromHex('6273'))],
    ['with lane 2^32', (map) => map.set(3, 2 ** 32)],
    ['with a negative lane', (map) => map.set(3, -1)],
    ['with a negative sequence', (map) => map.set(4, -1)],
    ['with a sequence in text', (map) => map.set(4, '7')],
    ['with a negative expiry', (map) => map.set(5, -1)],
    ['with an expiry of null', (map) => map.set(5, null)],
    ['with no messages', (map) => map.set(6, [])],
    [
      'with 17 messages',
      (map) =>
        map.set(
          6,
          Array.from({ length: 17 }, () => transfer()),
        ),
    ],
    ['with messages in a map', (map) => map.set(6, new Map([[1, transfer()]]))],
    ['with a message that is a map', (map) => map.set(6, [new Map([[1, 'a/b']])])],
    ['with a message of three parts', (map) => map.set(6, [['a/b', new Map(), 1]])],
    ['with a message without a body', (map) => map.set(6, [['a/b']])],
    ['with a message whose name is bytes', (map) => map.set(6, [[fromHex('612f62'), new Map()]])],
    ['with a body that is an array', (map) => map.set(6, [['a/b', []]])],
    ['with a key that is its bytes', (map) => map.set(2, publicKey.bytes)],
    [
      'with a key id beside the key',
      (map) => map.set(2, new Map(map.get(2) as CborMap).set(2, new Uint8Array(4))),
    ],
    [
      'with a key whose y is in full',
      (map) => map.set(2, new Map(map.get(2) as CborMap).set(-3, new Uint8Array(32))),
    ],
  ])('refuses a payload %s', (_what, change) => {
    const map = payloadOf();
    change(map);
    expect(cardReads(publicKey, structureOf(map))).toBe(SW.badData);
  });

  it.each<[string, number, bigint, bigint]>([
    ['the least', 0, 0n, 0n],
    ['the most', 0xffff_ffff, 2n ** 64n - 1n, 2n ** 64n - 1n],
    ['those that take eight bytes first', 1, 2n ** 32n, 2n ** 53n],
  ])('reads lane, sequence and expiry: %s', (_what, lane, sequence, expiry) => {
    const map = payloadOf().set(3, lane).set(4, sequence).set(5, expiry);
    expect(cardReads(publicKey, structureOf(map))).toEqual({ ...expectedSummary, lane, sequence, expiry });
  });

  it('goes on refusing after a refusal', () => {
    const reader = transactionReader({ publicKey });
    const refusal = expect.objectContaining({ sw: SW.badData });
    expect(() => reader.write(Uint8Array.of(0x85))).toThrow(refusal);
    expect(() => reader.write(good)).toThrow(refusal);
    expect(() => reader.end()).toThrow(refusal);
  });

  it('takes 4,096 bytes and refuses one more, in one part or two', () => {
    const sized = (length: number): Uint8Array =>
      structureOf(payloadOf(publicKey, ['a/b', new Map([[1, new Uint8Array(length)]])]));
    const overhead = sized(3000).length - 3000;
    const largest = sized(SIGNED_BYTES_MAX - overhead);
    expect(largest.length).toBe(SIGNED_BYTES_MAX);
    expect(cardReads(publicKey, largest)).toMatchObject({ messages: [{ name: 'a/b' }] });
    const larger = sized(SIGNED_BYTES_MAX - overhead + 1);
    expect(cardReads(publicKey, larger)).toBe(SW.badData);
    expect(cardReads(publicKey, larger.subarray(0, 255), larger.subarray(255))).toBe(SW.badData);
  });

  it('gives a payee of its own, which later bytes do not change', () => {
    const mine = good.slice();
    const summary = cardReads(publicKey, mine);
    mine.fill(0);
    expect(summary).toEqual(expectedSummary);
  });
});

it('a byte string by hand is one of the contract', () => {
  for (const length of [0, 23, 24, 255, 256, 4000])
    expect(toHex(byteString(new Uint8Array(length)))).toBe(toHex(encodeCbor(new Uint8Array(length))));
  expect(decodeCbor(protectedHeader('secp256k1'))).toEqual(
    new Map<number, CborValue>([
      [1, -47],
      [16, 'bsim-tx+cbor'],
    ]),
  );
});
