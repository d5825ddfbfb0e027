// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { compareBytes, toHex, utf8 } from '../../../protocol/bytes.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { rangeOf, statePrefix } from '../../../src/chain/store/layout.ts';
import { openLevelStore } from '../../../src/chain/store/level.ts';
import { openMemoryStore } from '../../../src/chain/store/memory.ts';
import type { Store, StoreEntry, StoreRange, StoreReader } from '../../../src/chain/store/store.ts';
import { temporaryDirectory } from '../../support/cli.ts';

const opened: { close(): Promise<void>; remove(): void }[] = [];
afterEach(async () => {
  for (const { close, remove } of opened.splice(0)) {
    await close();
    remove();
  }
});

async function openLevel(): Promise<Store> {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory.at('data'));
  opened.push({ close: () => store.close(), remove: directory.remove });
  return store;
}

async function list(reader: StoreReader, range: StoreRange): Promise<readonly StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for await (const entry of reader.entries(range)) entries.push(entry);
  return entries;
}

const all: StoreRange = { from: Uint8Array.of(0), to: Uint8Array.of(0xff) };

describe.each([
  ['in memory', async () => openMemoryStore()],
  ['on LevelDB', openLevel],
])('a store %s', (_name, open) => {
  it('gives what was written, lists it in bytewise order, and forgets what was deleted', async () => {
    const key = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((bytes) => Uint8Array.of(1, ...bytes));
    const operation = fc.record({ key, value: fc.uint8Array({ maxLength: 8 }) }, { requiredKeys: ['key'] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(operation, { maxLength: 12 }), { maxLength: 5 }),
        async (batches) => {
          const store = await open();
          const expected = new Map<string, StoreEntry>();
          for (const batch of batches) {
            await store.write(batch);
            for (const { key: name, value } of batch)
              if (value === undefined) expected.delete(toHex(name));
              else expected.set(toHex(name), [name, value]);
          }
          const sorted = [...expected.values()].sort(([a], [b]) => compareBytes(a, b));
          const plain = (entries: readonly StoreEntry[]) => entries.map((entry) => entry.map(toHex));
          expect(plain(await list(store, all))).toEqual(plain(sorted));
          expect(plain(await list(store, { ...all, reverse: true }))).toEqual(plain([...sorted].reverse()));
          for (const [name, value] of sorted) expect(toHex(store.get(name) as Uint8Array)).toBe(toHex(value));
          expect(store.get(Uint8Array.of(2))).toBeUndefined();
        },
      ),
      { numRuns: 15 },
    );
  });

  it('keeps the range to its bounds', async () => {
    const store = await open();
    const names = ['a', 'b', 'ba', 'c'].map(utf8);
    await store.write(names.map((key) => ({ key, value: key })));
    const found = await list(store, { from: utf8('b'), to: utf8('c') });
    expect(found.map(([key]) => toHex(key))).toEqual(['b', 'ba'].map((name) => toHex(utf8(name))));
  });

  it('shows in a snapshot the moment at which it was taken', async () => {
    const store = await open();
    await store.write([{ key: utf8('a'), value: utf8('old') }]);
    const snapshot = store.snapshot();
    await store.write([
      { key: utf8('a'), value: utf8('new') },
      { key: utf8('b'), value: utf8('new') },
    ]);
    expect(toHex(snapshot.get(utf8('a')) as Uint8Array)).toBe(toHex(utf8('old')));
    expect(snapshot.get(utf8('b'))).toBeUndefined();
    expect(await list(snapshot, all)).toHaveLength(1);
    await snapshot.close();
    await snapshot.close();
    expect(await list(store, all)).toHaveLength(2);
  });

  it('is not changed by what the caller does to its arrays after the write', async () => {
    const store = await open();
    const value = utf8('value');
    await store.write([{ key: utf8('a'), value }]);
    value.fill(0);
    expect(toHex(store.get(utf8('a')) as Uint8Array)).toBe(toHex(utf8('value')));
  });

  it('closes twice', async () => {
    const store = await open();
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
});

describe('a store on LevelDB', () => {
  it('keeps what was written when it is opened again', async () => {
    const directory = temporaryDirectory();
    const first = await openLevelStore(directory.at('data'));
    await first.write([{ key: utf8('a'), value: utf8('value') }]);
    await first.close();
    const second = await openLevelStore(directory.at('data'));
    opened.push({ close: () => second.close(), remove: directory.remove });
    expect(toHex(second.get(utf8('a')) as Uint8Array)).toBe(toHex(utf8('value')));
  });

  it('refuses a directory that is open already, and names it', async () => {
    const directory = temporaryDirectory();
    const store = await openLevelStore(directory.at('data'));
    opened.push({ close: () => store.close(), remove: directory.remove });
    await expect(openLevelStore(directory.at('data'))).rejects.toMatchObject({
      code: 'chain/data-directory-in-use',
      details: { directory: directory.at('data') },
    });
  });

  it('never serves a value of a file that was changed anywhere', async () => {
    const directory = temporaryDirectory();
    opened.push({ close: async () => undefined, remove: directory.remove });
    const path = directory.at('data');
    const count = 200;
    const entry = (i: number) => ({ key: Uint8Array.of(3, i), value: utf8(`value number ${i}`) });
    const store = await openLevelStore(path);
    await store.write(Array.from({ length: count }, (_, i) => entry(i)));
    await store.close();
    // Opening again moves the log into a table file.
    await (await openLevelStore(path)).close();
    const table = readdirSync(path).find((name) => name.endsWith('.ldb'));
    const file = join(path, table as string);
    const good = readFileSync(file);
    let found = 0;
    for (let at = 5; at < good.length - 60; at += 397) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] as number) ^ 0x55;
      writeFileSync(file, bad);
      try {
        const damaged = await openLevelStore(path);
        try {
          for (let i = 0; i < count; i++) {
            const { key, value } = entry(i);
            const read = damaged.get(key);
            // A changed key is not found; a changed value must be noticed.
            if (read !== undefined) expect(toHex(read)).toBe(toHex(value));
          }
        } finally {
          await damaged.close();
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ToolkitError);
        expect(error).toHaveProperty('code', 'chain/data-damaged');
        found += 1;
      }
    }
    expect(found).toBeGreaterThan(0);
  });

  it('says that files are corrupt when LevelDB does', async () => {
    const directory = temporaryDirectory();
    opened.push({ close: async () => undefined, remove: directory.remove });
    const store = await openLevelStore(directory.at('data'));
    await store.write([{ key: utf8('a'), value: utf8('b') }]);
    await store.close();
    writeFileSync(join(directory.at('data'), 'CURRENT'), 'no manifest');
    await expect(openLevelStore(directory.at('data'))).rejects.toMatchObject({ code: 'chain/data-damaged' });
  });

  it('says what could not be done when the directory cannot be made', async () => {
    const directory = temporaryDirectory();
    opened.push({ close: async () => undefined, remove: directory.remove });
    writeFileSync(directory.at('file'), '');
    await expect(openLevelStore(join(directory.at('file'), 'data'))).rejects.toMatchObject({
      code: 'chain/store-failed',
      details: { operation: 'open' },
    });
  });

  it('rejects a write after it was closed with its typed error', async () => {
    const store = await openLevel();
    await store.close();
    await expect(store.write([{ key: utf8('a'), value: utf8('b') }])).rejects.toMatchObject({
      code: 'chain/store-failed',
    });
    expect(() => store.get(utf8('a'))).toThrow(expect.objectContaining({ code: 'chain/store-failed' }));
  });
});

describe('a range of a prefix', () => {
  it('holds every key that begins with it and no other', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9-]{1,32}$/),
        fc.uint8Array({ maxLength: 6 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (name, rest, other) => {
          const prefix = statePrefix(name);
          const { from, to } = rangeOf(prefix);
          const inRange = (key: Uint8Array) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0;
          expect(inRange(Uint8Array.of(...prefix, ...rest))).toBe(true);
          expect(inRange(Uint8Array.of(...prefix, 0xff, 0xff))).toBe(true);
          expect(inRange(other)).toBe(toHex(other).startsWith(toHex(prefix)));
        },
      ),
    );
  });

  it('goes past bytes FF at the end', () => {
    expect(rangeOf(Uint8Array.of(7, 0xff, 0xff)).to).toEqual(Uint8Array.of(8));
  });
});
