// SPDX-License-Identifier: Apache-2.0
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { EmulatorError } from '../errors.ts';
import { hasErrno, notRead } from './file-fault.ts';

/** The right of this process to a card file, kept in a lock file beside it. */
export type CardFileLock = {
  /** Throws `emulator/card-in-use` when another process has taken the lock. */
  check(): void;
  /** Gives the lock back; a second call does nothing. */
  release(): void;
};

/** Attempts to take a lock that others take and leave meanwhile. */
const ATTEMPTS = 8;

/**
 * Takes the lock of a card file: `PATH.lock`, which holds process id and, where /proc tells it, the process's start
 * time, so that a process id that was given out again does not count as the holder. The lock of a process that is
 * dead is taken over. Throws `emulator/card-in-use` or `emulator/card-file-not-read`.
 */
export function lockCardFile(path: string): CardFileLock {
  const lock = `${path}.lock`;
  const mine = holderText(process.pid);
  try {
    acquire(path, lock, mine);
  } catch (cause) {
    throw cause instanceof EmulatorError ? cause : notRead(path, cause);
  }
  return {
    check: () => {
      const holder = readHolder(lock);
      if (holder !== mine) throw inUse(path, lock, pidOf(holder ?? ''));
    },
    release: () => {
      if (readHolder(lock) === mine) rmSync(lock, { force: true });
    },
  };
}

function acquire(path: string, lock: string, mine: string): void {
  const unique = `${lock}.${process.pid}.${performance.now()}`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (linkNew(unique, lock, mine)) return;
    const holder = readHolder(lock);
    if (holder === undefined) continue;
    if (isAlive(holder)) throw inUse(path, lock, pidOf(holder));
    takeAway(unique, lock, path);
  }
  throw inUse(path, lock, pidOf(readHolder(lock) ?? ''));
}

/** Whether the lock could be made; a link, so that the lock is never seen without its content. */
function linkNew(unique: string, lock: string, content: string): boolean {
  writeFileSync(unique, content, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(unique, lock);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(unique, { force: true });
  }
}

/** Removes a dead process's lock; puts it back when it turns out that a living one has meanwhile made its own. */
function takeAway(unique: string, lock: string, path: string): void {
  try {
    renameSync(lock, unique);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return;
    throw error;
  }
  const holder = readHolder(unique) ?? '';
  const living = isAlive(holder);
  if (living) linkNew(`${unique}.back`, lock, holder);
  rmSync(unique, { force: true });
  if (living) throw inUse(path, lock, pidOf(holder));
}

function readHolder(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'latin1').slice(0, 100);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const holderText = (pid: number): string => `${pid} ${startTimeOf(pid) ?? '-'}\n`;
const pidOf = (holder: string): number => Number.parseInt(holder, 10) || 0;

/** Whether the process that wrote the text still runs. An unreadable text is left by a crash of the machine. */
function isAlive(holder: string): boolean {
  const pid = pidOf(holder);
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, for somebody else.
    if (!hasErrno(error, 'EPERM')) return false;
  }
  const started = holder.trim().split(' ')[1];
  const startsNow = startTimeOf(pid);
  return started === '-' || startsNow === undefined || started === startsNow;
}

/** Start of a process in clock ticks since boot: field 22 of /proc/PID/stat, counted after the name in brackets. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // No such file system here, or not for this process: the process id alone must do.
    return undefined;
  }
}

function inUse(path: string, lock: string, pid: number): EmulatorError<'emulator/card-in-use'> {
  return new EmulatorError(
    'emulator/card-in-use',
    `card file ${path} not opened: found the lock of process ${pid}, expected none`,
    { path, lock, pid },
  );
}
