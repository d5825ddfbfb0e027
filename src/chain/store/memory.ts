// SPDX-License-Identifier: Apache-2.0
import { compareBytes, toHex } from '../../../protocol/bytes.ts';
import type { Store, StoreEntry, StoreOperation, StoreRange, StoreSnapshot } from './store.ts';

type Entries = Map<string, StoreEntry>;

/** A store that ends with the process: for replays, tests and programs that keep nothing. Durable means in memory. */
export function openMemoryStore(): Store {
  let entries: Entries = new Map();
  // A snapshot shares the map until the next write, which then works on a copy.
  let shared = false;
  return {
    get: (key) => entries.get(toHex(key))?.[1],
    entries: (range) => inRange(entries, range),
    async write(operations) {
      if (shared) entries = new Map(entries);
      shared = false;
      for (const operation of operations) apply(entries, operation);
    },
    snapshot(): StoreSnapshot {
      shared = true;
      const held = entries;
      return {
        get: (key) => held.get(toHex(key))?.[1],
        entries: (range) => inRange(held, range),
        close: async () => undefined,
      };
    },
    close: async () => undefined,
  };
}

function apply(entries: Entries, { key, value }: StoreOperation): void {
  if (value === undefined) entries.delete(toHex(key));
  else entries.set(toHex(key), [Uint8Array.from(key), Uint8Array.from(value)]);
}

async function* inRange(entries: Entries, range: StoreRange): AsyncIterable<StoreEntry> {
  const found = [...entries.values()].filter(
    ([key]) => compareBytes(key, range.from) >= 0 && compareBytes(key, range.to) < 0,
  );
  found.sort(([a], [b]) => compareBytes(a, b));
  if (range.reverse === true) found.reverse();
  for (const [key, value] of found) yield [Uint8Array.from(key), Uint8Array.from(value)];
}
