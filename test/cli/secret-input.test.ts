// SPDX-License-Identifier: Apache-2.0
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { pinBlock } from '../../protocol/pin.ts';
import { pinSource, readSecret } from '../../src/cli/secret-input.ts';
import { projectRoot } from '../support/architecture/project.ts';
import { temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
afterEach(() => {
  delete process.env.BSIM_PIN;
});
afterAll(() => place.remove());

describe('a PIN that is read', () => {
  it('never becomes digits that nobody wrote', async () => {
    // U+0131, U+FF12 and U+0133 end in the bytes of '1', a control and '3'.
    for (const text of ['\u0131234', '\uff1234', '12\u013334', '１２３４']) {
      process.env.BSIM_PIN = text;
      const pin = await readSecret(pinSource());
      expect(() => pinBlock(pin)).toThrowError(expect.objectContaining({ code: 'protocol/bad-pin' }));
    }
  });

  it('is the first line of its file, however the line ends', async () => {
    for (const text of ['1234', '1234\n', '1234\r\n', '1234\nsecond line']) {
      writeFileSync(place.at('pin'), text);
      expect(await readSecret(pinSource(place.at('pin')))).toEqual(Uint8Array.of(0x31, 0x32, 0x33, 0x34));
    }
  });
});

describe('the arguments of every command', () => {
  it('name files for secrets and personal data, and hold none themselves', async () => {
    const program = new Command('bsim');
    const folder = 'src/cli/commands';
    for (const file of readdirSync(folder))
      for (const [name, register] of Object.entries(await import(join(projectRoot, folder, file))))
        if (name.startsWith('register')) (register as (program: Command) => void)(program);
    const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
    const takingText = all(program).flatMap(({ options }) => options.filter(({ required }) => required));
    expect(takingText.length).toBeGreaterThan(100);
    const secret = /pin|puk|imsi|msisdn|mnemonic|passphrase|seed|secret|master|admin-key|private/;
    const suspects = new Set(takingText.map(({ long }) => long ?? '').filter((name) => secret.test(name)));
    expect([...suspects].filter((name) => !name.endsWith('-file')).sort()).toEqual(
      // A file; and what PINs a card takes, which is no PIN.
      ['--admin-keys', '--forbidden-pins', '--pin-minimum', '--pin-rules'],
    );
  });
});
