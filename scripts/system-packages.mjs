// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hasJdk, hasMaven } from './firmware.mjs';
import { canMakeEnvironments } from './python-packages.mjs';
import { attempt } from './set-up.mjs';

/**
 * What the whole suite needs from the operating system: the Debian package, a file or a check that shows it is there,
 * and what is tested with it.
 */
const needed = [
  { name: 'pcscd', files: ['/usr/sbin/pcscd'], tests: 'the PC/SC path' },
  { name: 'vsmartcard-vpcd', files: ['/etc/reader.conf.d/vpcd'], tests: 'the PC/SC path' },
  { name: 'libpcsclite-dev', files: ['/usr/include/PCSC/winscard.h'], tests: 'the PC/SC path' },
  { name: 'opensc', files: ['/usr/bin/opensc-tool'], tests: 'the PC/SC path' },
  { name: 'pcsc-tools', files: ['/usr/bin/pcsc_scan'], tests: 'the PC/SC path' },
  {
    name: 'iproute2',
    files: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'],
    tests: 'the PC/SC path',
  },
  { name: 'util-linux', files: ['/usr/bin/unshare'], tests: 'the PC/SC path' },
  { name: 'procps', files: ['/usr/bin/pkill', '/bin/pkill'], tests: 'the PC/SC path' },
  { name: 'g++', files: ['/usr/bin/g++'], tests: 'the PC/SC path' },
  { name: 'make', files: ['/usr/bin/make'], tests: 'the PC/SC path' },
  { name: 'python3', files: ['/usr/bin/python3'], tests: 'the PC/SC path (node-gyp)' },
  { name: 'python3-venv', has: canMakeEnvironments, tests: 'SCP03 against yubikit' },
  { name: 'openssl', files: ['/usr/bin/openssl'], tests: 'what OpenSSL checks' },
  { name: 'default-jdk-headless', has: hasJdk, tests: 'the firmware' },
  { name: 'maven', has: hasMaven, tests: 'the firmware' },
];

const UPDATE_TIMEOUT_MS = 3 * 60_000;
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/**
 * Installs what is missing where the system is Debian's kind and this user may. Gives one line for each thing that is
 * still missing, with what is not tested without it and how to get it.
 */
export function ensureSystemPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return [];
  const names = missing.map((each) => each.name);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const mayInstall = existsSync('/usr/bin/apt-get') && (sudo.length === 0 || canSudo());
  if (mayInstall) {
    attempt('updating the package lists: apt-get update', () => apt(sudo, UPDATE_TIMEOUT_MS, 'update'));
    const output = attempt(`installing ${names.join(' ')}: apt-get install`, () =>
      apt(sudo, INSTALL_TIMEOUT_MS, 'install', '-y', '--no-install-recommends', ...names),
    );
    if (output !== undefined) process.stdout.write(`${output.split('\n').slice(-5).join('\n')}\n`);
  }
  return missingPackages().map(
    ({ name, tests }) => `${tests} needs ${name} (Debian: apt-get install ${name}), which is not installed`,
  );
}

const missingPackages = () =>
  needed.filter(({ files, has = () => files.some((file) => existsSync(file)) }) => !has());

const canSudo = () => spawnSync('sudo', ['-n', 'true'], { timeout: 10_000 }).status === 0;

function apt(sudo, timeout, ...args) {
  const [command, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
  return spawnSync(command, rest, { encoding: 'utf8', timeout });
}
