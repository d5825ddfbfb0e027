// SPDX-License-Identifier: Apache-2.0
import { createNodeClient } from '../../src/api/client.ts';
import { parseAddress } from '../../src/chain/address.ts';
import { readOperatorKey } from '../../src/cli/operator-key.ts';
import { sendTransaction } from '../../src/cli/send-transaction.ts';
import { parseCurrency, transferMessage } from '../../src/modules/money/index.ts';

/** Pays minor units of XTS from an operator's key file, over a node's API. */
export async function payFromOperator(
  url: string,
  keyFile: string,
  to: string,
  amount: bigint,
): Promise<void> {
  await sendTransaction(createNodeClient(url), readOperatorKey(keyFile), async () => [
    transferMessage({ to: parseAddress(to), currency: parseCurrency('XTS'), amount }),
  ]);
}
