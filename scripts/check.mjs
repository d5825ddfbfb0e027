// SPDX-License-Identifier: Apache-2.0
// `npm run check`: format, lint, types and then everything that `npm test` does.
import { reportSetUp, runTests, setUpTests, testOptions } from './run-tests.mjs';
import { attempt, node } from './set-up.mjs';

const checks = [
  ['format: biome format', () => node('@biomejs/biome/bin/biome', 'format', '.')],
  ['lint: biome lint', () => node('@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', '.')],
  ['types: tsc', () => node('typescript/bin/tsc', '-p', '.')],
];

const { strict, args } = testOptions();
const failures = reportSetUp(setUpTests(), strict);
for (const [title, work] of checks) {
  const output = attempt(title, work);
  if (output === undefined) continue;
  process.stdout.write(`${output}\n`);
  failures.push(`failed: ${title}`);
}
process.exitCode = runTests({ strict, args, failures });
