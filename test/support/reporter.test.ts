// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from './architecture/project.ts';

const suites = `// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
it('passes', () => expect(1).toBe(1));
describe.skip('left out (needs a reader)', () => {
  it('runs', () => expect(1).toBe(1));
});
it('has a note', (context) => context.skip('no card'));
`;
const broken = `// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
it('fails', () => expect(1).toBe(2));
describe('a suite without its set-up', () => {
  beforeAll(() => {
    throw new RangeError('no set-up');
  });
  it('runs', () => expect(1).toBe(1));
});
`;

/** Runs a test file of that text by itself; gives the exit code and the last lines. */
function run(
  text: string,
  variables: Readonly<Record<string, string>> = {},
): { status: number | null; last: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'bsim-reporter-'));
  try {
    mkdirSync(join(folder, 'test'));
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'test/made.test.ts'), text);
    const summary = join(folder, 'summary');
    const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs');
    const { status, stdout } = spawnSync(
      process.execPath,
      [vitest, 'run', '--root', folder, '--config', join(projectRoot, 'vitest.config.ts')],
      {
        cwd: folder,
        encoding: 'utf8',
        env: {
          ...process.env,
          BSIM_TEST_SUMMARY: summary,
          BSIM_TEST_STRICT: '0',
          BSIM_TEST_FAILURES: '[]',
          ...variables,
        },
      },
    );
    const lines = readFileSync(summary, 'utf8').split('\n').length;
    return { status, last: stdout.trimEnd().split('\n').slice(-lines) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the last lines of a run', () => {
  it('name each skipped test with its reason, and count', () => {
    expect(run(suites)).toEqual({
      status: 0,
      last: [
        'skipped: test/made.test.ts > left out (needs a reader) > runs',
        'skipped: test/made.test.ts > has a note: no card',
        '1 passed, 0 failed, 2 skipped',
      ],
    });
  });

  it('count what is skipped as failed in strict mode, and what failed before', () => {
    const { status, last } = run(suites, { BSIM_TEST_STRICT: '1', BSIM_TEST_FAILURES: '["failed: lint"]' });
    expect(status).toBe(1);
    expect(last[0]).toBe('failed: lint');
    expect(last.at(-1)).toBe('1 passed, 3 failed');
  });

  it('count a set-up that failed, and the tests that it kept from running', () => {
    const { status, last } = run(broken);
    expect(status).toBe(1);
    expect(last.at(-1)).toBe('0 passed, 2 failed, 1 skipped');
  });
});
