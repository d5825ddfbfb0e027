// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmulatorError } from '../errors.ts';
import { CARD_FILE_MAX, damaged, decodeCardFile, encodeCardFile } from './card-file-format.ts';
import { lockCardFile } from './card-file-lock.ts';
import { type CardMemory, changedRecords, type RecordChanges, type Records } from './card-memory.ts';
import { hasErrno, notRead, notWritten } from './file-fault.ts';

/**
 * Memory of one card in one file, mode 0600; needs Node. The file is the emulated silicon and holds the card's keys.
 * It is made at the first write, and each write replaces it whole: temporary file, fsync, rename, fsync of the
 * directory.
 *
 * Throws `emulator/card-in-use` while another emulator runs the card, `emulator/card-file-damaged` for a file that
 * was changed, `emulator/card-file-version` and `emulator/card-file-not-read`. Its `write` throws
 * `emulator/card-file-not-written`, or `emulator/card-in-use` when the lock was taken away.
 */
export function openCardFile(path: string): CardMemory {
  const file = resolve(path);
  const temporary = `${file}.tmp`;
  const lock = lockCardFile(file);
  let closed = false;
  // Set when a write may or may not have reached the disk: then only a new start can tell which image counts.
  let unsure: unknown;

  let records: Records;
  const write = (changes: RecordChanges): void => {
    if (closed) throw notWritten(path, 'a closed card');
    if (unsure !== undefined) throw notWritten(path, unsure);
    lock.check();
    const next = changedRecords(records, changes);
    try {
      rmSync(temporary, { force: true });
      writeDurably(temporary, encodeCardFile(next));
      renameSync(temporary, file);
    } catch (cause) {
      throw notWritten(path, cause);
    }
    records = copyOf(next);
    try {
      syncDirectory(dirname(file));
    } catch (cause) {
      unsure = cause;
      throw notWritten(path, cause);
    }
  };

  try {
    records = readRecords(file);
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    read: () => copyOf(records),
    write,
    close: () => {
      if (closed) return;
      closed = true;
      lock.release();
    },
  };
}

/** The real file behind symbolic links, so that two names of one card have one lock. */
function resolve(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (!hasErrno(cause, 'ENOENT')) throw notRead(path, cause);
  }
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (cause) {
    throw notRead(path, cause);
  }
}

function readRecords(file: string): Records {
  const text = readText(file);
  return text === undefined ? new Map() : decodeCardFile(file, text);
}

const copyOf = (records: Records): Records =>
  new Map([...records].map(([name, value]) => [name, new Uint8Array(value)]));

function readText(file: string): string | undefined {
  try {
    // Asked before it is opened: a pipe without a writer would never open, a device never end.
    const found = statSync(file);
    if (!found.isFile()) throw notRead(file, 'no regular file');
    if (found.size > CARD_FILE_MAX) throw damaged(file, `${found.size} bytes`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof EmulatorError) throw cause;
    if (hasErrno(cause, 'ENOENT')) return undefined;
    throw notRead(file, cause);
  }
}

function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a rename durable. Windows cannot open a directory; there the rename is as durable as the system makes it. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
