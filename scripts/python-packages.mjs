// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { attempt } from './set-up.mjs';

/**
 * Python packages that tests hold the project against, in exact versions: yubikit, the host of another vendor for
 * SCP03, and what it needs for that; the rest of what yubikey-manager names is for its command line.
 */
export const requirements = [
  'cffi==2.1.1',
  'cryptography==50.0.2',
  'pycparser==3.12',
  'yubikey-manager==5.9.2',
];

const CREATE_TIMEOUT_MS = 2 * 60_000;
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Folder of the virtual environment: outside of the project, and another one for other requirements. */
const folder = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'bsim-toolkit',
  `python-${createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 16)}`,
);

/** The interpreter that finds {@link requirements}, once {@link ensurePythonPackages} made it. */
export const pythonInterpreter = join(folder, 'bin/python');

/** Whether the environment is there and still fits the Python of this machine. */
export const hasPythonPackages = () =>
  run(pythonInterpreter, 20_000, '-c', 'import yubikit.core.smartcard').status === 0;

/**
 * Makes the virtual environment where it is not there yet. Gives a line that says what is not tested, or none; without
 * Python itself none either, for `ensureSystemPackages` says that.
 */
export function ensurePythonPackages() {
  if (hasPythonPackages() || !canMakeEnvironments()) return [];
  // Made under another name first: what has the right name is complete.
  const making = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  const output =
    attempt('making a Python environment: python3 -m venv', () =>
      run('python3', CREATE_TIMEOUT_MS, '-m', 'venv', making),
    ) ??
    attempt(`installing ${requirements.join(' ')}: pip install`, () =>
      run(
        join(making, 'bin/python'),
        INSTALL_TIMEOUT_MS,
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'],
        ...['--only-binary', ':all:', ...requirements],
      ),
    );
  // Two runs at once may both come here; the one that is later finds the other's.
  if (output === undefined && !hasPythonPackages()) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
  }
  rmSync(making, { recursive: true, force: true });
  if (output === undefined) return [];
  process.stdout.write(`${output.split('\n').slice(-5).join('\n')}\n`);
  return ['what yubikit checks of SCP03 is not tested: its Python packages are not installed (pip says why)'];
}

/** Whether `python3` is there with what `python3 -m venv` needs; Debian keeps that in a package of its own. */
export const canMakeEnvironments = () => run('python3', 10_000, '-c', 'import ensurepip, venv').status === 0;

const run = (command, timeout, ...args) => spawnSync(command, args, { encoding: 'utf8', timeout });
