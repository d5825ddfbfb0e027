// SPDX-License-Identifier: Apache-2.0

import { mapJson } from '../api/json.ts';
import { formatAddress } from '../chain/address.ts';
import { decodeTransaction, type Message } from '../chain/transaction.ts';
import { CREATE } from '../modules/identity/index.ts';
import { decodeCreate } from '../modules/identity/messages.ts';
import { decodeTransfer, TRANSFER } from '../modules/money/messages.ts';
import { toJson } from './print.ts';

/** The messages of a transaction's bytes as name and words for people. Throws `chain/bad-transaction`. */
export const describeMessages = (bytes: Uint8Array): readonly [name: string, words: string][] =>
  decodeTransaction(bytes).messages.map((message) => [message.name, words(message)]);

function words({ name, body }: Message): string {
  if (name === TRANSFER) {
    const { to, currency, amount } = decodeTransfer(body);
    return `${amount} minor units of ${currency} to ${formatAddress(to)}`;
  }
  if (name === CREATE) return decodeCreate(body).possession.did;
  return toJson(mapJson(body), 0);
}
