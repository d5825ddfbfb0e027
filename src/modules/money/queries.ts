// SPDX-License-Identifier: Apache-2.0
import { fromUtf8 } from '../../../protocol/bytes.ts';
import type { Address } from '../../chain/address.ts';
import type { StateReader, StateScanner } from '../../chain/module.ts';
import { type Currency, parseCurrency } from './currency.ts';
import { MoneyError } from './errors.ts';
import {
  balancePrefix,
  type CurrencyRecord,
  currencyKey,
  currencyPrefix,
  decodeBalance,
  decodeCurrency,
  readBalance,
} from './state.ts';

/** The record of a currency. Throws `money/unknown-currency`. */
export function currencyRecord(state: StateReader, currency: Currency): CurrencyRecord {
  const value = state.get(currencyKey(currency));
  if (value === undefined) {
    throw new MoneyError(
      'money/unknown-currency',
      `currency not found: found ${currency}, expected one that the genesis names`,
      { currency },
    );
  }
  return decodeCurrency(value);
}

/** The balance of an account in minor units, zero when it has none. Throws `money/unknown-currency`. */
export function balanceOf(state: StateReader, currency: Currency, address: Address): bigint {
  currencyRecord(state, currency);
  return readBalance(state, currency, address);
}

/** Invariant: of each currency, the balances add up to the supply. */
export async function balancesEqualSupply(state: StateScanner): Promise<string | undefined> {
  for await (const [key, value] of state.entries(currencyPrefix)) {
    const currency = parseCurrency(fromUtf8(key.subarray(1)));
    const { supply } = decodeCurrency(value);
    let sum = 0n;
    for await (const [, balance] of state.entries(balancePrefix(currency))) sum += decodeBalance(balance);
    if (sum !== supply) return `found balances of ${sum} ${currency}, expected the supply of ${supply}`;
  }
  return undefined;
}
