// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../protocol/error-table.ts';

/** Errors of the emulated card's surroundings; faults of a command are status words, never these. */
export const emulatorErrors = {
  'emulator/card-closed': entry(
    'A command was sent to an emulated card that is closed.',
    'Open the card again with createCard.',
  ),
  'emulator/card-in-use': entry<{ path: string; lock: string; pid: number }>(
    'Another process runs the emulated card of this file.',
    'Stop that emulator first; if the process is none of ours, remove the lock file.',
  ),
  'emulator/card-file-damaged': entry<{ path: string; reason: string }>(
    'The card file is not one that the emulator wrote, or was changed since.',
    'Restore the file from a copy, or begin with a new card under another name.',
  ),
  'emulator/card-file-version': entry<{ path: string; found: number; expected: number }>(
    'The card file has a version that this emulator does not read.',
    'Use the version of bsim that wrote the file.',
  ),
  'emulator/card-file-not-read': entry<{ path: string; reason: string }>(
    'The card file or its lock could not be opened.',
    'Check that path and directory exist and belong to you.',
  ),
  'emulator/card-file-not-written': entry<{ path: string; reason: string }>(
    'The card file could not be written; the card answered 6581.',
    'Check free space and permissions of the directory, then start the emulator again.',
  ),
  'emulator/card-image-not-read': entry<{ reason: string }>(
    'The memory image of a card does not hold the state of this application.',
    'Use the version of bsim that wrote it, or begin with a new card.',
  ),
  'emulator/reader-not-reached': entry<{ host: string; port: number; reason: string }>(
    'No virtual reader answers at that address.',
    'Start pcscd with the vsmartcard-vpcd driver (Debian: apt install pcscd vsmartcard-vpcd), then attach again.',
  ),
  'emulator/reader-lost': entry<{ host: string; port: number; reason: string }>(
    'The connection to the virtual reader broke.',
    'Check that pcscd still runs, then attach again.',
  ),
  'emulator/not-listening': entry<{ host: string; port: number; reason: string }>(
    'The emulated card cannot listen for readers at that address.',
    'Choose an address of this computer and a port that is free; port 0 takes any.',
  ),
} as const;

/** A code of {@link emulatorErrors}. */
export type EmulatorErrorCode = keyof typeof emulatorErrors;

/** An error of the emulator around the card; facts by code in {@link emulatorErrors}. */
export class EmulatorError<Code extends EmulatorErrorCode = EmulatorErrorCode> extends errorsOf(
  emulatorErrors,
)<Code> {}
