// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTransaction } from '../../../../../applet-sim/applets/blockchain-sim/transaction/signing-policy.ts';
import type {
  MessageSummary,
  TransactionSummary,
} from '../../../../../applet-sim/applets/blockchain-sim/transaction/transaction-summary.ts';
import { StatusFault } from '../../../../../applet-sim/runtime/status-fault.ts';
import {
  defaultPolicy,
  type KeyPolicy,
  POLICY_FLAG,
  type SpendingLimit,
} from '../../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SW } from '../../../../../protocol/status-word.ts';
import { CREATE, DEACTIVATE } from '../../../../../src/modules/identity/index.ts';
import { TRANSFER } from '../../../../../src/modules/money/index.ts';

const to = new Uint8Array(32);
const refusal = expect.objectContaining({ sw: SW.wrongState });
const UINT64_MAX = 2n ** 64n - 1n;

const pays = (amount: bigint, currency = 'XTS'): MessageSummary => ({
  name: TRANSFER,
  transfer: { to, currency, amount },
});
/** The summary of these messages, whose transfers are in the currency of the first. */
function summaryOf(...messages: readonly MessageSummary[]): TransactionSummary {
  const transfers = messages.flatMap(({ transfer }) => (transfer === undefined ? [] : [transfer]));
  const summary = { chainId: 'bsim-test-1', lane: 0, sequence: 0n, expiry: 9n, messages };
  if (transfers[0] === undefined) return summary;
  const amount = transfers.reduce((sum, transfer) => sum + transfer.amount, 0n);
  return { ...summary, total: { currency: transfers[0].currency, amount } };
}
const limited = (limit: Partial<SpendingLimit>, messageTypes: readonly string[] = []): KeyPolicy => ({
  ...defaultPolicy,
  messageTypes,
  limit: { currency: 'XTS', digits: 2, ...limit },
});

describe('a policy without a limit', () => {
  it('allows the messages that the card understands, of any amount, and counts nothing', () => {
    const all = summaryOf(pays(UINT64_MAX), { name: CREATE }, { name: DEACTIVATE });
    expect(checkTransaction(defaultPolicy, 0n, all)).toBe(0n);
    expect(checkTransaction(defaultPolicy, 5n, all)).toBe(5n);
  });

  it('refuses a message that the card does not understand, wherever it stands', () => {
    for (const name of ['loyalty/grant', 'money/transfers', 'money/mint', 'identity/creat'])
      for (const messages of [[{ name }], [pays(1n), { name }], [{ name }, pays(1n)]])
        expect(() => checkTransaction(defaultPolicy, 0n, summaryOf(...messages))).toThrow(refusal);
  });

  it('allows only what its list names, and so may exclude what the card understands', () => {
    const policy = { ...defaultPolicy, messageTypes: [CREATE, 'loyalty/grant'] };
    expect(checkTransaction(policy, 0n, summaryOf({ name: CREATE }, { name: 'loyalty/grant' }))).toBe(0n);
    for (const message of [pays(1n), { name: DEACTIVATE }, { name: 'loyalty/redeem' }])
      expect(() => checkTransaction(policy, 0n, summaryOf({ name: CREATE }, message))).toThrow(refusal);
  });

  it('refuses all transactions when it does not allow transactions', () => {
    for (const flags of [0, POLICY_FLAG.messages, POLICY_FLAG.digests | POLICY_FLAG.confirmation])
      expect(() => checkTransaction({ flags, messageTypes: [] }, 0n, summaryOf(pays(1n)))).toThrow(refusal);
  });
});

describe('a limit', () => {
  it('of one transaction is for the sum of its transfers', () => {
    const policy = limited({ perTransaction: 100n });
    expect(checkTransaction(policy, 0n, summaryOf(pays(100n)))).toBe(0n);
    expect(checkTransaction(policy, 0n, summaryOf(pays(50n), pays(50n)))).toBe(0n);
    expect(() => checkTransaction(policy, 0n, summaryOf(pays(101n)))).toThrow(refusal);
    expect(() => checkTransaction(policy, 0n, summaryOf(pays(50n), pays(51n)))).toThrow(refusal);
  });

  it('of all transactions is for what was spent and the sum together', () => {
    const policy = limited({ cumulative: 100n });
    expect(checkTransaction(policy, 0n, summaryOf(pays(100n)))).toBe(100n);
    expect(checkTransaction(policy, 60n, summaryOf(pays(15n), pays(25n)))).toBe(100n);
    expect(() => checkTransaction(policy, 60n, summaryOf(pays(41n)))).toThrow(refusal);
    expect(() => checkTransaction(policy, 100n, summaryOf(pays(1n)))).toThrow(refusal);
    expect(() => checkTransaction(policy, 101n, summaryOf(pays(1n)))).toThrow(refusal);
  });

  it('holds at the end of 64 bits', () => {
    const policy = limited({ cumulative: UINT64_MAX, perTransaction: UINT64_MAX });
    expect(checkTransaction(policy, 0n, summaryOf(pays(UINT64_MAX)))).toBe(UINT64_MAX);
    expect(checkTransaction(policy, UINT64_MAX - 1n, summaryOf(pays(1n)))).toBe(UINT64_MAX);
    expect(() => checkTransaction(policy, UINT64_MAX, summaryOf(pays(1n)))).toThrow(refusal);
    expect(() => checkTransaction(policy, 1n, summaryOf(pays(UINT64_MAX)))).toThrow(refusal);
  });

  it('refuses payments in any other currency, and lets messages without payments pass', () => {
    for (const limit of [{ perTransaction: 100n }, { cumulative: 100n }]) {
      expect(() => checkTransaction(limited(limit), 0n, summaryOf(pays(1n, 'XXX')))).toThrow(refusal);
      expect(checkTransaction(limited(limit), 7n, summaryOf({ name: CREATE }))).toBe(7n);
    }
  });

  it('counts no payment for a message that the list names and the card does not understand', () => {
    const policy = limited({ cumulative: 100n }, ['loyalty/grant', TRANSFER]);
    expect(checkTransaction(policy, 100n, summaryOf({ name: 'loyalty/grant' }))).toBe(100n);
    expect(checkTransaction(policy, 90n, summaryOf({ name: 'loyalty/grant' }, pays(10n)))).toBe(100n);
  });

  it('is never passed, whatever the order of payments', () => {
    const amounts = fc.array(
      fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((each) => each >> BigInt(each % 64n)),
    );
    const most = fc.bigInt({ min: 0n, max: UINT64_MAX });
    fc.assert(
      fc.property(amounts, most, most, (payments, perTransaction, cumulative) => {
        const policy = limited({ perTransaction, cumulative });
        let spent = 0n;
        for (const amount of payments) {
          const before = spent;
          try {
            spent = checkTransaction(policy, before, summaryOf(pays(amount)));
            expect(spent).toBe(before + amount);
            expect(amount <= perTransaction && spent <= cumulative).toBe(true);
          } catch (fault) {
            expect(fault).toBeInstanceOf(StatusFault);
            expect(amount > perTransaction || before + amount > cumulative).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
