// SPDX-License-Identifier: Apache-2.0
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { concat, equalBytes, readUint64, uint64 } from '../../protocol/bytes.ts';
import { ChainError } from './errors.ts';

/** The last block that was acknowledged. */
export type Mark = { readonly height: bigint; readonly hash: Uint8Array };

/** A file beside the database that remembers the last acknowledged block. */
export type HeadMark = {
  /** What was read when the file was opened; undefined for a new one. */
  readonly mark: Mark | undefined;
  /** Remembers a block that is durable. */
  write(mark: Mark): void;
  /** Lets the file go; a second call does nothing. */
  close(): void;
};

const LENGTH = 8 + 32 + 4;

/**
 * Opens the mark: height (8) ‖ header hash (32) ‖ CRC-32 (4). LevelDB takes a damaged end of its log for a write that
 * never finished and drops it in silence; the mark is written after each batch is durable, so a database that ends
 * below it has lost blocks. Throws `chain/data-damaged` or `chain/store-failed`.
 */
export function openHeadMark(path: string): HeadMark {
  try {
    const file = openSync(path, 'a+', 0o644);
    closeSync(file);
    const content = readFileSync(path);
    const mark = content.length === 0 ? undefined : decode(content);
    const descriptor = openSync(path, 'r+');
    fsyncSync(descriptor);
    let open = true;
    return {
      mark,
      write: (next) => {
        writeSync(descriptor, encode(next), 0, LENGTH, 0);
      },
      close() {
        if (open) closeSync(descriptor);
        open = false;
      },
    };
  } catch (cause) {
    if (cause instanceof ChainError) throw cause;
    const operation = 'open the head mark';
    throw new ChainError(
      'chain/store-failed',
      `node did not ${operation}: see the cause`,
      { operation },
      { cause },
    );
  }
}

/** Throws `chain/data-damaged` unless the chain reaches the mark and has its block. */
export function requireMark(mark: Mark, head: bigint, hashAt: (height: bigint) => Uint8Array): void {
  if (head < mark.height)
    throw damaged(`a chain that ends at height ${head}, expected the acknowledged block ${mark.height}`);
  if (!equalBytes(hashAt(mark.height), mark.hash))
    throw damaged(`another block at height ${mark.height}, expected the acknowledged one`);
}

function encode({ height, hash }: Mark): Uint8Array {
  const body = concat(uint64(height), hash);
  const check = new Uint8Array(4);
  new DataView(check.buffer).setUint32(0, crc32(body));
  return concat(body, check);
}

function decode(content: Uint8Array): Mark {
  const mark = { height: content.length === LENGTH ? readUint64(content) : 0n, hash: content.slice(8, 40) };
  if (!equalBytes(encode(mark), content)) throw damaged('a head mark whose checksum does not fit');
  return mark;
}

const damaged = (what: string): ChainError =>
  new ChainError('chain/data-damaged', `chain not read: found ${what}`, { what });
