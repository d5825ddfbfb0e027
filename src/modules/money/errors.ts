// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../../protocol/error-table.ts';

/** Errors of the module money. */
export const moneyErrors = {
  'money/bad-amount': entry('An amount to transfer is zero.', 'Transfer at least one minor unit.'),
  'money/bad-currency': entry<{ length: number }>(
    'A currency code is not of ISO 4217 form.',
    'Write three capital letters, such as EUR, or XTS for tests.',
  ),
  'money/unknown-currency': entry<{ currency: string }>(
    'The chain has no currency of that code.',
    'Use a currency that the genesis names.',
  ),
  'money/insufficient-funds': entry<{ currency: string; amount: bigint; balance: bigint }>(
    'The balance is lower than the amount.',
    'Transfer at most the balance.',
  ),
} as const;

/** A code of {@link moneyErrors}. */
export type MoneyErrorCode = keyof typeof moneyErrors;

/** An error of the module money; facts by code in {@link moneyErrors}. */
export class MoneyError<Code extends MoneyErrorCode = MoneyErrorCode> extends errorsOf(moneyErrors)<Code> {}
