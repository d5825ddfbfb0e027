// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TRANSACTION_MAX,
  transactionReader,
} from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-reader.ts';
import {
  sigStructurePrefix,
  TRANSACTION_TYPE,
} from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-steps.ts';
import { concat, fromHex, toHex } from '../../../../../protocol/bytes.ts';
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from '../../../../../protocol/cbor.ts';
import { MESSAGE_TYPE } from '../../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SIGNED_BYTES_MAX } from '../../../../../protocol/commands/blockchain-sim/security-operation.ts';
import { toBeSigned } from '../../../../../protocol/cose.ts';
import { curveNames } from '../../../../../protocol/crypto/curve.ts';
import {
  parsePublicKey,
  publicKeyToCose,
  uncompressedPublicKey,
} from '../../../../../protocol/crypto/public-key.ts';
import { SW } from '../../../../../protocol/status-word.ts';
import { parseChainId } from '../../../../../src/chain/chain-id.ts';
import { TRANSACTION_TYPE as CHAIN_TYPE } from '../../../../../src/chain/transaction.ts';
import { parseCurrency } from '../../../../../src/modules/money/index.ts';
import { testSigner } from '../../../../support/chain.ts';
import { readFixture } from '../../../../support/fixture.ts';
import { byteString, cardReads, protectedHeader, sigStructure } from '../../../support/transaction-feed.ts';

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

const payee = Uint8Array.from({ length: 32 }, (_byte, at) => at);
const { publicKey } = testSigner('alice');
const transfer = (
  amount: CborValue = 1250,
  currency: CborValue = 'XTS',
  to: CborValue = payee,
): CborValue => [
  'money/transfer',
  new Map([
    [1, to],
    [2, currency],
    [3, amount],
  ]),
];
type Fields = Map<number | string, CborValue>;
const payloadOf = (key = publicKey, ...messages: readonly CborValue[]): Fields =>
  new Map<number | string, CborValue>([
    [1, 'bsim-test-1'],
    [2, publicKeyToCose(key)],
    [3, 3],
    [4, 7n],
    [5, 99n],
    [6, messages.length === 0 ? [transfer()] : messages],
  ]);
const structureOf = (payload: CborValue): Uint8Array => sigStructure('P-256', encodeCbor(payload));
const good = structureOf(payloadOf());
const read = (...messages: readonly CborValue[]) =>
  cardReads(publicKey, structureOf(payloadOf(publicKey, ...messages)));
const expected = {
  chainId: 'bsim-test-1',
  lane: 3,
  sequence: 7n,
  expiry: 99n,
  messages: [{ name: 'money/transfer', transfer: { to: payee, currency: 'XTS', amount: 1250n } }],
  total: { currency: 'XTS', amount: 1250n },
};

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
    expect(structure).toEqual(toBeSigned(curve, CHAIN_TYPE, encodeCbor(payloadOf(key))));
    const prefix = sigStructurePrefix(curve);
    expect(toHex(structure.subarray(0, prefix.length))).toBe(toHex(prefix));
  });

  it('is read with the key compressed or not', () => {
    expect(cardReads(key, structure)).toEqual(expected);
    expect(cardReads({ curve, bytes: uncompressedPublicKey(key) }, structure)).toEqual(expected);
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
    expect(cardReads(negative, sigStructure(curve, encodeCbor(payloadOf(negative))))).toEqual(expected);
  });
});

describe('the reader of transactions', () => {
  it('has the type and the most bytes of the chain and of the command', () => {
    expect(TRANSACTION_TYPE).toBe(CHAIN_TYPE);
    expect(TRANSACTION_MAX).toBe(SIGNED_BYTES_MAX);
  });

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
    expect(cardReads(publicKey, structureOf(map))).toEqual({ ...expected, lane, sequence, expiry });
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
    const largest = sized(TRANSACTION_MAX - overhead);
    expect(largest.length).toBe(TRANSACTION_MAX);
    expect(cardReads(publicKey, largest)).toMatchObject({ messages: [{ name: 'a/b' }] });
    const larger = sized(TRANSACTION_MAX - overhead + 1);
    expect(cardReads(publicKey, larger)).toBe(SW.badData);
    expect(cardReads(publicKey, larger.subarray(0, 255), larger.subarray(255))).toBe(SW.badData);
  });

  it('gives a payee of its own, which later bytes do not change', () => {
    const mine = good.slice();
    const summary = cardReads(publicKey, mine);
    mine.fill(0);
    expect(summary).toEqual(expected);
  });
});

describe('rules that the card shares with the chain', () => {
  const accepted = (parse: (text: string) => string, text: string): boolean => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const characters = [
    'a',
    'z',
    '0',
    '9',
    '-',
    '/',
    ':',
    '`',
    '{',
    '.',
    'A',
    'Z',
    '@',
    '[',
    ' ',
    'é',
    '\n',
    '\0',
  ];
  const nearly = fc
    .oneof(
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 34 }),
      fc.string({ unit: fc.constantFrom('a', 'z', '0', '9', '-'), maxLength: 34 }),
      fc.string({ unit: fc.constantFrom('A', 'M', 'Z'), maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 34 }),
    )
    .filter((text) => !text.startsWith('\ufeff'));
  const names = fc.oneof(
    nearly,
    fc.tuple(nearly, nearly).map(([module, verb]) => `${module}/${verb}`),
  );

  it('are those of the chain id', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        const summary = cardReads(publicKey, structureOf(payloadOf().set(1, text)));
        expect(summary).toEqual(accepted(parseChainId, text) ? { ...expected, chainId: text } : SW.badData);
      }),
      { numRuns: 2000 },
    );
    for (const length of [0, 1, 32, 33])
      expect(typeof cardReads(publicKey, structureOf(payloadOf().set(1, 'a'.repeat(length))))).toBe(
        accepted(parseChainId, 'a'.repeat(length)) ? 'object' : 'number',
      );
  });

  it('are those of the currency', () => {
    fc.assert(
      fc.property(nearly, (text) => {
        expect(typeof read(transfer(1, text))).toBe(accepted(parseCurrency, text) ? 'object' : 'number');
      }),
      { numRuns: 2000 },
    );
    for (let code = 0; code < 128; code++)
      for (const text of ['XT?', 'X?S', '?TS'].map((form) => form.replace('?', String.fromCharCode(code))))
        expect(typeof read(transfer(1, text)), text).toBe(
          accepted(parseCurrency, text) ? 'object' : 'number',
        );
  });

  it('give messages the names that a policy can hold', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(typeof read([name, new Map()])).toBe(MESSAGE_TYPE.test(name) ? 'object' : 'number');
      }),
      { numRuns: 3000 },
    );
    for (const name of [
      'a/b',
      '/b',
      'a/',
      '/',
      'a',
      'a/b/c',
      'A/b',
      'a//b',
      `a/${'b'.repeat(30)}`,
      `a/${'b'.repeat(31)}`,
    ])
      expect(typeof read([name, new Map()]), name).toBe(MESSAGE_TYPE.test(name) ? 'object' : 'number');
  });
});

describe('a transfer', () => {
  it.each<[string, CborValue]>([
    ['of nothing', transfer(0)],
    ['of a negative amount', transfer(-1)],
    ['of an amount in text', transfer('5')],
    ['to 31 bytes', transfer(1, 'XTS', new Uint8Array(31))],
    ['to 33 bytes', transfer(1, 'XTS', new Uint8Array(33))],
    ['to a text', transfer(1, 'XTS', 'a'.repeat(32))],
    ['of a currency in bytes', transfer(1, fromHex('585453'))],
    [
      'without an amount',
      [
        'money/transfer',
        new Map<number, CborValue>([
          [1, payee],
          [2, 'XTS'],
        ]),
      ],
    ],
    [
      'with a memo',
      [
        'money/transfer',
        new Map<number, CborValue>([
          [1, payee],
          [2, 'XTS'],
          [3, 1],
          [4, 'x'],
        ]),
      ],
    ],
    ['without a body', ['money/transfer', new Map()]],
  ])('is refused %s', (_what, message) => {
    expect(read(message)).toBe(SW.badData);
  });

  it('adds up with others of its currency, among other messages', () => {
    const other: CborValue = ['a/b', new Map([[1, [new Map([['x', null]])]]])];
    expect(read(transfer(1n), other, transfer(2n ** 64n - 3n), transfer(1))).toMatchObject({
      messages: [
        { name: 'money/transfer', transfer: { amount: 1n } },
        { name: 'a/b' },
        { name: 'money/transfer', transfer: { amount: 2n ** 64n - 3n } },
        { name: 'money/transfer', transfer: { amount: 1n } },
      ],
      total: { currency: 'XTS', amount: 2n ** 64n - 1n },
    });
    expect(read(other)).not.toHaveProperty('total');
  });

  it('is refused beside one of another currency, and when the sum has more than 64 bits', () => {
    expect(read(transfer(1, 'XTS'), transfer(1, 'XXX'))).toBe(SW.badData);
    expect(read(transfer(1, 'XTS'), ['a/b', new Map()], transfer(1, 'XXX'))).toBe(SW.badData);
    expect(read(transfer(2n ** 64n - 1n), transfer(1))).toBe(SW.badData);
    expect(read(transfer(2n ** 63n), transfer(2n ** 63n))).toBe(SW.badData);
  });
});

describe('messages of identity', () => {
  const create = (key: CborValue, proof: CborValue = new Uint8Array(300)): CborValue => [
    'identity/create',
    new Map([
      [1, key],
      [2, proof],
    ]),
  ];
  const bobs = (change: (map: Fields) => unknown, curve: 'P-256' | 'Ed25519' = 'P-256'): CborMap => {
    const map = new Map(publicKeyToCose(testSigner('bob', curve).publicKey));
    change(map);
    return map;
  };

  it.each(curveNames)('are read: a creation for a key on %s', (curve) => {
    expect(read(create(publicKeyToCose(testSigner('bob', curve).publicKey)), transfer())).toMatchObject({
      messages: [{ name: 'identity/create' }, { name: 'money/transfer' }],
    });
  });

  it('are read: a deactivation', () => {
    const summary = read(['identity/deactivate', new Map([[1, 'did:bsim:x:y']])]);
    expect(summary).toMatchObject({ messages: [{ name: 'identity/deactivate' }] });
  });

  it.each<[string, CborValue]>([
    [
      'a creation with a proof in text',
      create(
        bobs(() => {}),
        'proof',
      ),
    ],
    ['a creation without its key', ['identity/create', new Map([[2, new Uint8Array(3)]])]],
    [
      'a creation with more',
      [
        'identity/create',
        new Map<number, CborValue>([
          [1, bobs(() => {})],
          [2, new Uint8Array(3)],
          [3, 0],
        ]),
      ],
    ],
    ['a key of an unknown type', create(bobs((map) => map.set(1, 3)))],
    ['a key of the other type', create(bobs((map) => map.set(1, 1)))],
    ['an Ed25519 key of the other type', create(bobs((map) => map.set(1, 2), 'Ed25519'))],
    ['an Ed25519 key with a sign', create(bobs((map) => map.set(-3, true), 'Ed25519'))],
    ['an Ed25519 key on X25519', create(bobs((map) => map.set(-1, 4), 'Ed25519'))],
    ['a key on P-384', create(bobs((map) => map.set(-1, 2)))],
    ['a key without its sign', create(bobs((map) => map.delete(-3)))],
    ['a key with y in full', create(bobs((map) => map.set(-3, new Uint8Array(32))))],
    ['a key with null for its sign', create(bobs((map) => map.set(-3, null)))],
    ['a key of 31 bytes', create(bobs((map) => map.set(-2, new Uint8Array(31))))],
    ['a key with a key id', create(bobs((map) => map.set(2, new Uint8Array(1))))],
    ['a key of two members', create(new Map([[1, 1]]))],
    ['a deactivation in bytes', ['identity/deactivate', new Map([[1, new Uint8Array(3)]])]],
    [
      'a deactivation of two',
      [
        'identity/deactivate',
        new Map([
          [1, 'a'],
          [2, 'b'],
        ]),
      ],
    ],
    ['a deactivation under a text key', ['identity/deactivate', new Map([['did', 'a']])]],
  ])('are refused: %s', (_what, message) => {
    expect(read(message)).toBe(SW.badData);
  });
});

describe('a message that the card does not know', () => {
  it('is passed over whatever it holds, and what it holds is not taken for a transfer', () => {
    const inner: CborValue = new Map<number | string, CborValue>([
      [0, null],
      [6, [transfer(5)]],
      ['money/transfer', new Map([[3, 5]])],
    ]);
    const summary = read(['loyalty/grant', inner], transfer());
    expect(summary).toEqual({ ...expected, messages: [{ name: 'loyalty/grant' }, ...expected.messages] });
  });

  it('may hold four more levels, and no fifth', () => {
    const nested = (levels: number): CborValue => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(read(['a/b', new Map([[1, nested(4)]])])).toMatchObject({ messages: [{ name: 'a/b' }] });
    expect(read(['a/b', new Map([[1, nested(5)]])])).toBe(SW.badData);
  });

  it.each(['a202000100', 'a101f90000', 'a10100ff', 'bf0100ff', 'a101', 'a1c000', 'a1011817'])(
    'is refused with the body %s, which is not one deterministic map',
    (hex) => {
      const whole = toHex(encodeCbor(payloadOf(publicKey, ['a/b', new Map()])));
      expect(whole.endsWith('63612f62a0')).toBe(true);
      const payload = concat(fromHex(whole.slice(0, -2)), fromHex(hex));
      expect(cardReads(publicKey, sigStructure('P-256', payload))).toBe(SW.badData);
    },
  );

  it('is read when its body is empty', () => {
    expect(read(['a/b', new Map()], ['a/b', new Map()])).toMatchObject({
      messages: [{ name: 'a/b' }, { name: 'a/b' }],
    });
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
