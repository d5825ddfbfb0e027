// SPDX-License-Identifier: Apache-2.0
import { asBytes, asMap, asText, asUint, type CborMap } from '../../../protocol/cbor.ts';
import { ADDRESS_LENGTH, type Address, addressFromBytes } from '../../chain/address.ts';
import type { Message } from '../../chain/transaction.ts';
import { type Currency, parseCurrency } from './currency.ts';
import { MoneyError } from './errors.ts';

/** Name of the message that moves money of the sender to another account. */
export const TRANSFER = 'money/transfer';

/** `money/transfer`: the sender pays. */
export type Transfer = {
  readonly to: Address;
  readonly currency: Currency;
  /** Minor units, 1 to 2^64-1. */
  readonly amount: bigint;
};

/** The message of a transfer: {1: to (32 bytes), 2: currency, 3: amount}. */
export const transferMessage = (transfer: Transfer): Message => ({
  name: TRANSFER,
  body: new Map<number, Uint8Array | string | bigint>([
    [1, transfer.to],
    [2, transfer.currency],
    [3, transfer.amount],
  ]),
});

/** Reads the body of a transfer. Throws `protocol/bad-cbor` or `money/bad-currency`. */
export function decodeTransfer(body: CborMap): Transfer {
  const map = asMap(body, TRANSFER, [1, 2, 3]);
  return {
    to: addressFromBytes(asBytes(map.get(1), 'to', ADDRESS_LENGTH)),
    currency: parseCurrency(asText(map.get(2), 'currency')),
    amount: asUint(map.get(3), 'amount'),
  };
}

/** Throws `money/bad-amount`. */
export function validateTransfer(transfer: Transfer): void {
  if (transfer.amount === 0n)
    throw new MoneyError('money/bad-amount', 'transfer not valid: found amount 0, expected 1 or more', {});
}
