// SPDX-License-Identifier: Apache-2.0
import type { Module } from '../../chain/module.ts';
import { initMoney } from './genesis.ts';
import { executeTransfer } from './handlers.ts';
import { decodeTransfer, type Transfer, validateTransfer } from './messages.ts';
import { balancesEqualSupply } from './queries.ts';

export { type Currency, parseCurrency } from './currency.ts';
export * from './errors.ts';
export { type CurrencyGenesis, genesisCurrencies, moneyGenesis } from './genesis.ts';
export { TRANSFER, type Transfer, transferMessage } from './messages.ts';
export { balanceOf, currencyRecord } from './queries.ts';
export { balanceKey, type CurrencyRecord, currencyKey, decodeBalance, decodeCurrency } from './state.ts';

/** Currencies named at genesis and transfers between accounts. */
export const money: Module = {
  name: 'money',
  messages: {
    transfer: {
      decode: decodeTransfer,
      validate: (transfer: Transfer) => validateTransfer(transfer),
      execute: executeTransfer,
    },
  },
  genesis: initMoney,
  invariants: { 'balances equal supply': balancesEqualSupply },
};
