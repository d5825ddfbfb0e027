// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the project. */
export const root = fileURLToPath(new URL('../', import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  orExit(`Node.js is too old: found ${process.versions.node}, expected 20.19 or newer`);
}

/**
 * Installs what package-lock.json names when node_modules is missing or older than it. Optional native packages that
 * do not compile here are left out by npm; nothing that `npm start` does needs them compiled. Gives the output of
 * what failed, or undefined.
 */
export function ensureDependencies() {
  const installed = join(root, 'node_modules/.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  return attempt('installing dependencies: npm ci', npm('ci', '--no-audit', '--no-fund'));
}

/** Compiles to dist/ when a source file changed since the last time. Gives the output of what failed, or undefined. */
export function ensureBuilt() {
  const stamp = join(root, 'dist/.stamp');
  const state = sourceState();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return undefined;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const output = attempt('building dist: tsc -p tsconfig.build.json', () =>
    node('typescript/bin/tsc', '-p', 'tsconfig.build.json'),
  );
  if (output !== undefined) return output;
  chmodSync(join(root, 'dist/src/cli/main.js'), 0o755);
  writeFileSync(stamp, state);
  return undefined;
}

/** Installs optional packages again that npm left out, such as pcsclite once its headers are there. */
export const reinstallOptional = (name) =>
  attempt(`building ${name}: npm install`, () => {
    rmSync(join(root, 'node_modules', name), { recursive: true, force: true });
    return npm('install', '--no-audit', '--no-fund', '--no-save')();
  });

/** Whether a package loads in this Node. */
export const loads = (name) =>
  spawnSync(process.execPath, ['-e', `require(${JSON.stringify(name)})`], { cwd: root }).status === 0;

/** Ends the process with the output of a step that failed. */
export function orExit(output) {
  if (output === undefined) return;
  process.stderr.write(`${output}\n`);
  process.exit(1);
}

/** Prints what is done and for how long, does it, and gives its output when it fails. */
export function attempt(title, work) {
  const started = performance.now();
  process.stdout.write(`${title} … `);
  const { status, stdout, stderr, error } = work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(status === 0 ? `${seconds} s\n` : `failed after ${seconds} s\n`);
  return status === 0 ? undefined : `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim();
}

/** Runs a script of an installed package with this Node. */
export const node = (script, ...args) =>
  spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root, encoding: 'utf8' });

/** npm as a call that waits; run by its own name, so that a wrapper or a version manager is honoured. */
function npm(...args) {
  return () =>
    spawnSync('npm', args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, ...headersOfThisNode() },
      shell: process.platform === 'win32',
    });
}

/** Tells node-gyp to use the headers that lie beside this Node, where they do, instead of fetching them. */
function headersOfThisNode() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const isSet = process.env.npm_config_nodedir ?? process.env.NPM_CONFIG_NODEDIR;
  return isSet === undefined && existsSync(join(prefix, 'include/node/node.h'))
    ? { npm_config_nodedir: prefix }
    : {};
}

/** A hash that changes with name, size or time of every file that the build reads. */
function sourceState() {
  const folders = ['protocol', 'applet-sim', 'host', 'src', 'scripts'];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const hash = createHash('sha256');
  for (const file of [...files.sort(), 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
