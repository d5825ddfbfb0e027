// SPDX-License-Identifier: Apache-2.0
import type { Signer } from '../../protocol/signer.ts';
import type { NodeClient } from '../api/client.ts';
import type { AcceptedJson, CommittedJson } from '../api/types.ts';
import { addressOf, formatAddress } from '../chain/address.ts';
import { type ChainId, parseChainId } from '../chain/chain-id.ts';
import { type Message, signTransaction } from '../chain/transaction.ts';
import { CliError } from './errors.ts';

/** What the messages of a transaction may need to know of it. */
export type TransactionPlace = { readonly chainId: ChainId; readonly expiry: bigint };

/** How a transaction is sent. */
export type SendOptions = {
  /** Parallel sequence of the sender; 0 by default. */
  readonly lane?: number;
  /** Longest wait until it is durable, in seconds; 30 by default. */
  readonly seconds?: number;
};

/**
 * Asks the node where the sender's lane stands, signs and sends, and waits until the transaction is durable.
 * Throws what node and signer throw, and `cli/transaction-failed` when the chain carried it out with an error.
 */
export async function sendTransaction(
  node: NodeClient,
  signer: Signer,
  messagesFor: (place: TransactionPlace) => Promise<readonly Message[]>,
  options: SendOptions = {},
): Promise<CommittedJson> {
  const bytes = await buildTransaction(node, signer, messagesFor, options);
  const committed = await node.sendAndWait(bytes, options.seconds);
  const { receipt, hash, height } = committed;
  if (receipt.code === 'ok') return committed;
  throw new CliError('cli/transaction-failed', `transaction failed with ${receipt.code}: ${receipt.log}`, {
    hash,
    height,
    code: receipt.code,
  });
}

/** As {@link sendTransaction}, but settles as soon as the node has taken the transaction. */
export const sendTransactionOnly = async (
  node: NodeClient,
  signer: Signer,
  messagesFor: (place: TransactionPlace) => Promise<readonly Message[]>,
  options: SendOptions = {},
): Promise<AcceptedJson> => node.send(await buildTransaction(node, signer, messagesFor, options));

async function buildTransaction(
  node: NodeClient,
  signer: Signer,
  messagesFor: (place: TransactionPlace) => Promise<readonly Message[]>,
  { lane = 0 }: SendOptions,
): Promise<Uint8Array> {
  const status = await node.status();
  const account = await node.account(formatAddress(addressOf(signer.publicKey)), lane);
  const place = {
    chainId: parseChainId(status.chainId),
    expiry: BigInt(status.height) + BigInt(status.expiryWindow),
  };
  return signTransaction(signer, {
    ...place,
    lane,
    sequence: BigInt(account.pendingSequence),
    messages: await messagesFor(place),
  });
}
