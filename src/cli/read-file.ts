// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readSync } from 'node:fs';
import { concat, wipe } from '../../protocol/bytes.ts';
import { CliError } from './errors.ts';

/** Most bytes that are read of a file that the user named; devices have no end. */
export const NAMED_FILE_MAX = 64 * 1024 * 1024;

const CHUNK = 64 * 1024;

/**
 * Bytes of a file or pipe that the user named; no other copy is left, so that the caller can wipe a secret.
 * Throws `cli/file-not-read`, also above {@link NAMED_FILE_MAX}.
 */
export function readNamedFile(file: string): Uint8Array {
  let handle: number | undefined;
  const parts: Uint8Array[] = [];
  try {
    handle = openSync(file, 'r');
    let length = 0;
    for (;;) {
      const part = new Uint8Array(CHUNK);
      const read = readSync(handle, part);
      if (read === 0) return concat(...parts);
      parts.push(part.subarray(0, read));
      length += read;
      if (length > NAMED_FILE_MAX) throw notRead(file, `more than ${NAMED_FILE_MAX} bytes`);
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw notRead(file, (cause as NodeJS.ErrnoException).code ?? 'unknown', cause);
  } finally {
    wipe(...parts);
    if (handle !== undefined) closeSync(handle);
  }
}

const notRead = (file: string, reason: string, cause?: unknown): CliError<'cli/file-not-read'> =>
  new CliError(
    'cli/file-not-read',
    `file not read: found ${reason} at ${file}, expected a readable file`,
    { file, reason },
    { cause },
  );
