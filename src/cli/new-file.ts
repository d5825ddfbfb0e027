// SPDX-License-Identifier: Apache-2.0
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '../../host/provisioning/durable-file.ts';
import { CliError } from './errors.ts';

/**
 * Writes a new file that only its owner reads, mode 0600, whole and durable, or leaves none: half a key would be in
 * the way of the next attempt. `what` names it in the message. Throws `cli/file-not-written`, also when there is a file
 * of that name already.
 */
export function writeNewFile(file: string, content: string | Uint8Array, what: string): void {
  try {
    writeWhole(file, content);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError(
      'cli/file-not-written',
      `${what} not written: found ${reason} at ${file}, expected a new file`,
      { file, reason },
      { cause },
    );
  }
}

function writeWhole(file: string, content: string | Uint8Array): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
    // Much may hang on a key: its name must survive a power cut too.
    syncDirectory(dirname(file));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
}
