// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../support/architecture/project.ts';

// A script of the set-up, in plain JavaScript: its types are these.
const { errorsIn } = (await import(pathToFileURL(join(projectRoot, 'scripts/firmware.mjs')).href)) as {
  errorsIn(output: string): string;
};

/** The end of what Maven 3.8 wrote when a test had failed, its folders shortened. */
const failedTest = `\u001b[0m\u001b[0m[ERROR] Tests run: 18, Failures: 1, Errors: 0, Skipped: 0 <<< FAILURE! -- in bsim.subset.size.MethodCodeTest
[ERROR] bsim.subset.size.MethodCodeTest.countsShortArithmetic -- Time elapsed: 0.250 s <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <7> but was: <6>
\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)

[ERROR] Failures: 
[ERROR]   MethodCodeTest.countsShortArithmetic:17 expected: <7> but was: <6>
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.5.4:test (default-test) on project subset-check: There are test failures.
[ERROR] 
[ERROR] See /firmware/subset-check/target/surefire-reports for the individual test results.
[ERROR] See dump files (if any exist) [date].dump, [date]-jvmRun[N].dump and [date].dumpstream.
[ERROR] -> [Help 1]
[ERROR] 
[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
[ERROR] Re-run Maven using the -X switch to enable full debug logging.
[ERROR] 
[ERROR] For more information about the errors and possible solutions, please read the following articles:
[ERROR] [Help 1] http://cwiki.apache.org/confluence/display/MAVEN/MojoFailureException
[ERROR] 
[ERROR] After correcting the problems, you can resume the build with the command
[ERROR]   mvn <args> -rf :subset-check
`;

describe('what is shown of a failed build of the firmware', () => {
  it('is what failed, without traces and advice', () => {
    expect(errorsIn(failedTest).split('\n')).toEqual([
      '[ERROR] Tests run: 18, Failures: 1, Errors: 0, Skipped: 0 <<< FAILURE! -- in bsim.subset.size.MethodCodeTest',
      '[ERROR] bsim.subset.size.MethodCodeTest.countsShortArithmetic -- Time elapsed: 0.250 s <<< FAILURE!',
      '[ERROR] Failures: ',
      '[ERROR]   MethodCodeTest.countsShortArithmetic:17 expected: <7> but was: <6>',
      '[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.5.4:test (default-test) on project subset-check: There are test failures.',
      '[ERROR] See /firmware/subset-check/target/surefire-reports for the individual test results.',
    ]);
  });

  it('is its first 60 lines where there are more', () => {
    const lines = Array.from({ length: 62 }, (_, i) => `[ERROR] ${i}`);
    expect(errorsIn(lines.join('\n')).split('\n')).toEqual([...lines.slice(0, 60), '… and 2 lines more']);
  });

  it('is the end of the output where Maven marks nothing', () => {
    const lines = Array.from({ length: 70 }, (_, i) => `line ${i}`);
    expect(errorsIn(lines.join('\n'))).toBe(lines.slice(10).join('\n'));
  });
});
