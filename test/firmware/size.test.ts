// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { firmwareUnavailable, javaArguments, strict } from '../support/firmware.ts';

const unavailable = firmwareUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;
/** Key objects that a platform keeps in transient memory, where it can: a private key of 32 bytes a curve. */
const KEY_OBJECTS = 3 * 32;

const java = (mainClass: string, ...args: readonly string[]): string =>
  execFileSync('java', [...javaArguments(mainClass), ...args], { encoding: 'utf8', stdio: 'pipe' });

describe.skipIf(unavailable !== undefined && !strict)(`what the applet takes of a card${reason}`, () => {
  it('is at most 2 KB of transient and 16 KB of persistent memory, as docs/card.md says', () => {
    const memory = JSON.parse(java('bsim.simulator.Main', '--memory')) as {
      readonly transient: { readonly total: number };
      readonly persistent: { readonly total: number };
    };
    expect(memory.transient.total + KEY_OBJECTS).toBeLessThanOrEqual(2048);
    expect(memory.persistent.total).toBeLessThanOrEqual(16 * 1024);
    const [, table = ''] =
      /transient memory; `Ram.java`[^|]*([\s\S]*?)\n\n/.exec(readFileSync('docs/card.md', 'utf8')) ?? [];
    const rows = [...table.matchAll(/\| (\d+) \|/g)].map(([, bytes]) => Number(bytes));
    expect(rows).toHaveLength(7);
    expect(rows.reduce((sum, bytes) => sum + bytes)).toBe(memory.transient.total);
  });

  it('is at most 40 KB of code, by the estimate from its class files', () => {
    const folder = 'firmware/applet/target/classes';
    const [, bytes] = /^ *in all +(\d+)$/m.exec(java('bsim.subset.size.SizeReport', folder)) ?? [];
    expect(Number(bytes)).toBeGreaterThan(10_000);
    expect(Number(bytes)).toBeLessThanOrEqual(40 * 1024);
  });
});
