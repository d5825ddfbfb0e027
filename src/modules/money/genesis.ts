// SPDX-License-Identifier: Apache-2.0
import { parseAddress } from '../../chain/address.ts';
import { badGenesis, type GenesisValue, genesisObject } from '../../chain/genesis.ts';
import type { GenesisContext } from '../../chain/module.ts';
import { type Currency, parseCurrency } from './currency.ts';
import { currencyKey, encodeCurrency, MAX_AMOUNT, writeBalance } from './state.ts';

/** A currency as the genesis names it. */
export type CurrencyGenesis = {
  readonly code: Currency;
  readonly minorUnitDigits: number;
  /** Amount in minor units by the text of the address. */
  readonly balances: Readonly<Record<string, bigint>>;
};

/** The section `money` of a genesis. */
export const moneyGenesis = (currencies: readonly CurrencyGenesis[]): GenesisValue => ({
  currencies: currencies.map(({ code, minorUnitDigits, balances }) => ({
    code,
    minorUnitDigits,
    balances: Object.fromEntries(
      Object.entries(balances).map(([address, amount]) => [address, amount.toString()]),
    ),
  })),
});

/** Codes of the currencies that a genesis section names, in its order. Throws `chain/bad-genesis`. */
export function genesisCurrencies(section: GenesisValue | undefined): readonly Currency[] {
  if (section === undefined) return [];
  const path = 'modules.money';
  const { currencies } = genesisObject(path, section, ['currencies']);
  if (!Array.isArray(currencies)) throw badGenesis(`${path}.currencies`, 'expected an array');
  return currencies.map((value: GenesisValue, i) => {
    const at = `${path}.currencies[${i}]`;
    return currencyAt(`${at}.code`, genesisObject(at, value, ['code', 'minorUnitDigits', 'balances']).code);
  });
}

/** Mints every currency of the section. Throws `chain/bad-genesis`. */
export function initMoney(context: GenesisContext, section: GenesisValue | undefined): void {
  if (section === undefined) return;
  const path = 'modules.money';
  const { currencies } = genesisObject(path, section, ['currencies']);
  if (!Array.isArray(currencies)) throw badGenesis(`${path}.currencies`, 'expected an array');
  currencies.forEach((value: GenesisValue, index) => {
    mint(context, `${path}.currencies[${index}]`, value);
  });
}

function mint({ state }: GenesisContext, path: string, value: GenesisValue): void {
  const { code, minorUnitDigits, balances } = genesisObject(path, value, [
    'code',
    'minorUnitDigits',
    'balances',
  ]);
  const currency = currencyAt(`${path}.code`, code);
  if (state.get(currencyKey(currency)) !== undefined)
    throw badGenesis(`${path}.code`, `found ${currency} twice, expected each currency once`);
  if (typeof minorUnitDigits !== 'number' || minorUnitDigits < 0 || minorUnitDigits > 18)
    throw badGenesis(`${path}.minorUnitDigits`, 'expected an integer from 0 to 18');
  const at = `${path}.balances`;
  let supply = 0n;
  for (const [text, amount] of Object.entries(genesisObject(at, balances))) {
    const balance = amountAt(`${at}.${text}`, amount);
    supply += balance;
    if (supply > MAX_AMOUNT)
      throw badGenesis(at, `found a supply above ${MAX_AMOUNT}, expected at most that`);
    writeBalance(state, currency, addressAt(`${at}.${text}`, text), balance);
  }
  state.set(currencyKey(currency), encodeCurrency({ minorUnitDigits, supply }));
}

function currencyAt(path: string, value: GenesisValue | undefined): Currency {
  try {
    return parseCurrency(typeof value === 'string' ? value : '');
  } catch (cause) {
    throw badGenesis(path, 'expected three capital letters', { cause });
  }
}

function addressAt(path: string, text: string): ReturnType<typeof parseAddress> {
  try {
    return parseAddress(text);
  } catch (cause) {
    throw badGenesis(path, 'expected the text of an address', { cause });
  }
}

function amountAt(path: string, value: GenesisValue): bigint {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,19})$/.test(value))
    throw badGenesis(path, 'expected a decimal number of minor units between quotation marks');
  const amount = BigInt(value);
  if (amount === 0n || amount > MAX_AMOUNT) throw badGenesis(path, `expected 1 to ${MAX_AMOUNT}`);
  return amount;
}
