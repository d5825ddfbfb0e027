// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../protocol/bytes.ts';
import type { CborMap, CborValue } from '../../protocol/cbor.ts';
import { formatAddress } from '../chain/address.ts';
import type { Block } from '../chain/block.ts';
import type { Genesis } from '../chain/genesis.ts';
import type { CommittedTransaction, NodeStatus, ProvenState, ProvenTransaction } from '../chain/node.ts';
import type { Receipt } from '../chain/receipt.ts';
import { decodeTransaction, formatTxHash } from '../chain/transaction.ts';
import type {
  BlockJson,
  CommittedJson,
  ProvenTransactionJson,
  ReceiptJson,
  StateJson,
  StatusJson,
} from './types.ts';

/** A CBOR map as a JSON object: integers as decimal text, also in keys, bytes as hexadecimal. */
export const mapJson = (map: CborMap): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...map].map(([key, value]) => [String(key), valueJson(value)]));

function valueJson(value: CborValue): unknown {
  // Small integers too: whether one is a number or a bigint here says only where it was read.
  if (typeof value === 'bigint' || typeof value === 'number') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(valueJson);
  if (value instanceof Map) return mapJson(value);
  return value;
}

/** A receipt for the API. */
export const receiptJson = ({ code, log, events }: Receipt): ReceiptJson => ({
  code,
  log,
  events: events.map(({ module, type, attributes }) => ({ module, type, attributes: mapJson(attributes) })),
});

/** A node's status for the API. */
export const statusJson = (status: NodeStatus, genesis: Genesis): StatusJson => ({
  chainId: status.chainId,
  genesisHash: toHex(status.genesisHash),
  height: String(status.height),
  time: String(status.time),
  headHash: toHex(status.headHash),
  stateRoot: toHex(status.stateRoot),
  modules: status.modules,
  mempool: status.mempool,
  expiryWindow: genesis.parameters.expiryWindow,
});

/** A committed transaction for the API. */
export const committedJson = ({ hash, height, index, receipt }: CommittedTransaction): CommittedJson => ({
  hash: formatTxHash(hash),
  state: 'committed',
  height: String(height),
  index,
  receipt: receiptJson(receipt),
});

/** A committed transaction with its proof for the API. */
export function provenTransactionJson(proven: Omit<ProvenTransaction, 'header'>): ProvenTransactionJson {
  const { messages, sender } = decodeTransaction(proven.bytes);
  return {
    ...committedJson(proven),
    transaction: toHex(proven.bytes),
    messages: messages.map(({ name, body }) => ({ name, body: mapJson(body) })),
    sender: formatAddress(sender),
    signedHeader: toHex(proven.signedHeader),
    proof: toHex(proven.proof),
  };
}

/** A block for the API; its transactions by hash. */
export const blockJson = ({ header, hash, signedHeader, transactions, receipts }: Block): BlockJson => ({
  height: String(header.height),
  time: String(header.time),
  hash: toHex(hash),
  parent: toHex(header.parent),
  transactionRoot: toHex(header.transactionRoot),
  receiptRoot: toHex(header.receiptRoot),
  stateRoot: toHex(header.stateRoot),
  signedHeader: toHex(signedHeader),
  transactions: transactions.map((bytes, i) => ({
    hash: formatTxHash(decodeTransaction(bytes).hash),
    code: receipts[i]?.code ?? 'ok',
  })),
});

/** A proven value of the state for the API. */
export const stateJson = (module: string, key: Uint8Array, proven: ProvenState): StateJson => ({
  module,
  key: toHex(key),
  value: proven.value === undefined ? null : toHex(proven.value),
  height: String(proven.height),
  signedHeader: toHex(proven.signedHeader),
  proof: toHex(proven.proof),
});
