// SPDX-License-Identifier: Apache-2.0
import { asArray, asBytes, decodeCbor } from '../../protocol/cbor.ts';
import { encodeSign1 } from '../../protocol/cose.ts';
import { type Curve, SIGNATURE_LENGTH } from '../../protocol/crypto/curve.ts';
import { TRANSACTION_TYPE } from '../../protocol/signer.ts';
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

/** As {@link describeMessages}, of the Sig_structure that a signer is given. Throws also `protocol/bad-cbor`. */
export function describeSigned(
  curve: Curve,
  toBeSigned: Uint8Array,
): readonly [name: string, words: string][] {
  const payload = asBytes(asArray(decodeCbor(toBeSigned), 'Sig_structure')[3], 'payload');
  // Read as the transaction that it will be: nothing of a signature is looked at there.
  const signature = new Uint8Array(SIGNATURE_LENGTH);
  return describeMessages(encodeSign1({ curve, type: TRANSACTION_TYPE, payload, signature }));
}

function words({ name, body }: Message): string {
  if (name === TRANSFER) {
    const { to, currency, amount } = decodeTransfer(body);
    return `${amount} minor units of ${currency} to ${formatAddress(to)}`;
  }
  if (name === CREATE) return decodeCreate(body).possession.did;
  return toJson(mapJson(body), 0);
}
