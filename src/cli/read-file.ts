// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { CliError } from './errors.ts';

/** Bytes of a file that the user named. Throws `cli/file-not-read`. */
export function readNamedFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError(
      'cli/file-not-read',
      `file not read: found ${reason} at ${file}, expected a readable file`,
      { file, reason },
      { cause },
    );
  }
}
