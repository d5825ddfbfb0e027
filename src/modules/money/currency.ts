// SPDX-License-Identifier: Apache-2.0
import { MoneyError } from './errors.ts';

/** ISO 4217 alphabetic code of a currency. Made by {@link parseCurrency}. */
export type Currency = string & { readonly brand: 'Currency' };

/** Validates the form of a code, three capital letters. Throws `money/bad-currency`. Source: ISO 4217:2015 §5.2. */
export function parseCurrency(text: string): Currency {
  if (!/^[A-Z]{3}$/.test(text)) {
    throw new MoneyError(
      'money/bad-currency',
      `currency not read: found ${text.length} characters, expected three capital letters`,
      { length: text.length },
    );
  }
  return text as Currency;
}
