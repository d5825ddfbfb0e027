// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Some suites start daemons and kill nodes: each file has a process of its own, and two at most run at once.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    benchmark: { include: ['bench/**/*.bench.ts'] },
    reporters: ['default', new SummaryReporter()],
  },
});
