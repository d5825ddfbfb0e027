// SPDX-License-Identifier: Apache-2.0
import { concat, readUint64, uint64 } from '../../protocol/bytes.ts';
import { asArray, asBytes, asMap, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { type Block, decodeSignedHeader, type ReadHeader } from './block.ts';
import { nodeSha256 } from './crypto/node-sha256.ts';
import { ChainError } from './errors.ts';
import type { TxHash } from './hash.ts';
import { decodeReceipt } from './receipt.ts';
import {
  FORMAT_KEY,
  HEAD_KEY,
  headerKey,
  placeKey,
  rangeOf,
  receiptsKey,
  transactionsKey,
} from './store/layout.ts';
import type { Store, StoreOperation, StoreReader } from './store/store.ts';

/** Version of the keys and values in a store. */
const FORMAT = 1;

/** A block in its stored pieces. */
export type StoredBlock = {
  readonly height: bigint;
  readonly signedHeader: Uint8Array;
  readonly transactions: readonly Uint8Array[];
  readonly receipts: readonly Uint8Array[];
};

/** Where a transaction is, with its receipt. */
export type TransactionPlace = {
  readonly height: bigint;
  readonly index: number;
  readonly receipt: Uint8Array;
};

/** What stores a block and makes it the head; `hashes` are those of its transactions, in order. */
export function blockOperations(block: StoredBlock, hashes: readonly TxHash[]): readonly StoreOperation[] {
  const height = uint64(block.height);
  return [
    { key: HEAD_KEY, value: height },
    { key: headerKey(block.height), value: block.signedHeader },
    { key: transactionsKey(block.height), value: encodeCbor(block.transactions) },
    { key: receiptsKey(block.height), value: encodeCbor(block.receipts) },
    ...hashes.map((hash, index) => ({
      key: placeKey(hash),
      value: concat(height, uint64(BigInt(index)), block.receipts[index] as Uint8Array),
    })),
  ];
}

/** What marks a store as one of this genesis. */
export const formatOperation = (genesisHash: Uint8Array): StoreOperation => ({
  key: FORMAT_KEY,
  value: encodeCbor(
    new Map<number, number | Uint8Array>([
      [1, FORMAT],
      [2, genesisHash],
    ]),
  ),
});

/** Hash of the genesis that a store belongs to, undefined for an empty one. Throws `chain/data-damaged`. */
export function readFormat(store: StoreReader): Uint8Array | undefined {
  const value = store.get(FORMAT_KEY);
  if (value === undefined) return undefined;
  const map = readable('its description', () => asMap(decodeCbor(value), 'format', [1, 2]));
  if (map.get(1) !== FORMAT) throw damaged(`a store of format ${String(map.get(1))}, expected ${FORMAT}`);
  return readable('its description', () => asBytes(map.get(2), 'genesis hash', 32));
}

/** Height of the head, undefined for an empty store. */
export function readHead(store: StoreReader): bigint | undefined {
  const value = store.get(HEAD_KEY);
  return value === undefined ? undefined : readUint64(value);
}

/** The signed header of a stored height. Throws `chain/data-damaged`. */
export function readSignedHeader(store: StoreReader, height: bigint): Uint8Array {
  const value = store.get(headerKey(height));
  if (value === undefined) throw damaged(`no header at height ${height}`);
  return value;
}

/** The header of a stored height. Throws `chain/data-damaged`. */
export const readHeader = (store: StoreReader, height: bigint): ReadHeader =>
  readable(`the header at height ${height}`, () =>
    decodeSignedHeader(readSignedHeader(store, height), nodeSha256),
  );

/** The pieces of a stored block. Throws `chain/data-damaged`. */
export function readStoredBlock(store: StoreReader, height: bigint): StoredBlock {
  const listAt = (key: Uint8Array, what: string): readonly Uint8Array[] => {
    const value = store.get(key);
    if (value === undefined) throw damaged(`no ${what} at height ${height}`);
    return readable(`the ${what} at height ${height}`, () =>
      asArray(decodeCbor(value), what).map((item) => asBytes(item, what)),
    );
  };
  return {
    height,
    signedHeader: readSignedHeader(store, height),
    transactions: listAt(transactionsKey(height), 'transactions'),
    receipts: listAt(receiptsKey(height), 'receipts'),
  };
}

/** A stored block as the node gives it. Throws `chain/data-damaged`. */
export function readBlock(store: StoreReader, height: bigint): Block {
  const { signedHeader, transactions, receipts } = readStoredBlock(store, height);
  const { header, hash } = readHeader(store, height);
  return {
    header,
    hash,
    signedHeader,
    transactions,
    receipts: readable(`the receipts at height ${height}`, () => receipts.map(decodeReceipt)),
  };
}

/** Where a transaction is, undefined when no block holds it. Throws `chain/data-damaged`. */
export function readPlace(store: StoreReader, hash: TxHash): TransactionPlace | undefined {
  const value = store.get(placeKey(hash));
  if (value === undefined) return undefined;
  if (value.length < 16) throw damaged('the place of a transaction in another form');
  return { height: readUint64(value), index: Number(readUint64(value, 8)), receipt: value.subarray(16) };
}

/** How far back a start looks for missing blocks: more than LevelDB's log files can hold. */
const LOOK_BACK = 50_000n;

/** Checks that no block is missing among the last ones. Rejects with `chain/data-damaged`. */
export async function requireUnbroken(store: Store, head: bigint): Promise<void> {
  let expected = head;
  const last = head > LOOK_BACK ? head - LOOK_BACK : 0n;
  const prefix = headerKey(0n).subarray(0, 1);
  for await (const [key] of store.entries({ ...rangeOf(prefix), reverse: true })) {
    if (key.length !== 9 || readUint64(key, 1) !== expected) break;
    expected -= 1n;
    if (expected === last) return;
  }
  if (expected !== last) throw damaged(`no header at height ${expected}, below the head ${head}`);
}

function readable<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ChainError && cause.code === 'chain/data-damaged') throw cause;
    throw damaged(`${what} in a form that does not read`, cause);
  }
}

function damaged(what: string, cause?: unknown): ChainError {
  return new ChainError('chain/data-damaged', `chain not read: found ${what}`, { what }, { cause });
}
