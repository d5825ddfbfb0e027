// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OrderFault, ProvisioningError } from '../../../host/provisioning/errors.ts';
import { ORDER_FAULTS_MAX, ORDER_FILE_MAX, parseOrder } from '../../../host/provisioning/order-file.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';

const folder = new URL('../../../fixtures/provisioning/', import.meta.url);
const fixture = (name: string): Uint8Array => readFileSync(new URL(name, folder));

function faultsOf(bytes: Uint8Array): readonly OrderFault[] {
  try {
    parseOrder(bytes, 'order.csv');
  } catch (error) {
    if (error instanceof ProvisioningError)
      return (error.details as { faults: readonly OrderFault[] }).faults;
    throw error;
  }
  return [];
}

describe('the order of the fixtures', () => {
  it('has 20 cards of three issuers under test PLMNs', () => {
    const rows = parseOrder(fixture('order.csv'), 'order.csv');
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map((row) => row.issuer)).size).toBe(3);
    expect(rows.every((row) => /^(00101|999)/.test(row.imsi))).toBe(true);
    expect(rows.map((row) => row.line)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
  });

  it('leaves out a MSISDN that is empty', () => {
    expect(parseOrder(fixture('order.csv'), 'order.csv').at(-1)).not.toHaveProperty('msisdn');
  });
});

describe('faulty orders', () => {
  const { accepted, refused } = JSON.parse(fixture('faulty/expected.json').toString()) as {
    accepted: string[];
    refused: Record<string, { line: number; column?: string }[]>;
  };

  it.each(accepted)('accepts %s as the order that it is', (name) => {
    expect(parseOrder(fixture(`faulty/${name}`), name).length).toBeGreaterThan(0);
  });

  it.each(Object.entries(refused))('reports every fault of %s at its line', (name, expected) => {
    const found = faultsOf(fixture(`faulty/${name}`)).map(({ line, column }) => ({ line, column }));
    expect(found).toEqual(expected.map(({ line, column }) => ({ line, column })));
  });

  it('never repeats an IMSI or MSISDN of the order', () => {
    const text = JSON.stringify(faultsOf(fixture('faulty/every-fault.csv')));
    expect(text).not.toMatch(/00101000000|447700/);
  });

  it('refuses a file above the limit before reading it', () => {
    expect(() => parseOrder(new Uint8Array(ORDER_FILE_MAX + 1), 'order.csv')).toThrowError(
      expect.objectContaining({ code: 'provisioning/order-too-large' }),
    );
  });
});

describe('the line of a fault', () => {
  const [header, one, two] = fixture('order.csv').toString().split('\n') as [string, string, string];
  const badTwo = two.replace(/^89/, '79');
  const linesOf = (text: string): readonly number[] => faultsOf(utf8(text)).map(({ line }) => line);

  it.each([
    ['LF after CRLF', `${header}\r\n${one}\n${badTwo}\n`, [3]],
    ['CRLF after LF', `${header}\n${one}\r\n${badTwo}\r\n`, [3]],
    ['CR alone', `${header}\r${one}\r${badTwo}\r`, [3]],
  ])('is right with %s', (_, text, lines) => {
    expect(linesOf(text)).toEqual(lines);
  });

  it.each(['\n', '\r\n'])(
    'is where a record with quoted line breaks %j begins, and right behind it',
    (end) => {
      const [iccid, imsi, , issuer, curve] = one.split(',');
      const broken = `${iccid},${imsi},"${end}${end}x",${issuer},${curve}`;
      expect(linesOf([header, broken, badTwo, ''].join(end))).toEqual([2, 5]);
    },
  );

  it('counts blank lines, also those before the header and before an open quotation mark', () => {
    expect(linesOf('\n\niccid,imsi,msisdn,issuer\n')).toEqual([3]);
    expect(linesOf(`${header}\n${one}\n\n  \n"${two}\n`)).toEqual([5]);
  });
});

describe('an order of faults only', () => {
  it('is refused with the first of them', () => {
    const text = `iccid,imsi,msisdn,issuer,curve\n${'x\n'.repeat(20_000)}`;
    expect(() => parseOrder(utf8(text), 'order.csv')).toThrowError('found more than 1000 faults');
    expect(faultsOf(utf8(text)).map(({ line }) => line)).toEqual(
      Array.from({ length: ORDER_FAULTS_MAX }, (_, i) => i + 2),
    );
  });

  it('is refused for a line of endless fields before the fields are read', () => {
    const text = `iccid,imsi,msisdn,issuer,curve\n${','.repeat(4096)}\n${','.repeat(4097)}`;
    expect(faultsOf(utf8(text))).toEqual([
      { line: 3, fault: 'found 4097 characters, expected at most 4096' },
    ]);
  });
});

describe('any order', () => {
  it('gives rows or typed errors, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expectTyped(bytes);
      }),
    );
  });

  it('gives rows or typed errors for every cut and every changed character of a good one', () => {
    const good = fixture('order.csv');
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, byte, cut) => {
          const bytes = Uint8Array.from(good);
          bytes[at] = byte;
          expectTyped(cut ? bytes.subarray(0, at) : bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes the columns in any order', () => {
    const [header, ...lines] = fixture('order.csv').toString().trim().split('\n');
    const turned = [header, ...lines].map((line) => (line ?? '').split(',').reverse().join(','));
    expect(parseOrder(utf8(turned.join('\n')), 'order.csv')).toEqual(
      parseOrder(fixture('order.csv'), 'order.csv'),
    );
  });
});

function expectTyped(bytes: Uint8Array): void {
  try {
    parseOrder(bytes, 'order.csv');
  } catch (error) {
    expect(error).toBeInstanceOf(ToolkitError);
  }
}
