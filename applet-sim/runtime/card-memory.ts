// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../protocol/bytes.ts';

/** What a card remembers without power: records by name, such as `key/3`. */
export type Records = ReadonlyMap<string, Uint8Array>;

/** Records to write, by name; undefined erases one. */
export type RecordChanges = ReadonlyMap<string, Uint8Array | undefined>;

/** Where a card's non-volatile memory is kept. */
export type CardMemory = {
  /** All records, as copies that the caller may wipe; none for a card fresh from the factory. */
  read(): Records;
  /**
   * Writes copies of the records. Atomic and durable: after loss of power {@link read} gives all of the changes or none
   * of them, and all of them once this has returned. Throws when it could not, and nothing is changed then.
   */
  write(changes: RecordChanges): void;
  /** Lets the storage go; a second call does nothing. */
  close(): void;
};

/** The records after the changes; arrays that are neither copied nor wiped. */
export function changedRecords(records: Records, changes: RecordChanges): Map<string, Uint8Array> {
  const next = new Map(records);
  for (const [name, value] of changes) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  return next;
}

/** Memory that lives as long as this object: a card for tests and demonstrations. */
export function volatileMemory(): CardMemory {
  const kept = new Map<string, Uint8Array>();
  return {
    read: () => new Map([...kept].map(([name, value]) => [name, value.slice()])),
    write: (changes) => {
      for (const [name, value] of changes) {
        const old = kept.get(name);
        if (old !== undefined) wipe(old);
        if (value === undefined) kept.delete(name);
        else kept.set(name, new Uint8Array(value));
      }
    },
    close: () => {},
  };
}
