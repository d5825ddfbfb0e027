// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a process ended, and all that it wrote. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** A child process that is talked to line by line; every wait is bounded. */
export type LineProcess = {
  readonly pid: number;
  /** The next line of standard output; rejects after `timeoutMs` or when the process ends first. */
  line(timeoutMs?: number): Promise<string>;
  send(line: string): void;
  /** Sends it a signal; nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Ends its standard input. */
  endInput(): void;
  /** How it ended; it is killed after `timeoutMs`, which rejects. */
  ended(timeoutMs?: number): Promise<Ended>;
};

const WAIT_MS = 20_000;

/** Starts a process; environment as this one's. */
export function startProcess(command: string, args: readonly string[]): LineProcess {
  const child: ChildProcessWithoutNullStreams = spawn(command, args, { stdio: 'pipe' });
  const waiting: string[] = [];
  const takers: ((line: string) => void)[] = [];
  const output = { stdout: '', stderr: '' };
  child.stderr.on('data', (part) => {
    output.stderr += part;
  });
  // A peer that ended is reported by `ended`, not by a broken pipe.
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    output.stdout += `${line}\n`;
    const take = takers.shift();
    if (take === undefined) waiting.push(line);
    else take(line);
  });
  const end = new Promise<Ended>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, ...output, stderr: error.message }));
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  const describe = (): string => `${command} ${args.join(' ')}\n${output.stdout}${output.stderr}`;

  return {
    pid: child.pid ?? 0,
    line: (timeoutMs = WAIT_MS) => {
      const ready = waiting.shift();
      if (ready !== undefined) return Promise.resolve(ready);
      return new Promise((resolve, reject) => {
        const take = (line: string): void => {
          clearTimeout(timer);
          resolve(line);
        };
        const give = (why: string): void => {
          clearTimeout(timer);
          takers.splice(takers.indexOf(take) >>> 0, 1);
          reject(new Error(`no line from the process, ${why}: ${describe()}`));
        };
        const timer = setTimeout(() => give(`waited ${timeoutMs} ms`), timeoutMs);
        takers.push(take);
        void end.then(() => {
          if (takers.includes(take)) give('it ended');
        });
      });
    },
    send: (line) => child.stdin.write(`${line}\n`),
    kill: (signal) => child.kill(signal),
    endInput: () => child.stdin.end(),
    ended: async (timeoutMs = WAIT_MS) => {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        child.kill('SIGKILL');
        // What it started may still hold these.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      }, timeoutMs);
      const result = await end;
      clearTimeout(timer);
      if (late) throw new Error(`the process did not end within ${timeoutMs} ms: ${describe()}`);
      return result;
    },
  };
}
