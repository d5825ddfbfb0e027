// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBsim } from '../../src/cli/program.ts';
import { type Ended, type LineProcess, startProcess } from './line-process.ts';

/** The built command line. */
export const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Arguments that run `bsim` by `env`, with these variables and none of the developer's own. */
export const bsimCommand = (
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): string[] => [
  ...Object.keys(process.env)
    .filter((name) => name.startsWith('BSIM_'))
    .flatMap((name) => ['-u', name]),
  ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
  process.execPath,
  MAIN,
  ...args,
];

/** Runs `bsim` to its end with no standard input. */
export async function bsim(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  timeoutMs = 60_000,
): Promise<Ended> {
  const child = startProcess('env', bsimCommand(args, variables));
  child.endInput();
  return child.ended(timeoutMs);
}

/** Runs `bsim --json`, expects success, and gives what it printed. */
export async function bsimJson<Answer>(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { code, stdout, stderr } = await bsim(['--json', ...args], variables);
  if (code !== 0) throw new Error(`bsim ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** What a command wrote and how it ended. */
export type Answered = Pick<Ended, 'code' | 'stdout' | 'stderr'>;

/**
 * Runs `bsim` to its end in this process, from the sources, with no terminal: many times faster than a process of its
 * own. One at a time, since the process has one environment and one standard output.
 */
export async function bsimHere(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const ours = Object.entries(process.env).filter(([name]) => name.startsWith('BSIM_'));
  const clear = (): void => {
    for (const name of Object.keys(process.env)) if (name.startsWith('BSIM_')) delete process.env[name];
  };
  const written = { stdout: '', stderr: '' };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  const names = ['stdout', 'stderr'] as const;
  clear();
  Object.assign(process.env, variables);
  for (const name of names)
    process[name].write = (part: string | Uint8Array): boolean => {
      written[name] += typeof part === 'string' ? part : Buffer.from(part).toString();
      return true;
    };
  try {
    await runBsim(args, { version: '0.0.0' });
    return { code: Number(process.exitCode ?? 0), ...written };
  } finally {
    for (const name of names) process[name].write = writes[name];
    process.exitCode = undefined;
    clear();
    Object.assign(process.env, Object.fromEntries(ours));
  }
}

/** As {@link bsimHere} with `--json`: expects success, and gives what it printed. */
export async function jsonHere<Answer>(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { code, stdout, stderr } = await bsimHere(['--json', ...args], variables);
  if (code !== 0) throw new Error(`bsim ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** As {@link bsimHere} with `--json`: expects failure, and gives exit code and error code as `3 card/wrong-pin`. */
export async function refusalHere(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await bsimHere(['--json', ...args], variables);
  if (code === 0) throw new Error(`bsim ${args.join(' ')} succeeded: ${stdout}`);
  return `${code} ${(JSON.parse(stderr) as { error: { code: string } }).error.code}`;
}

/** A running node of a directory. */
export type RunningNode = {
  readonly url: string;
  readonly process: LineProcess;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
};

/** Starts `bsim node start` and waits until it serves. */
export async function startNode(directory: string): Promise<RunningNode> {
  const child = startProcess('env', bsimCommand(['node', 'start', directory, '--port', '0']));
  const url = /API at (\S+);/.exec(await child.line())?.[1];
  if (url === undefined) throw new Error('the node did not say where it listens');
  return {
    url,
    process: child,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return child.ended();
    },
  };
}

/** A directory of its own for a test; `remove` takes it away. */
export function temporaryDirectory(): {
  readonly path: string;
  readonly at: (name: string) => string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'bsim-test-'));
  return {
    path,
    at: (name) => join(path, name),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Makes an operator's transport key with the OpenSSL command line: `transport.pem` and `public.pem` in the directory. */
export function makeTransportKey(at: (name: string) => string): void {
  const curve = ['-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const quiet = { stdio: 'ignore' } as const;
  execFileSync('openssl', ['genpkey', '-algorithm', 'EC', ...curve, '-out', at('transport.pem')], quiet);
  execFileSync('openssl', ['pkey', '-in', at('transport.pem'), '-pubout', '-out', at('public.pem')], quiet);
}

/** Makes what an issuer of cards has, in the directory: `ca/` with root and issuing authority, and `card-keys.json`. */
export async function makeIssuer(at: (name: string) => string): Promise<void> {
  await bsimJson(['ca', 'init', at('ca')]);
  await bsimJson(['card', 'keys', 'new', at('card-keys.json')]);
}

/** Options of `bsim provision` for the files of {@link makeTransportKey}, {@link makeIssuer} and a chain in `chain/`. */
export const batchOptions = (at: (name: string) => string, cards: string): string[] => [
  ...['--cards', at(cards), '--operator-key', at('chain/operator.pem'), '--transport-key', at('public.pem')],
  ...['--ca', at('ca'), '--card-keys', at('card-keys.json')],
];
