// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/chain/address.ts';
import { createGenesis, type GenesisValue } from '../../../src/chain/genesis.ts';
import type { Node } from '../../../src/chain/node.ts';
import type { Message } from '../../../src/chain/transaction.ts';
import {
  balanceKey,
  balanceOf,
  currencyRecord,
  decodeBalance,
  money,
  moneyGenesis,
  parseCurrency,
  transferMessage,
} from '../../../src/modules/money/index.ts';
import { describeModule } from '../../conformance/module.ts';
import {
  accountOf,
  CHAIN_ID,
  GENESIS_TIME,
  payment,
  producer,
  startTestNode,
  testGenesis,
  testSigner,
  testTransaction,
  XTS,
} from '../../support/chain.ts';

const alice = testSigner('alice');
const bob = testSigner('bob', 'secp256k1');
const carol = testSigner('carol', 'Ed25519');
const people = [alice, bob, carol];
const MAX = 2n ** 64n - 1n;

describeModule({
  module: money,
  genesis: testGenesis(people.map((signer, i) => [signer, 100n * BigInt(i + 1)] as const)),
  story: async (numbers) =>
    numbers.map((number, i) => ({
      sender: people[number % 3] ?? alice,
      messages: [
        payment(accountOf(people[(number + i) % 3] ?? bob), BigInt(number % 250)),
        payment(accountOf(people[i % 3] ?? bob), BigInt((number * 7) % 60)),
      ],
    })),
});

async function withNode(
  balances: Parameters<typeof testGenesis>[0],
  work: (node: Node) => Promise<void>,
): Promise<void> {
  const node = await startTestNode(testGenesis(balances));
  try {
    await work(node);
  } finally {
    await node.close();
  }
}
async function send(node: Node, message: Message, sender = alice) {
  const { pendingSequence: sequence } = node.account(accountOf(sender));
  const { hash } = await node.submit(await testTransaction(sender, [message], { sequence }));
  return (await node.waitFor(hash)).receipt;
}
const balance = (node: Node, signer = alice): bigint =>
  balanceOf(node.state('money'), XTS, accountOf(signer));

describe('money/transfer', () => {
  it('moves minor units and says so in an event', () =>
    withNode([[alice, 100n]], async (node) => {
      const receipt = await send(node, payment(accountOf(bob), 30n));
      expect([balance(node), balance(node, bob)]).toEqual([70n, 30n]);
      expect(receipt.events).toEqual([
        {
          module: 'money',
          type: 'transferred',
          attributes: new Map<string, unknown>([
            ['from', accountOf(alice)],
            ['to', accountOf(bob)],
            ['currency', 'XTS'],
            ['amount', 30n],
          ]),
        },
      ]);
    }));

  it('takes a whole balance, which then is stored as nothing', () =>
    withNode([[alice, MAX]], async (node) => {
      expect((await send(node, payment(accountOf(bob), MAX))).code).toBe('ok');
      expect([balance(node), balance(node, bob)]).toEqual([0n, MAX]);
      expect(node.state('money').get(balanceKey(XTS, accountOf(alice)))).toBeUndefined();
      expect(decodeBalance(node.prove('money', balanceKey(XTS, accountOf(bob))).value)).toBe(MAX);
    }));

  it('to the sender changes nothing', () =>
    withNode([[alice, 100n]], async (node) => {
      expect((await send(node, payment(accountOf(alice), 100n))).code).toBe('ok');
      expect(balance(node)).toBe(100n);
    }));

  it('fails when the balance is lower than the amount, also to the sender', () =>
    withNode([[alice, 100n]], async (node) => {
      for (const to of [bob, alice])
        expect(await send(node, payment(accountOf(to), 101n))).toEqual({
          code: 'money/insufficient-funds',
          log: 'transfer failed: found a balance of 100, expected at least 101 minor units of XTS',
          events: [],
        });
      expect(await send(node, payment(accountOf(alice), 1n), carol)).toMatchObject({
        code: 'money/insufficient-funds',
      });
    }));

  it('fails for a currency that the genesis does not name', () =>
    withNode([[alice, 100n]], async (node) => {
      const message = transferMessage({ to: accountOf(bob), currency: parseCurrency('EUR'), amount: 1n });
      expect((await send(node, message)).code).toBe('money/unknown-currency');
    }));

  it.each<[string, string, Message]>([
    ['an amount of zero', 'money/bad-amount', payment(accountOf(bob), 0n)],
    [
      'a currency in small letters',
      'money/bad-currency',
      {
        name: 'money/transfer',
        body: new Map<number, string | number | Uint8Array>([
          [1, accountOf(bob)],
          [2, 'xts'],
          [3, 1],
        ]),
      },
    ],
    [
      'an address of 31 bytes',
      'chain/bad-message',
      {
        name: 'money/transfer',
        body: new Map<number, string | number | Uint8Array>([
          [1, new Uint8Array(31)],
          [2, 'XTS'],
          [3, 1],
        ]),
      },
    ],
    [
      'a negative amount',
      'chain/bad-message',
      {
        name: 'money/transfer',
        body: new Map<number, string | number | Uint8Array>([
          [1, accountOf(bob)],
          [2, 'XTS'],
          [3, -1],
        ]),
      },
    ],
    [
      'a memo',
      'chain/bad-message',
      {
        name: 'money/transfer',
        body: new Map<number, string | number | Uint8Array>([
          [1, accountOf(bob)],
          [2, 'XTS'],
          [3, 1],
          [4, 'x'],
        ]),
      },
    ],
  ])('is refused with %s and enters no block', (_what, code, message) =>
    withNode([[alice, 100n]], async (node) => {
      await expect(send(node, message)).rejects.toMatchObject({ code });
      expect(node.status().height).toBe(1n);
    }),
  );
});

describe('the currencies of a genesis', () => {
  const address = formatAddress(accountOf(alice));
  const start = (section: GenesisValue) =>
    startTestNode(
      createGenesis({
        chainId: CHAIN_ID,
        time: GENESIS_TIME,
        producer: producer.publicKey,
        modules: { money: section },
      }),
    );
  const currency = { code: 'XTS', minorUnitDigits: 2, balances: { [address]: '5' } };

  it('have their supply and digits on the chain', async () => {
    const section = moneyGenesis([
      { code: XTS, minorUnitDigits: 2, balances: { [address]: 7n, [formatAddress(accountOf(bob))]: 8n } },
      { code: parseCurrency('JPY'), minorUnitDigits: 0, balances: {} },
    ]);
    const node = await start(section);
    expect(currencyRecord(node.state('money'), XTS)).toEqual({ minorUnitDigits: 2, supply: 15n });
    expect(currencyRecord(node.state('money'), parseCurrency('JPY'))).toEqual({
      minorUnitDigits: 0,
      supply: 0n,
    });
    expect(() => balanceOf(node.state('money'), parseCurrency('EUR'), accountOf(alice))).toThrow(
      expect.objectContaining({ code: 'money/unknown-currency' }),
    );
    await node.close();
  });

  const at = 'modules.money.currencies';
  it.each<[string, string, GenesisValue]>([
    ['no list', 'modules.money', {}],
    ['a list that is none', at, { currencies: {} }],
    ['a currency twice', `${at}[1].code`, { currencies: [currency, currency] }],
    ['a code in small letters', `${at}[0].code`, { currencies: [{ ...currency, code: 'xts' }] }],
    ['19 digits', `${at}[0].minorUnitDigits`, { currencies: [{ ...currency, minorUnitDigits: 19 }] }],
    ['digits in text', `${at}[0].minorUnitDigits`, { currencies: [{ ...currency, minorUnitDigits: '2' }] }],
    ['an unknown name', `${at}[0]`, { currencies: [{ ...currency, name: 'test' }] }],
    ['no balances', `${at}[0]`, { currencies: [{ code: 'XTS', minorUnitDigits: 2 }] }],
    [
      'an address that is none',
      `${at}[0].balances.bob`,
      { currencies: [{ ...currency, balances: { bob: '5' } }] },
    ],
    [
      'an amount that is a number',
      `${at}[0].balances.${address}`,
      { currencies: [{ ...currency, balances: { [address]: 5 } }] },
    ],
    [
      'an amount with a point',
      `${at}[0].balances.${address}`,
      { currencies: [{ ...currency, balances: { [address]: '5.00' } }] },
    ],
    [
      'an amount of zero',
      `${at}[0].balances.${address}`,
      { currencies: [{ ...currency, balances: { [address]: '0' } }] },
    ],
    [
      'an amount of 2^64',
      `${at}[0].balances.${address}`,
      { currencies: [{ ...currency, balances: { [address]: '18446744073709551616' } }] },
    ],
    [
      'a negative amount',
      `${at}[0].balances.${address}`,
      { currencies: [{ ...currency, balances: { [address]: '-1' } }] },
    ],
    [
      'a supply above 2^64 - 1',
      `${at}[0].balances`,
      {
        currencies: [
          {
            ...currency,
            balances: { [address]: '18446744073709551615', [formatAddress(accountOf(bob))]: '1' },
          },
        ],
      },
    ],
  ])('are refused with %s', async (_what, path, section) => {
    await expect(start(section)).rejects.toMatchObject({ code: 'chain/bad-genesis', details: { path } });
  });
});
