// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createCard, listenVpcd } from '../../applet-sim/index.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { openVirtualReader } from '../applet-sim/support/virtual-reader.ts';
import { bsimCommand, jsonHere, refusalHere, temporaryDirectory } from '../support/cli.ts';
import { startProcess } from '../support/line-process.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

const POWER_ON = Uint8Array.of(1);
/** GlobalPlatform's public test keys, which a blank card has. */
const testKey = '404142434445464748494A4B4C4D4E4F';
const defaultKeySet = { kvn: '30', enc: testKey, mac: testKey, dek: testKey };
const keySet = { kvn: '41', enc: '11'.repeat(16), mac: '22'.repeat(16), dek: '33'.repeat(16) };

describe('an emulated card in a virtual reader', () => {
  it('confirms, hashes and opens secure channels as the options say, with the key set that it was made with', async () => {
    writeFileSync(place.at('keys.json'), JSON.stringify(keySet), { mode: 0o600 });
    const reader = await openVirtualReader();
    const run = [
      ...['emulator', 'run', '--card', place.at('a.card'), '--port', String(reader.port)],
      ...['--confirmation', 'terminal', '--hashes', 'SHA-256,SHA-512', '--scp03', 'S16'],
      ...['--key-set', place.at('keys.json')],
    ];
    const emulator = startProcess('env', bsimCommand(run));
    expect(await emulator.line()).toContain('is in the virtual reader');
    const commands = ['00A4040000', '00CAFF2000', `8050000010${'AB'.repeat(16)}00`];
    const answers = await reader.exchange([POWER_ON, ...commands.map(fromHex)], commands.length);
    const [selected = '', information = '', begun = ''] = answers.map(toHex);
    expect(selected).toMatch(/9000$/);
    // Hashes SHA-256 and SHA-512; confirmation on a terminal: docs/card.md, tags 87 and 88.
    expect(information).toMatch(/87020102.*880101.*9000$/);
    // Blank: ten 00; then key version, SCP03 and i of 70 with the bit of S16. GlobalPlatform Amendment D §5.1, §7.1.1.
    expect(begun).toMatch(/^0{20}410371[0-9a-f]{64}00000[01]9000$/);
    emulator.kill('SIGTERM');
    expect(await emulator.ended()).toMatchObject({ code: 0, stderr: '' });
    await reader.close();
  }, 60_000);

  it.each([
    ['a master key as its key set', ['--key-set', 'master.json'], '2 cli/bad-admin-keys'],
    ['a hash that nobody knows', ['--hashes', 'MD5'], '2 cli/bad-option'],
    ['a reader that is not there', ['--port', '9'], '5 emulator/reader-not-reached'],
    ['an address that is none', ['--listen', '127.0.0.1'], '2 cli/bad-option'],
    ['an address of another computer', ['--listen', '192.0.2.1:0'], '5 emulator/not-listening'],
    ['two ways to be plugged in', ['--listen', '127.0.0.1:0', '--attach', 'vpcd'], '2 cli/bad-option'],
  ])('is not plugged in with %s', async (_what, args, refusal) => {
    writeFileSync(place.at('master.json'), JSON.stringify({ kvn: '31', master: '44'.repeat(16) }), {
      mode: 0o600,
    });
    const run = [
      'emulator',
      'run',
      '--card',
      place.at('b.card'),
      ...args.map((arg) => arg.replace(/^master/, place.at('master'))),
    ];
    expect(await refusalHere(run)).toBe(refusal);
  });
});

describe('an emulated card that listens', () => {
  it('is used by the commands that name it as their reader, and lasts', async () => {
    const run = ['emulator', 'run', '--card', place.at('c.card'), '--listen', '127.0.0.1:0'];
    const emulator = startProcess('env', bsimCommand(run));
    const [, uri = ''] =
      /listens at (tcp:127\.0\.0\.1:[1-9][0-9]*); Ctrl-C/.exec(await emulator.line()) ?? [];
    expect(await emulator.line()).toBe(`in another terminal:  bsim card info --reader ${uri}`);
    writeFileSync(place.at('default.json'), JSON.stringify(defaultKeySet), { mode: 0o600 });
    const make = ['--reader', uri, 'key', 'generate', '--key', '3', '--admin-keys', place.at('default.json')];
    expect(await jsonHere(make)).toMatchObject({ key: 3 });
    const show = (reader: string): Promise<unknown> =>
      jsonHere(['--reader', reader, 'key', 'export', '--key', '3']);
    const shown = await show(uri);
    emulator.kill('SIGTERM');
    expect(await emulator.ended()).toMatchObject({ code: 0, stderr: '' });
    expect(await refusalHere(['--reader', uri, 'key', 'list'])).toBe('3 card/not-reached');
    expect(await show(`emulator:${place.at('c.card')}`)).toEqual(shown);
  }, 60_000);

  it('wants the keys of the administrator, as any card in a reader', async () => {
    const listener = await listenVpcd(createCard());
    const reader = `tcp:127.0.0.1:${listener.port}`;
    expect(await refusalHere(['--reader', reader, 'key', 'generate', '--key', '1'])).toBe(
      '2 cli/admin-keys-needed',
    );
    await listener.close();
  });
});
