// SPDX-License-Identifier: Apache-2.0
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ToolkitError } from '../../protocol/error-table.ts';
import { ProvisioningError } from './errors.ts';

/** Writes all of the bytes at a place in a file: on a disk that fills up, one call may write a part only. */
export function writeWhole(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
}

/** Makes a new directory entry survive power loss. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Does `work` on a file; what the operating system says against it comes as `provisioning/not-written`. */
export function onFile<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ToolkitError) throw cause;
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new ProvisioningError(
      'provisioning/not-written',
      `${file} not written: found ${reason}, expected a file that can be written and space for it`,
      { file, reason },
      { cause },
    );
  }
}
