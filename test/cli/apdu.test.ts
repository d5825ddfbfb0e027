// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCardFile } from '../../applet-sim/index.ts';
import { openPersonalisedCard } from '../support/cards.ts';
import { bsimHere, jsonHere, refusalHere, temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
const reader = ['--reader', `emulator:${place.at('a.card')}`];
const send = (...args: string[]): string[] => ['apdu', 'send', ...args, ...reader];

type Answer = {
  exchanges: { command: string; name: string | null; data: string; sw: string; meaning: string }[];
};

beforeAll(async () => {
  const { sim } = await openPersonalisedCard({ memory: openCardFile(place.at('a.card')) });
  await sim.close();
});
afterAll(() => place.remove());

describe('bsim apdu send', () => {
  it('sends commands one after the other and shows answers and what they mean', async () => {
    const { exchanges } = await jsonHere<Answer>(send('00CA005A00', '00 CA FF 24 00', '00EE0000'));
    // EF.ICCID of 8900101000000000019: nibbles swapped, F at the end. ETSI TS 102 221 §13.2.
    expect(exchanges).toMatchObject([
      { command: '00 CA 00 5A 00', name: 'GET DATA ICCID', data: '980001010000000010f9', sw: '9000' },
      { sw: '6982', meaning: 'neither PIN verified nor inside a secure channel' },
      { name: null, sw: '6D00' },
    ]);
    const { stdout } = await bsimHere(send('00CA005A00'));
    expect(stdout).toBe('> 00 CA 00 5A 00  GET DATA ICCID\n< 98 00 01 01 00 00 00 00 10 F9 9000  done\n');
  });

  it('does so with the PIN verified, or inside a secure channel', async () => {
    writeFileSync(place.at('pin'), '1234\n');
    const holder = await jsonHere<Answer>(send('00CAFF2200', '--pin-file', place.at('pin')));
    expect(holder.exchanges).toMatchObject([{ sw: '9000', data: expect.stringMatching(/^08/) }]);
    const key = '404142434445464748494A4B4C4D4E4F';
    writeFileSync(place.at('keys.json'), JSON.stringify({ kvn: '30', enc: key, mac: key, dek: key }), {
      mode: 0o600,
    });
    const admin = ['--admin-keys', place.at('keys.json')];
    // DEACTIVATE FILE and ACTIVATE FILE, which nobody else is let do.
    const { exchanges } = await jsonHere<Answer>(send('00040000', '00440000', ...admin));
    expect(exchanges.map(({ sw }) => sw)).toEqual(['9000', '9000']);
    expect((await jsonHere<Answer>(send('00040000'))).exchanges).toMatchObject([{ sw: '6982' }]);
  });

  it('selects the application that is told, or none', async () => {
    const information = '80CA00E000';
    const manager = await jsonHere<Answer>(send(information, '--select', 'A000000151000000'));
    // Three AES keys of 16 bytes, version 30. GlobalPlatform Card Specification 2.3.1 §11.3.3.1.
    expect(manager.exchanges).toMatchObject([
      { data: 'e012c00401308810c00402308810c00403308810', sw: '9000' },
    ]);
    const none = await jsonHere<Answer>(send(information, '--select', 'none'));
    expect(none.exchanges[0]?.sw).not.toBe('9000');
    expect(await refusalHere(send(information, '--select', 'F00102030405'))).toBe(
      '3 card/application-not-found',
    );
  });

  it('takes no secret out of the arguments, which others see, but out of a file, and shows none', async () => {
    const secret = '00200001083132333400000000'.replace(/0{8}$/, 'FFFFFFFF');
    const { code, stderr, stdout } = await bsimHere(send(secret));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--file') });
    expect(stdout + stderr).not.toMatch(/31 ?32 ?33 ?34/);
    writeFileSync(place.at('commands'), `# VERIFY, then the IMSI\n${secret}  # the PIN\n\n00CAFF2200\n`);
    const { stdout: sent } = await bsimHere(send('--file', place.at('commands')));
    expect(sent).toMatch(/^> 00 20 00 01 \[8 bytes masked\] {2}VERIFY\n< 9000 {2}verified\n/);
    expect(sent).not.toMatch(/31 ?32 ?33 ?34/);
  });

  it.each([
    ['no command', []],
    ['a command of 3 bytes', ['00CA00']],
    ['half a byte', ['00CA005A0']],
    ['letters', ['VERIFY']],
    ['an AID that is none', ['00CA005A00', '--select', '00']],
  ])('refuses %s', async (_what, args) => {
    expect(await refusalHere(send(...args))).toMatch(/^2 (cli\/bad-option|protocol\/bad-identifier)$/);
  });
});

describe('a recorded session', () => {
  const record = (name: string): string[] => ['--record', place.at(name)];
  const replay = (name: string, card = 'a.card'): string[] => [
    ...['apdu', 'replay', place.at(name), '--reader', `emulator:${place.at(card)}`],
  ];

  it('is kept without its secrets, and answered alike by the same card and otherwise by another', async () => {
    await jsonHere([...record('info'), 'card', 'info', ...reader]);
    expect(readFileSync(place.at('info'), 'utf8')).toMatch(/^ATR 3B.*\n> 00 A4 04 00/);
    expect(await jsonHere(replay('info'))).toMatchObject({ same: true, exchanges: 5 });
    expect(await refusalHere(replay('info', 'blank.card'))).toBe('3 cli/replay-differs');
    expect((await bsimHere(replay('info', 'blank.card'))).stderr).toContain('answer to line 4 is another');
    expect(await refusalHere([...record('info'), 'card', 'info', ...reader])).toBe('5 cli/file-not-written');
  });

  it('goes on in one file where a command opens the card twice, and is not replayed where secrets are missing', async () => {
    await jsonHere([...record('export'), 'key', 'generate', ...reader], { BSIM_PIN: '1234' });
    const transcript = readFileSync(place.at('export'), 'utf8');
    expect(transcript).toContain('00 20 00 01 [8 bytes masked]');
    expect(await refusalHere(replay('export'))).toBe('2 cli/bad-option');
    await jsonHere([...record('twice'), 'key', 'export', ...reader]);
    expect(readFileSync(place.at('twice'), 'utf8').match(/00 A4 04 00/g)).toHaveLength(2);
    writeFileSync(place.at('none'), 'nonsense');
    expect(await refusalHere(replay('none'))).toBe('2 card/bad-transcript');
  });
});
