// SPDX-License-Identifier: Apache-2.0

/** A test of the firmware as Maven's surefire reports it. */
export type ReportedTest = {
  readonly className: string;
  /** Name of the method; of a repeated test with what tells the repetitions apart. */
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** What was wrong, or why it was skipped. */
  readonly message: string;
};

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/**
 * The tests of a TEST-*.xml file of surefire 3. Throws where it holds another number of tests than it says, so that
 * a report that is read wrongly is no report without tests.
 */
export function readReport(xml: string): readonly ReportedTest[] {
  // What tests printed may look like anything.
  const text = xml.replaceAll(/<!\[CDATA\[.*?\]\]>/gs, '');
  const suite = /<testsuite\s([^>]*)>/.exec(text)?.[1] ?? '';
  const tests = [...text.matchAll(/<testcase\s([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(
    ([, attributes = '', content = '']) => readTest(attributes, content),
  );
  const said = Number(attribute(suite, 'tests') ?? Number.NaN);
  if (tests.length !== said)
    throw new Error(`report of ${attribute(suite, 'name')}: found ${tests.length} tests, expected ${said}`);
  return tests;
}

/** The sentence that the name of a method is: `rejectsAPinOf9Bytes` says "rejects a pin of 9 bytes". */
export const sentenceOf = (name: string): string =>
  name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])|(?<=[A-Z])(?=[A-Z][a-z])/g, ' ').toLowerCase();

function readTest(attributes: string, content: string): ReportedTest {
  const [, kind, details = ''] = /<(failure|error|skipped)\b([^>]*)>/.exec(content) ?? [];
  return {
    className: attribute(attributes, 'classname') ?? '',
    name: attribute(attributes, 'name') ?? '',
    state: kind === undefined ? 'passed' : kind === 'skipped' ? 'skipped' : 'failed',
    message: attribute(details, 'message') ?? attribute(details, 'type') ?? '',
  };
}

function attribute(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return value?.replaceAll(/&(?:#([0-9]+)|#x([0-9a-fA-F]+)|([a-z]+));/g, (entity, decimal, hex, named) => {
    if (named !== undefined) return entities[named] ?? entity;
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal));
  });
}
