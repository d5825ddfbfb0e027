// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResponseRow, writeResponseFile } from '../../../host/provisioning/response-file.ts';
import { compile } from '../../applet-sim/support/compiled.ts';

const row: ResponseRow = {
  iccid: '8988211000000000003',
  issuer: 'TST01',
  curve: 'P-256',
  publicKey: '02aa',
  cardSerial: '0123456789ABCDEF',
  did: 'did:bsim:x',
  height: '7',
  secrets: 'a.b.c.d.e',
};
const notWritten = (reason: string): unknown =>
  expect.objectContaining({ code: 'provisioning/not-written', details: expect.objectContaining({ reason }) });

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bsim-response-'));
  path = join(directory, 'response.csv');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('a response file', () => {
  it('is readable by its owner only, also over what somebody left in its way', () => {
    writeFileSync(`${path}.tmp`, 'x', { mode: 0o666 });
    writeFileSync(path, 'x', { mode: 0o666 });
    writeResponseFile(path, [row]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(
      'iccid,issuer,curve,publicKey,cardSerial,did,height,secrets\n8988211000000000003,TST01,P-256,02aa,0123456789ABCDEF,did:bsim:x,7,a.b.c.d.e\n',
    );
  });

  it('that cannot be written is a typed error and leaves nothing behind', () => {
    expect(() => writeResponseFile(join(directory, 'none', 'response.csv'), [row])).toThrowError(
      notWritten('ENOENT'),
    );
    mkdirSync(path);
    expect(() => writeResponseFile(path, [row])).toThrowError(notWritten('EISDIR'));
    expect(readdirSync(directory)).toEqual(['response.csv']);
  });

  it('is whole or not there on a disk that fills up in the middle of it', () => {
    const compiled = compile('host/provisioning/response-file.ts');
    try {
      // The limit of file size, 2 kB, makes the system write a part as a full disk does.
      const program = `
        import { writeResponseFile } from ${JSON.stringify(compiled.script)};
        try {
          writeResponseFile(${JSON.stringify(path)}, Array(100).fill(${JSON.stringify(row)}));
          console.log('written');
        } catch (error) {
          console.log(error.code, error.details.reason);
        }`;
      const run = ['ulimit -f 4; exec "$0" --input-type=module -e "$1"', process.execPath, program];
      const printed = execFileSync('sh', ['-c', ...run], { encoding: 'utf8' });
      expect(printed).toBe('provisioning/not-written EFBIG\n');
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      compiled.remove();
    }
  }, 60_000);
});
