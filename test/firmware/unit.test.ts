// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../support/architecture/project.ts';
import { type ReportedTest, readReport, sentenceOf } from './surefire-report.ts';

// A script of the set-up, in plain JavaScript: its types are these.
const build = (await import(pathToFileURL(join(projectRoot, 'scripts/firmware.mjs')).href)) as {
  hasJdk(): boolean;
  hasMaven(): boolean;
};

/** The tests that the last build of the firmware ran, by class. */
function reportedClasses(): readonly (readonly ReportedTest[])[] {
  const firmware = join(projectRoot, 'firmware');
  return readdirSync(firmware)
    .map((module) => join(firmware, module, 'target/surefire-reports'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => /^TEST-.*\.xml$/.test(name))
        .map((name) => readReport(readFileSync(join(folder, name), 'utf8'))),
    );
}

const classes = reportedClasses();
const strict = process.env.BSIM_TEST_STRICT === '1';
const missing =
  classes.length > 0 || (build.hasJdk() && build.hasMaven()) ? '' : ' (left out: needs a JDK and Maven)';

describe(`the firmware's own tests${missing}`, () => {
  it.skipIf(missing !== '' && !strict)('were run by the build', () => {
    expect(classes.flat().length).toBeGreaterThan(0);
  });

  for (const tests of classes) {
    describe(tests[0]?.className ?? 'a class without tests', () => {
      for (const { name, state, message } of tests)
        it(sentenceOf(name), ({ skip }) => {
          skip(state === 'skipped', message);
          expect(state, message).toBe('passed');
        });
    });
  }
});

describe('a report of surefire', () => {
  const report = (tests: number, cases: string) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite xmlns:xsi="x" name="a.BTest" time="0.1" tests="${tests}">
  <properties><property name="a" value="&lt;testcase name=&quot;x&quot;/>"/></properties>${cases}</testsuite>`;

  it('is read with what failed, what is broken and what was skipped', () => {
    const cases = `
  <testcase name="accepts" classname="a.BTest" time="0.001"/>
  <testcase name="rejects" classname="a.BTest" time="0.001">
    <failure message="expected: &lt;1&gt; but was: &#10;&quot;2&quot;" type="org.opentest4j.AssertionFailedError"><![CDATA[</testcase> <testcase name="none"/>]]></failure>
  </testcase>
  <testcase name="breaks" classname="a.BTest" time="0.001">
    <error type="java.lang.NullPointerException"><![CDATA[at x]]></error>
    <system-out><![CDATA[<skipped/>]]></system-out>
  </testcase>
  <testcase name="waits" classname="a.BTest" time="0"><skipped message="not now"/></testcase>`;
    expect(readReport(report(4, cases))).toEqual([
      { className: 'a.BTest', name: 'accepts', state: 'passed', message: '' },
      { className: 'a.BTest', name: 'rejects', state: 'failed', message: 'expected: <1> but was: \n"2"' },
      { className: 'a.BTest', name: 'breaks', state: 'failed', message: 'java.lang.NullPointerException' },
      { className: 'a.BTest', name: 'waits', state: 'skipped', message: 'not now' },
    ]);
  });

  it('is refused where it holds other tests than it says', () => {
    expect(() => readReport(report(2, '<testcase name="a" classname="b"/>'))).toThrow(
      'report of a.BTest: found 1 tests, expected 2',
    );
    expect(() => readReport('')).toThrow('found 0 tests, expected NaN');
  });

  it.each([
    ['rejectsAPinOf9Bytes', 'rejects a pin of 9 bytes'],
    ['rejects256Classes', 'rejects 256 classes'],
    ['derivesOnP256(Vector)[2]', 'derives on p256(vector)[2]'],
    ['opensAnSCP03Session', 'opens an scp03 session'],
  ])('names a test by its method: %s', (name, sentence) => {
    expect(sentenceOf(name)).toBe(sentence);
  });
});
