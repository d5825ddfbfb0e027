// SPDX-License-Identifier: Apache-2.0
import { SW } from '../../../protocol/status-word.ts';
import type { KnownTransaction } from '../transactions.ts';
import { refuse } from './outcome.ts';
import type { ModelKey } from './state.ts';

/** Modules whose messages a card reads. */
const understood = /^(money|identity)\//;

/** What a key has spent once a transaction is signed; 6985 for what its policy does not allow. */
export function spentAfter({ policy, spent }: ModelKey, { names, total }: KnownTransaction): bigint {
  const { messageTypes, limit } = policy;
  const isAllowed = (name: string): boolean =>
    messageTypes.length === 0 ? understood.test(name) : messageTypes.includes(name);
  if (!names.every(isAllowed)) refuse(SW.wrongState);
  if (limit === undefined || total === undefined) return spent;
  if (total.currency !== limit.currency) refuse(SW.wrongState);
  if (total.amount > (limit.perTransaction ?? total.amount)) refuse(SW.wrongState);
  if (limit.cumulative === undefined) return spent;
  if (spent + total.amount > limit.cumulative) refuse(SW.wrongState);
  return spent + total.amount;
}
