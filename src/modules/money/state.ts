// SPDX-License-Identifier: Apache-2.0
import { concat, readUint64, uint64, utf8 } from '../../../protocol/bytes.ts';
import { asMap, asUint, type CborValue, decodeCbor, encodeCbor } from '../../../protocol/cbor.ts';
import type { Address } from '../../chain/address.ts';
import type { StateReader, StateWriter } from '../../chain/module.ts';
import type { Currency } from './currency.ts';

// Keys of the namespace `money`:
//   01 ‖ currency (3)                 → CBOR {1: minor unit digits, 2: supply}
//   02 ‖ currency (3) ‖ address (32)  → balance, uint64 big-endian; absent when zero

/** What the chain says of a currency. */
export type CurrencyRecord = {
  /** Digits after the point when the amount is written in major units; 2 for cents. */
  readonly minorUnitDigits: number;
  /** Sum of all balances in minor units. */
  readonly supply: bigint;
};

/** Highest amount, balance and supply: 2^64-1 minor units. */
export const MAX_AMOUNT = 0xffff_ffff_ffff_ffffn;

/** State key of a currency's record. */
export const currencyKey = (currency: Currency): Uint8Array => concat(Uint8Array.of(1), utf8(currency));

/** What the keys of all balances of a currency begin with. */
export const balancePrefix = (currency: Currency): Uint8Array => concat(Uint8Array.of(2), utf8(currency));

/** State key of a balance, for reading it with a proof. */
export const balanceKey = (currency: Currency, address: Address): Uint8Array =>
  concat(balancePrefix(currency), address);

/** What every currency's key begins with. */
export const currencyPrefix: Uint8Array = Uint8Array.of(1);

/** Value of a currency's record. */
export const encodeCurrency = (record: CurrencyRecord): Uint8Array =>
  encodeCbor(
    new Map<number, CborValue>([
      [1, record.minorUnitDigits],
      [2, record.supply],
    ]),
  );

/** The record of such a value. Throws `protocol/bad-cbor`. */
export function decodeCurrency(value: Uint8Array): CurrencyRecord {
  const map = asMap(decodeCbor(value), 'currency', [1, 2]);
  return {
    minorUnitDigits: Number(asUint(map.get(1), 'minor unit digits')),
    supply: asUint(map.get(2), 'supply'),
  };
}

/** The balance of a stored or proven value in minor units; an absent value is zero. */
export const decodeBalance = (value: Uint8Array | undefined): bigint =>
  value === undefined ? 0n : readUint64(value);

/** The balance of an account in minor units. */
export const readBalance = (state: Pick<StateReader, 'get'>, currency: Currency, address: Address): bigint =>
  decodeBalance(state.get(balanceKey(currency, address)));

/** Stores a balance; zero is stored as nothing. */
export function writeBalance(
  state: StateWriter,
  currency: Currency,
  address: Address,
  balance: bigint,
): void {
  const key = balanceKey(currency, address);
  if (balance === 0n) state.delete(key);
  else state.set(key, uint64(balance));
}
