// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureFirmwareBuilt, hasJdk, hasMaven } from './firmware.mjs';
import { ensurePythonPackages } from './python-packages.mjs';
import { ensureBuilt, ensureDependencies, loads, reinstallOptional, root } from './set-up.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/**
 * Sets up what the whole suite needs. Gives one line for each thing that cannot be had here (`missing`) and for each
 * step that failed (`failures`). System packages come first: npm compiles pcsclite only where its headers are.
 */
export function setUpTests() {
  const missing = [...ensureSystemPackages(), ...ensurePythonPackages()];
  const failures = [];
  const need = (title, output) => {
    if (output === undefined) return;
    process.stdout.write(`${output}\n`);
    failures.push(`failed: ${title}`);
  };
  need('installing dependencies', ensureDependencies());
  for (const name of ['pcsclite', 'classic-level']) {
    if (loads(name)) continue;
    const output = reinstallOptional(name);
    if (loads(name)) continue;
    if (output) process.stdout.write(`${output.split('\n').slice(-5).join('\n')}\n`);
    missing.push(`what uses ${name} is not tested: the package does not load (npm install ${name} says why)`);
  }
  need('building dist', ensureBuilt());
  // Without them, a line on the system packages says so.
  if (hasJdk() && hasMaven()) need('building the firmware', ensureFirmwareBuilt());
  return { missing, failures };
}

/** Prints what is left out, and gives what counts as failed: in strict mode, what is left out too. */
export function reportSetUp({ missing, failures }, strict) {
  for (const line of missing) process.stdout.write(`${strict ? 'not set up' : 'left out'}: ${line}\n`);
  return strict ? [...missing, ...failures] : failures;
}

/**
 * Runs vitest; `failures` are lines on what failed before it, counted as failed tests. The last line printed is
 * `N passed, N failed`. Gives the exit code.
 */
export function runTests({ strict, failures, args }) {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-test-'));
  const marker = join(folder, 'summary');
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        // A log is read as text.
        ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
        BSIM_TEST_STRICT: strict ? '1' : '0',
        BSIM_TEST_FAILURES: JSON.stringify(failures),
        BSIM_TEST_SUMMARY: marker,
      },
    },
  );
  const summarised = existsSync(marker);
  rmSync(folder, { recursive: true });
  if (!summarised) {
    const lines = [...failures, `vitest ended without a summary, with exit code ${status}`];
    process.stdout.write(`${lines.join('\n')}\n0 passed, ${lines.length} failed\n`);
  }
  return summarised && failures.length === 0 && status === 0 ? 0 : 1;
}

/** Options of the command line: `--strict` or BSIM_TEST_STRICT=1, and whatever else vitest takes. */
export function testOptions(argv = process.argv.slice(2)) {
  return {
    strict: argv.includes('--strict') || process.env.BSIM_TEST_STRICT === '1',
    args: argv.filter((each) => each !== '--strict'),
  };
}
