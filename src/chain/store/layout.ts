// SPDX-License-Identifier: Apache-2.0
import { concat, uint64, utf8 } from '../../../protocol/bytes.ts';
import type { TxHash } from '../hash.ts';
import type { StoreRange } from './store.ts';

// Keys of a node's store; the first byte says what:
//   00                                   → CBOR {1: format, 2: genesis hash}
//   01                                   → height of the head, uint64 big-endian
//   02 ‖ height (8)                      → signed header, COSE_Sign1
//   03 ‖ height (8)                      → CBOR [bytes of each transaction]
//   04 ‖ height (8)                      → CBOR [bytes of each receipt]
//   05 ‖ transaction hash (32)           → height (8) ‖ index (8)
//   06 ‖ hash (32)                       → tree node: 00 ‖ key hash ‖ value, or 01 ‖ left ‖ right
//   07 ‖ length (1) ‖ module name ‖ key  → value in the state of the head

/** Key of the store's own description. */
export const FORMAT_KEY: Uint8Array = Uint8Array.of(0x00);

/** Key of the height of the head. */
export const HEAD_KEY: Uint8Array = Uint8Array.of(0x01);

/** Key of the signed header of a height. */
export const headerKey = (height: bigint): Uint8Array => concat(Uint8Array.of(0x02), uint64(height));

/** Key of the transactions of a height. */
export const transactionsKey = (height: bigint): Uint8Array => concat(Uint8Array.of(0x03), uint64(height));

/** Key of the receipts of a height. */
export const receiptsKey = (height: bigint): Uint8Array => concat(Uint8Array.of(0x04), uint64(height));

/** Key of a transaction's place. */
export const placeKey = (hash: TxHash): Uint8Array => concat(Uint8Array.of(0x05), hash);

/** Key of a tree node's record. */
export const nodeKey = (hash: Uint8Array): Uint8Array => concat(Uint8Array.of(0x06), hash);

/** What the keys of a module's state in the head begin with. */
export const statePrefix = (module: string): Uint8Array => {
  const name = utf8(module);
  return concat(Uint8Array.of(0x07, name.length), name);
};

/** All keys that begin with the prefix. */
export function rangeOf(prefix: Uint8Array): StoreRange {
  const to = Uint8Array.from(prefix);
  let last = to.length - 1;
  while (last >= 0 && to[last] === 0xff) last--;
  // No key begins with FF, so there is always a byte to raise.
  to[last] = (to[last] as number) + 1;
  return { from: prefix, to: to.subarray(0, last + 1) };
}
