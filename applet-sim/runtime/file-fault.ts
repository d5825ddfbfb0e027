// SPDX-License-Identifier: Apache-2.0
import { EmulatorError } from '../errors.ts';

/** Whether an error of the operating system has that name, such as ENOENT. */
export const hasErrno = (error: unknown, name: string): boolean =>
  error instanceof Error && 'code' in error && error.code === name;

/** The error of a card file that cannot be opened. */
export function notRead(path: string, cause: unknown): EmulatorError<'emulator/card-file-not-read'> {
  const reason = reasonOf(cause);
  return new EmulatorError(
    'emulator/card-file-not-read',
    `card file ${path} not opened: found ${reason}, expected a file or a directory to make it in`,
    { path, reason },
    { cause },
  );
}

/** The error of a card file that cannot be written. */
export function notWritten(path: string, cause: unknown): EmulatorError<'emulator/card-file-not-written'> {
  const reason = reasonOf(cause);
  return new EmulatorError(
    'emulator/card-file-not-written',
    `card file ${path} not written: found ${reason}, expected space and permission to write`,
    { path, reason },
    { cause },
  );
}

/** Name of the operating system's error, or its message. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
