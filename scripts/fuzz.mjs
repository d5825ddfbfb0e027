// SPDX-License-Identifier: Apache-2.0
// `npm run fuzz`: random sequences of APDUs on the emulated card, judged by a model of it; with --differential also on the
// Java Card applet, which must answer the same bytes. The same seed is the same sequences, whatever the number of workers.
// Options: --seed N, --sequences N (1,000,000; differential 100,000), --seconds N, --workers N (all processors), --first N
// (number of the first sequence).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { ensureFirmwareBuilt } from './firmware.mjs';
import { ensureDependencies, node, orExit, root } from './set-up.mjs';

orExit(ensureDependencies());
const number = { type: 'string' };
const options = {
  ...{ seed: number, sequences: number, seconds: number, workers: number, first: number },
  differential: { type: 'boolean', default: false },
};
const { values } = parseArgs({ options });
const given = (name, otherwise) => {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0)
    orExit(`--${name} not taken: found ${values[name]}, expected a number from 0`);
  return value;
};
const seed = given('seed', Math.floor(Math.random() * 0x1_0000_0000));
const first = given('first', 0);
const total = given('sequences', values.differential ? 100_000 : 1_000_000);
const seconds = given('seconds', 0);
const workers = Math.max(1, Math.min(given('workers', availableParallelism()), total));
if (values.differential) orExit(ensureFirmwareBuilt());
process.stdout.write(`seed ${seed}\n`);

const folder = mkdtempSync(join(tmpdir(), 'bsim-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const script = bundle(values.differential ? 'test/fuzz/differential-worker.ts' : 'test/fuzz/worker.ts');
const started = performance.now();
const states = Array.from({ length: workers }, () => ({
  sequences: 0,
  exchanges: 0,
  declared: 0,
  isDone: false,
}));
const findings = [];
const children = states.map((_, worker) => {
  const args = [script, seed, first + worker, workers, first + total, seconds, root].map(String);
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
});
// A process that was interrupted takes its workers with it.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    for (const child of children) child.kill();
    process.exit(1);
  });
const codes = await Promise.all(children.map((child, worker) => follow(child, worker)));
const rate = progress();
process.stdout.write('\n');

for (const { message, fixture, reproduce, stack, cause } of findings) {
  process.stdout.write(`found: ${message}\n${stack ?? ''}\n${cause ?? ''}\n`);
  process.stdout.write(`${JSON.stringify(fixture, undefined, 2)}\nagain with: ${reproduce}\n`);
}
const played = sum('sequences');
const verdict = findings.length === 0 ? 'nothing found' : `${findings.length} found`;
const signed = values.differential ? `, ${sum('declared')} with signatures by another nonce` : '';
process.stdout.write(
  `${played} sequences${signed}, ${sum('exchanges')} commands, ${rate} sequences/s on ${workers} workers: ${verdict}; seed ${seed}\n`,
);
const isWhole = codes.every((code, worker) => code === 0 && states[worker].isDone);
process.exitCode = isWhole && findings.length === 0 ? 0 : 1;

/** The worker and all that it imports in one file, which plain Node runs. */
function bundle(worker) {
  const file = join(folder, 'worker.mjs');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const options = [
    '--file',
    file,
    '--platform',
    'node',
    '--format',
    'esm',
    '--external',
    'vitest',
    '--no-codeSplitting',
  ];
  const { status, stdout, stderr } = node('rolldown/bin/cli.mjs', worker, ...options);
  if (status !== 0) orExit(`${stdout}${stderr}`);
  return file;
}

/** Reads what a worker writes until it ends; gives its exit code. A finding ends the others. */
function follow(child, worker) {
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line);
    Object.assign(states[worker], { sequences: said.sequences, exchanges: said.exchanges });
    if (said.isDone) Object.assign(states[worker], { isDone: true, declared: said.declared ?? 0 });
    if (said.fixture !== undefined) {
      findings.push(said);
      for (const other of children) if (other !== child) other.kill();
    }
    progress();
  });
  return new Promise((resolve) => {
    child.once('close', resolve);
  });
}

function sum(name) {
  return states.reduce((all, state) => all + state[name], 0);
}

/** Shows how far it is, where somebody looks; gives sequences/s. */
function progress() {
  const rate = Math.round((1000 * sum('sequences')) / (performance.now() - started));
  const line = `${sum('sequences')} of ${total} sequences, ${rate} sequences/s`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  else if (sum('sequences') >= (progress.next ?? 50_000)) {
    progress.next = sum('sequences') + 50_000;
    process.stdout.write(`${line}\n`);
  }
  return rate;
}
