// SPDX-License-Identifier: Apache-2.0
import {
  hasFlag,
  type KeyPolicy,
  type SpendingLimit,
} from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SW } from '../../../../protocol/status-word.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { isUnderstood } from './transaction-steps.ts';
import type { TransactionSummary } from './transaction-summary.ts';

/**
 * What the key has spent, in minor units, once this transaction is signed, when it has spent `spent` before. Counts only
 * for a cumulative limit; else it is `spent`, so that no signature costs a write for nothing. Throws {@link StatusFault}
 * 6985 for what the policy does not allow.
 */
export function checkTransaction(policy: KeyPolicy, spent: bigint, summary: TransactionSummary): bigint {
  if (!hasFlag(policy, 'transactions')) refuse();
  for (const { name } of summary.messages) if (!allowsMessage(policy, name)) refuse();
  if (policy.limit === undefined || summary.total === undefined) return spent;
  return checkLimit(policy.limit, spent, summary.total);
}

const allowsMessage = ({ messageTypes }: KeyPolicy, name: string): boolean =>
  messageTypes.length === 0 ? isUnderstood(name) : messageTypes.includes(name);

function checkLimit(
  { currency, perTransaction, cumulative }: SpendingLimit,
  spent: bigint,
  total: NonNullable<TransactionSummary['total']>,
): bigint {
  if (total.currency !== currency) refuse();
  if (perTransaction !== undefined && total.amount > perTransaction) refuse();
  if (cumulative === undefined) return spent;
  // On a chip, where a sum of two amounts may not fit eight bytes: amount > cumulative - spent, after spent > cumulative.
  if (spent + total.amount > cumulative) refuse();
  return spent + total.amount;
}

function refuse(): never {
  throw new StatusFault(SW.wrongState);
}
