// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../protocol/bytes.ts';
import type { ExecuteContext } from '../../chain/module.ts';
import { MoneyError } from './errors.ts';
import { TRANSFERRED, transferred } from './events.ts';
import type { Transfer } from './messages.ts';
import { currencyKey, readBalance, writeBalance } from './state.ts';

/** Moves the amount. Throws `money/unknown-currency` or `money/insufficient-funds`. */
export function executeTransfer(context: ExecuteContext, transfer: Transfer): void {
  const { state, sender } = context;
  const { currency, amount, to } = transfer;
  if (state.get(currencyKey(currency)) === undefined) {
    throw new MoneyError(
      'money/unknown-currency',
      `transfer failed: found currency ${currency}, expected one that the genesis names`,
      { currency },
    );
  }
  const balance = readBalance(state, currency, sender);
  if (balance < amount) {
    throw new MoneyError(
      'money/insufficient-funds',
      `transfer failed: found a balance of ${balance}, expected at least ${amount} minor units of ${currency}`,
      { currency, amount, balance },
    );
  }
  if (!equalBytes(sender, to)) {
    writeBalance(state, currency, sender, balance - amount);
    // The supply is at most 2^64-1, so no balance can overflow.
    writeBalance(state, currency, to, readBalance(state, currency, to) + amount);
  }
  context.emit(TRANSFERRED, transferred(sender, transfer));
}
