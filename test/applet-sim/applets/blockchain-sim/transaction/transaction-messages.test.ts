// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../../../../protocol/bytes.ts';
import { type CborMap, type CborValue, encodeCbor } from '../../../../../protocol/cbor.ts';
import { MESSAGE_TYPE } from '../../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { curveNames } from '../../../../../protocol/crypto/curve.ts';
import { publicKeyToCose } from '../../../../../protocol/crypto/public-key.ts';
import { SW } from '../../../../../protocol/status-word.ts';
import { parseChainId } from '../../../../../src/chain/chain-id.ts';
import { parseCurrency } from '../../../../../src/modules/money/index.ts';
import { testSigner } from '../../../../support/chain.ts';
import { cardReads, sigStructure } from '../../../support/transaction-feed.ts';
import {
  expectedSummary,
  type Fields,
  payee,
  payloadOf,
  publicKey,
  readMessages,
  structureOf,
  transfer,
} from '../../../support/transaction-payload.ts';

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
        expect(summary).toEqual(
          accepted(parseChainId, text) ? { ...expectedSummary, chainId: text } : SW.badData,
        );
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
        expect(typeof readMessages(transfer(1, text))).toBe(
          accepted(parseCurrency, text) ? 'object' : 'number',
        );
      }),
      { numRuns: 2000 },
    );
    for (let code = 0; code < 128; code++)
      for (const text of ['XT?', 'X?S', '?TS'].map((form) => form.replace('?', String.fromCharCode(code))))
        expect(typeof readMessages(transfer(1, text)), text).toBe(
          accepted(parseCurrency, text) ? 'object' : 'number',
        );
  });

  it('give messages the names that a policy can hold', () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(typeof readMessages([name, new Map()])).toBe(MESSAGE_TYPE.test(name) ? 'object' : 'number');
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
      expect(typeof readMessages([name, new Map()]), name).toBe(
        MESSAGE_TYPE.test(name) ? 'object' : 'number',
      );
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
    expect(readMessages(message)).toBe(SW.badData);
  });

  it('adds up with others of its currency, among other messages', () => {
    const other: CborValue = ['a/b', new Map([[1, [new Map([['x', null]])]]])];
    expect(readMessages(transfer(1n), other, transfer(2n ** 64n - 3n), transfer(1))).toMatchObject({
      messages: [
        { name: 'money/transfer', transfer: { amount: 1n } },
        { name: 'a/b' },
        { name: 'money/transfer', transfer: { amount: 2n ** 64n - 3n } },
        { name: 'money/transfer', transfer: { amount: 1n } },
      ],
      total: { currency: 'XTS', amount: 2n ** 64n - 1n },
    });
    expect(readMessages(other)).not.toHaveProperty('total');
  });

  it('is refused beside one of another currency, and when the sum has more than 64 bits', () => {
    expect(readMessages(transfer(1, 'XTS'), transfer(1, 'XXX'))).toBe(SW.badData);
    expect(readMessages(transfer(1, 'XTS'), ['a/b', new Map()], transfer(1, 'XXX'))).toBe(SW.badData);
    expect(readMessages(transfer(2n ** 64n - 1n), transfer(1))).toBe(SW.badData);
    expect(readMessages(transfer(2n ** 63n), transfer(2n ** 63n))).toBe(SW.badData);
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
    expect(
      readMessages(create(publicKeyToCose(testSigner('bob', curve).publicKey)), transfer()),
    ).toMatchObject({
      messages: [{ name: 'identity/create' }, { name: 'money/transfer' }],
    });
  });

  it('are read: a deactivation', () => {
    const summary = readMessages(['identity/deactivate', new Map([[1, 'did:bsim:x:y']])]);
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
    expect(readMessages(message)).toBe(SW.badData);
  });
});

describe('a message that the card does not know', () => {
  it('is passed over whatever it holds, and what it holds is not taken for a transfer', () => {
    const inner: CborValue = new Map<number | string, CborValue>([
      [0, null],
      [6, [transfer(5)]],
      ['money/transfer', new Map([[3, 5]])],
    ]);
    const summary = readMessages(['loyalty/grant', inner], transfer());
    expect(summary).toEqual({
      ...expectedSummary,
      messages: [{ name: 'loyalty/grant' }, ...expectedSummary.messages],
    });
  });

  it('may hold four more levels, and no fifth', () => {
    const nested = (levels: number): CborValue => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(readMessages(['a/b', new Map([[1, nested(4)]])])).toMatchObject({ messages: [{ name: 'a/b' }] });
    expect(readMessages(['a/b', new Map([[1, nested(5)]])])).toBe(SW.badData);
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
    expect(readMessages(['a/b', new Map()], ['a/b', new Map()])).toMatchObject({
      messages: [{ name: 'a/b' }, { name: 'a/b' }],
    });
  });
});
