// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, type LineProcess, startProcess } from './line-process.ts';

/** Name of the first slot of vsmartcard's virtual reader. */
export const VIRTUAL_READER = 'Virtual PCD 00 00';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scripts = join(root, 'test/pcsc/scripts');

/** Path of a script of test/pcsc/scripts. */
export const pcscScript = (name: string): string => join(scripts, name);

/** The reason why the PC/SC test bed cannot be set up here, or undefined. */
export function pcscUnavailable(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, for a network and a /run of its own';
  const programs = ['pcscd', 'opensc-tool', 'pcsc_scan', 'ip', 'unshare', 'nsenter'];
  const places = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const missing = programs.filter((name) => !places.some((place) => existsSync(join(place, name))));
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  if (!existsSync('/etc/reader.conf.d/vpcd')) return 'needs the virtual reader vsmartcard-vpcd';
  try {
    createRequire(import.meta.url)('pcsclite');
  } catch {
    return 'needs npm pcsclite with its native part';
  }
  if (spawnSync('unshare', [...NAMESPACES, 'true'], { timeout: 10_000 }).status !== 0)
    return 'needs the right to make namespaces (unshare)';
  if (!existsSync(join(root, 'dist/host/index.js'))) return 'needs dist/: npm run build';
  return undefined;
}

/** Whether a missing test bed is a failure and no reason to skip. */
export const strict = process.env.BSIM_TEST_STRICT === '1';

/** A place with its own network, /run and processes, in which a PC/SC daemon may run unseen by the rest. */
export type PcscNamespace = {
  /** Starts a program inside. */
  start(command: string, args?: readonly string[]): LineProcess;
  /** Runs a program inside to its end. */
  run(command: string, args?: readonly string[], timeoutMs?: number): Promise<Ended>;
  /** Starts pcscd and waits until its virtual reader listens. */
  startDaemon(): Promise<void>;
  /** Kills pcscd. */
  killDaemon(): Promise<void>;
  /** Starts a blank emulated card and waits until it is in the virtual reader. */
  insertCard(profile?: 't1' | 't0'): Promise<InsertedCard>;
  /** Ends all that runs inside. */
  close(): Promise<void>;
};

/** A card emulated in a process of its own: one process cannot be reader and card at once. */
export type InsertedCard = {
  /** Takes it out, and waits until the daemon, where one runs, sees the reader empty. */
  remove(): Promise<void>;
};

const NAMESPACES = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

/*
 * vpcd writes length and body apart; without quick acknowledgements each APDU would wait 40 ms for the first one's.
 * The init process ends with its standard input, so that all inside ends with this process, however it ends.
 */
const SET_UP = `
set -e
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
ip link set lo up
ip route replace local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1
echo ready
exec cat
`;

/** Makes a namespace, empty but for its network. Throws when the system does not let us. */
export async function openPcscNamespace(): Promise<PcscNamespace> {
  const holder = startProcess('unshare', [...NAMESPACES, 'sh', '-c', SET_UP]);
  await holder.line();
  const init = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim();
  const enter = ['--target', init, '--mount', '--net', '--pid', '--'];
  const start = (command: string, args: readonly string[] = []): LineProcess =>
    startProcess('nsenter', [...enter, command, ...args]);
  const run: PcscNamespace['run'] = (command, args = [], timeoutMs) => start(command, args).ended(timeoutMs);
  const wait = async (script: string, ...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run(process.execPath, [pcscScript(script), ...args]);
    if (code !== 0) throw new Error(`${script} ${args.join(' ')} waited in vain: ${stderr}`);
  };
  return {
    start,
    run,
    startDaemon: async () => {
      start('pcscd', ['--foreground']);
      await wait('wait-for-reader.mjs');
    },
    killDaemon: async () => {
      await run('sh', ['-c', 'kill -9 "$(cat /run/pcscd/pcscd.pid)"']);
    },
    insertCard: async (profile = 't1') => {
      const card = start(process.execPath, [pcscScript('card.mjs'), profile]);
      await card.line();
      await wait('wait-for-card.mjs', VIRTUAL_READER, 'present');
      return {
        remove: async () => {
          card.endInput();
          await card.ended();
          await wait('wait-for-card.mjs', VIRTUAL_READER, 'absent');
        },
      };
    },
    close: async () => {
      holder.endInput();
      await holder.ended();
    },
  };
}
