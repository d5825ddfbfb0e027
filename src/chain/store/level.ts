// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ClassicLevel, Snapshot } from 'classic-level';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { ChainError } from '../errors.ts';
import type { Store, StoreEntry, StoreOperation, StoreRange } from './store.ts';

type Database = ClassicLevel<Uint8Array, Uint8Array>;

/**
 * A store on LevelDB (npm `classic-level`) in a directory, which is made when missing. One process at a time; each
 * batch is synced to the disk before it counts as written.
 *
 * LevelDB does not check its own checksums on reading as classic-level opens it, so each value ends with a CRC-32 of
 * key and value; a value that does not fit is `chain/data-damaged`, never served.
 *
 * Rejects with `chain/driver-missing`, `chain/data-directory-in-use`, `chain/data-damaged` or `chain/store-failed`.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  const database = await open(directory);
  let closed: Promise<void> | undefined;
  return {
    get: (key) => read(database, key),
    entries: (range) => scan(database, range),
    async write(operations) {
      // A chained batch goes to LevelDB call by call and is several times faster than an array.
      try {
        const batch = database.batch();
        for (const operation of operations) add(batch, operation);
        await batch.write({ sync: true });
      } catch (cause) {
        fail('write', cause);
      }
    },
    snapshot() {
      const snapshot = database.snapshot();
      return {
        get: (key) => read(database, key, snapshot),
        entries: (range) => scan(database, range, snapshot),
        close: () => snapshot.close(),
      };
    },
    close() {
      closed ??= database.close();
      return closed;
    },
  };
}

const CHECK_LENGTH = 4;

async function open(directory: string): Promise<Database> {
  let driver: typeof import('classic-level');
  try {
    driver = await import('classic-level');
  } catch (cause) {
    throw new ChainError(
      'chain/driver-missing',
      'database not opened: found no usable classic-level, expected it installed',
      { driver: 'classic-level' },
      { cause },
    );
  }
  try {
    await mkdir(directory, { recursive: true });
    const database: Database = new driver.ClassicLevel(directory, {
      keyEncoding: 'view',
      valueEncoding: 'view',
      // Hashes and signatures do not compress.
      compression: false,
      cacheSize: 64 * 1024 * 1024,
      writeBufferSize: 16 * 1024 * 1024,
    });
    await database.open();
    return database;
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'LEVEL_LOCKED') {
      throw new ChainError(
        'chain/data-directory-in-use',
        `database not opened: found ${directory} in use by another process, expected it free`,
        { directory },
        { cause },
      );
    }
    if (code === 'LEVEL_CORRUPTION') throw damaged('files that LevelDB calls corrupt', cause);
    return fail('open', cause);
  }
}

function add(batch: ReturnType<Database['batch']>, { key, value }: StoreOperation): void {
  if (value === undefined) {
    batch.del(key);
    return;
  }
  const record = Buffer.allocUnsafe(value.length + CHECK_LENGTH);
  record.set(value);
  record.writeUInt32BE(checkOf(key, value), value.length);
  batch.put(key, record);
}

function read(database: Database, key: Uint8Array, snapshot?: Snapshot): Uint8Array | undefined {
  let record: Uint8Array | undefined;
  try {
    record = database.getSync(key, snapshot === undefined ? {} : { snapshot });
  } catch (cause) {
    return fail('read', cause);
  }
  return record === undefined ? undefined : checkedValue(key, record);
}

async function* scan(
  database: Database,
  { from, to, reverse = false }: StoreRange,
  snapshot?: Snapshot,
): AsyncIterable<StoreEntry> {
  const range = { gte: from, lt: to, reverse };
  const iterator = database.iterator(snapshot === undefined ? range : { ...range, snapshot });
  try {
    for await (const [key, record] of iterator) yield [key, checkedValue(key, record)];
  } catch (cause) {
    if (cause instanceof ToolkitError) throw cause;
    fail('read', cause);
  } finally {
    await iterator.close();
  }
}

function checkedValue(key: Uint8Array, record: Uint8Array): Uint8Array {
  const length = record.length - CHECK_LENGTH;
  const value = record.subarray(0, Math.max(length, 0));
  const check = Buffer.from(record.buffer, record.byteOffset + value.length, record.length - value.length);
  if (length < 0 || check.readUInt32BE() !== checkOf(key, value)) {
    throw damaged(`a record of kind ${key[0]} whose checksum does not fit`);
  }
  return value;
}

const checkOf = (key: Uint8Array, value: Uint8Array): number => crc32(value, crc32(key));

function fail(operation: string, cause: unknown): never {
  if (codeOf(cause) === 'LEVEL_CORRUPTION') throw damaged('files that LevelDB calls corrupt', cause);
  throw new ChainError(
    'chain/store-failed',
    `database did not ${operation}: found ${cause instanceof Error ? cause.message : String(cause)}`,
    { operation },
    { cause },
  );
}

/** The LEVEL_… code of an error or of one of its causes. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { readonly code?: unknown };
    if (code === 'LEVEL_LOCKED' || code === 'LEVEL_CORRUPTION') return code;
  }
  return '';
}

const damaged = (what: string, cause?: unknown): ChainError =>
  new ChainError(
    'chain/data-damaged',
    `database not read: found ${what}, expected what was written`,
    { what },
    { cause },
  );
