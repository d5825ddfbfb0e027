// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node';

/** Outcome of a run, counted per test; an error outside of any test counts as one failure. */
export type RunSummary = {
  readonly passed: number;
  readonly failed: number;
  /** One line for each skipped test: file, full name, and the reason where the test gave one. */
  readonly skipped: readonly string[];
};

/** Counts what the modules of a finished run report. */
export function summarise(modules: readonly TestModule[], unhandled: readonly SerializedError[]): RunSummary {
  let passed = 0;
  let failed = unhandled.length;
  const skipped: string[] = [];
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites() as Iterable<TestSuite>) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') passed++;
      else if (result.state === 'failed') failed++;
      else {
        const note = result.state === 'skipped' && result.note ? `: ${result.note}` : '';
        skipped.push(`${module.relativeModuleId} > ${test.fullName}${note}`);
      }
    }
  }
  return { passed, failed, skipped };
}

/**
 * The last lines of a run. In strict mode nothing may be skipped, so a skipped test is a failed one; the very last
 * line is then `N passed, N failed`.
 */
export function summaryLines(summary: RunSummary, strict: boolean): readonly string[] {
  const { passed, failed, skipped } = summary;
  if (strict) {
    return [
      ...skipped.map((line) => `not run, which strict mode counts as failed: ${line}`),
      `${passed} passed, ${failed + skipped.length} failed`,
    ];
  }
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  return [...skipped.map((line) => `skipped: ${line}`), `${passed} passed, ${failed} failed${tail}`];
}

/** Prints each skipped test with its reason and then the counts, as the last lines of the run. */
export class SummaryReporter implements Reporter {
  #lines: readonly string[] = [];

  onInit(): void {
    // Printed when the process ends, because the other reporters write after the last event.
    process.once('exit', () => process.stdout.write(`\n${this.#lines.join('\n')}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    // Set by scripts/run-tests.mjs, which counts what failed before the tests and asks whether they were counted.
    const { BSIM_TEST_STRICT, BSIM_TEST_FAILURES = '[]', BSIM_TEST_SUMMARY } = process.env;
    const strict = BSIM_TEST_STRICT === '1';
    const before = JSON.parse(BSIM_TEST_FAILURES) as readonly string[];
    const summary = summarise(modules, unhandled);
    const counted = { ...summary, failed: summary.failed + before.length };
    this.#lines = [...before, ...summaryLines(counted, strict)];
    if (strict && summary.skipped.length > 0) process.exitCode = 1;
    if (BSIM_TEST_SUMMARY !== undefined) writeFileSync(BSIM_TEST_SUMMARY, this.#lines.join('\n'));
  }
}
