// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { CliError } from './errors.ts';

/** Makes a directory, for its owner only, where there is none yet. Throws `cli/file-not-written`. */
export function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError(
      'cli/file-not-written',
      `directory not made: found ${reason} at ${directory}, expected a directory that can be written`,
      { file: directory, reason },
      { cause },
    );
  }
}
