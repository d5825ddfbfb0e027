// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { parseAddress } from '../../chain/address.ts';
import type { Node } from '../../chain/node.ts';
import { MAX_LANE } from '../../chain/transaction.ts';
import {
  balanceOf,
  currencyRecord,
  genesisCurrencies,
  money,
  parseCurrency,
} from '../../modules/money/index.ts';
import { integerOf } from '../parameters.ts';
import type { AccountJson, CurrencyJson } from '../types.ts';

/** Routes that show accounts and what they own. */
export function accountRoutes(server: FastifyInstance, node: Node): void {
  const currencies = genesisCurrencies(node.genesis.modules[money.name]);

  server.get<{ Params: { address: string }; Querystring: { lane?: string } }>(
    '/v1/accounts/:address',
    async (request): Promise<AccountJson> => {
      const address = parseAddress(request.params.address);
      const lane = integerOf('lane', request.query.lane, 0, MAX_LANE, 0);
      const { sequence, pendingSequence, height } = node.account(address, { lane });
      const state = node.state(money.name, { height });
      const balances = currencies
        .map((currency) => ({ currency, amount: balanceOf(state, currency, address) }))
        .filter(({ amount }) => amount > 0n);
      return {
        address: request.params.address,
        lane,
        sequence: String(sequence),
        pendingSequence: String(pendingSequence),
        height: String(height),
        balances: balances.map(({ currency, amount }) => ({ currency, amount: String(amount) })),
      };
    },
  );

  server.get<{ Params: { code: string } }>('/v1/currencies/:code', async (request): Promise<CurrencyJson> => {
    const code = parseCurrency(request.params.code);
    const { minorUnitDigits, supply } = currencyRecord(node.state(money.name), code);
    return { code, minorUnitDigits, supply: String(supply) };
  });
}
