// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProvisioningError } from '../../../host/provisioning/errors.ts';
import { parseOrder } from '../../../host/provisioning/order-file.ts';
import { projectRoot } from '../../support/architecture/project.ts';

const folder = join(projectRoot, 'fixtures/provisioning');
const expected = JSON.parse(readFileSync(join(folder, 'faulty/expected.json'), 'utf8')) as {
  readonly accepted: readonly string[];
  readonly refused: Readonly<
    Record<string, readonly { readonly line: number; readonly column?: string; readonly what: string }[]>
  >;
};
const read = (file: string): Uint8Array => readFileSync(join(folder, file));

describe('the order of 20 cards', () => {
  it('has 20 valid cards of three issuers on all three curves, under test PLMNs', () => {
    const rows = parseOrder(read('order.csv'), 'order.csv');
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map((row) => row.issuer))).toEqual(new Set(['TST01', 'TST02', 'TST03']));
    expect(new Set(rows.map((row) => row.curve))).toEqual(new Set(['P-256', 'secp256k1', 'Ed25519']));
    expect(new Set(rows.map((row) => row.imsi.slice(0, 5)))).toEqual(new Set(['00101', '99970', '99999']));
    expect(new Set(rows.map((row) => row.iccid.length))).toEqual(new Set([19, 20]));
    expect(rows.filter((row) => row.msisdn === undefined)).toHaveLength(5);
  });

  it('is what its script makes, like every file beside it', () => {
    const made = mkdtempSync(join(tmpdir(), 'bsim-order-'));
    try {
      execFileSync(process.execPath, [join(projectRoot, 'scripts/make-order.mjs'), made]);
      const files = readdirSync(made, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.includes('.'),
      );
      expect(files).toHaveLength(11);
      for (const file of files) expect(readFileSync(join(made, file)), file).toEqual(read(file));
    } finally {
      rmSync(made, { recursive: true });
    }
  });
});

describe('the faulty orders', () => {
  it('are all named in expected.json', () => {
    const files = readdirSync(join(folder, 'faulty')).filter((name) => name.endsWith('.csv'));
    expect(files.sort()).toEqual([...expected.accepted, ...Object.keys(expected.refused)].sort());
  });

  it.each(expected.accepted)('are accepted where only the encoding differs: %s', (file) => {
    const plain = parseOrder(read('order.csv'), 'order.csv');
    expect(parseOrder(read(`faulty/${file}`), file)).toEqual(plain);
  });

  it.each(Object.entries(expected.refused))('are refused with every line and column: %s', (file, faults) => {
    let thrown: unknown;
    try {
      parseOrder(read(`faulty/${file}`), file);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ProvisioningError);
    const { code, details, message } = thrown as ProvisioningError<'provisioning/bad-order'>;
    expect(code).toBe('provisioning/bad-order');
    const found = details.faults as readonly { line: number; column?: string }[];
    const place = ({ line, column }: { line: number; column?: string }): string => `${line} ${column ?? ''}`;
    expect(found.map(place)).toEqual(faults.map(place));
    // Neither the message nor the faults repeat an IMSI or MSISDN, whole or cut off.
    expect(`${message} ${JSON.stringify(details)}`).not.toMatch(/\d{7,}/);
  });
});
