// SPDX-License-Identifier: Apache-2.0

/** One change of a batch; a missing value deletes the key. */
export type StoreOperation = { readonly key: Uint8Array; readonly value?: Uint8Array };

/** A stored key with its value. */
export type StoreEntry = readonly [key: Uint8Array, value: Uint8Array];

/** Keys from `from` up to but without `to`, in bytewise order. */
export type StoreRange = { readonly from: Uint8Array; readonly to: Uint8Array; readonly reverse?: boolean };

/** What can be read of a store. */
export type StoreReader = {
  /** The value of a key, undefined when absent. Throws `chain/data-damaged` or `chain/store-failed`. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries of a range. Rejects with `chain/data-damaged` or `chain/store-failed`. */
  entries(range: StoreRange): AsyncIterable<StoreEntry>;
};

/** The store as it was at one moment, whatever is written later. */
export type StoreSnapshot = StoreReader & {
  /** Lets the moment go; a second call does nothing. */
  close(): Promise<void>;
};

/** An ordered key-value store of byte strings. */
export type Store = StoreReader & {
  /**
   * Applies all operations or none, and resolves when they are durable. Arrays are not changed afterwards by the
   * caller. Rejects with `chain/store-failed`.
   */
  write(operations: readonly StoreOperation[]): Promise<void>;
  snapshot(): StoreSnapshot;
  /** Resolves when nothing is open any more; a second call does nothing. */
  close(): Promise<void>;
};
