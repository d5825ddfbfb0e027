// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { makeOperatorKey, PASSPHRASE_VARIABLE, readOperatorKey } from '../../src/cli/operator-key.ts';
import { compile } from '../applet-sim/support/compiled.ts';
import { temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
afterEach(() => {
  delete process.env[PASSPHRASE_VARIABLE];
});
afterAll(() => place.remove());

describe('the key file of an operator', () => {
  it('is encrypted with the passphrase, as OpenSSL opens it, and read with no other', () => {
    process.env[PASSPHRASE_VARIABLE] = 'pass phrase';
    const file = place.at('encrypted.pem');
    const { publicKey } = makeOperatorKey(file);
    expect(readFileSync(file, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    execFileSync('openssl', ['pkey', '-in', file, '-passin', `env:${PASSPHRASE_VARIABLE}`, '-noout']);
    expect(readOperatorKey(file).publicKey).toEqual(publicKey);
    process.env[PASSPHRASE_VARIABLE] = 'another';
    expect(() => readOperatorKey(file)).toThrowError(
      expect.objectContaining({ code: 'cli/bad-operator-key' }),
    );
  });

  it('is not called encrypted when the passphrase is empty', () => {
    process.env[PASSPHRASE_VARIABLE] = '';
    const { publicKey } = makeOperatorKey(place.at('plain.pem'));
    expect(readFileSync(place.at('plain.pem'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    delete process.env[PASSPHRASE_VARIABLE];
    expect(readOperatorKey(place.at('plain.pem')).publicKey).toEqual(publicKey);
  });

  it('is whole or not there on a full disk', () => {
    const compiled = compile('src/cli/operator-key.ts');
    const file = place.at('full.pem');
    try {
      const program = `
        import { makeOperatorKey } from ${JSON.stringify(compiled.script)};
        try {
          makeOperatorKey(${JSON.stringify(file)});
        } catch (error) {
          console.log(error.code, error.details.reason);
        }`;
      // A limit of file size of 0 bytes.
      const run = ['ulimit -f 0; exec "$0" --input-type=module -e "$1"', process.execPath, program];
      expect(execFileSync('sh', ['-c', ...run], { encoding: 'utf8' })).toBe('cli/file-not-written EFBIG\n');
      expect(existsSync(file)).toBe(false);
    } finally {
      compiled.remove();
    }
  }, 60_000);
});
