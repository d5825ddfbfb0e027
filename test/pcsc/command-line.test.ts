// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bsimCommand, temporaryDirectory } from '../support/cli.ts';
import {
  openPcscNamespace,
  type PcscNamespace,
  pcscUnavailable,
  strict,
  VIRTUAL_READER,
} from '../support/pcsc-namespace.ts';

const unavailable = pcscUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;
const READER = `pcsc:${VIRTUAL_READER}`;

describe.skipIf(unavailable !== undefined && !strict)(`bsim over a real PC/SC daemon${reason}`, () => {
  const place = temporaryDirectory();
  let namespace: PcscNamespace;

  const bsim = (args: readonly string[], more: Record<string, string> = {}) =>
    namespace.run(
      'env',
      bsimCommand(args, { BSIM_READER: READER, BSIM_ADMIN_KEYS: place.at('keys.json'), ...more }),
      60_000,
    );
  const bsimJson = async (args: readonly string[], more: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await bsim(['--json', ...args], more);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };

  beforeAll(async () => {
    expect(unavailable).toBeUndefined();
    // To the command line it is a card in a reader like any other: nobody tries the public test keys on those.
    const key = '404142434445464748494A4B4C4D4E4F';
    const keys = { kvn: '30', enc: key, mac: key, dek: key };
    writeFileSync(place.at('keys.json'), JSON.stringify(keys), { mode: 0o600 });
    namespace = await openPcscNamespace();
    await namespace.startDaemon();
  });
  afterAll(async () => {
    await namespace?.close();
    place.remove();
  });

  it('does the main job: info, key, a chain that knows it, identity, payment, proof', async () => {
    const card = ['emulator', 'run', '--card', place.at('a.json'), '--attach', 'vpcd'];
    const emulator = namespace.start('env', bsimCommand(card));
    expect(await emulator.line()).toContain('is in the virtual reader');
    const { readers } = await bsimJson(['reader', 'list']);
    expect(readers).toContainEqual(
      expect.objectContaining({ uri: READER, atr: expect.stringMatching(/^3b/) }),
    );
    expect(await bsimJson(['card', 'info'])).toMatchObject({
      reader: READER,
      lifeCycle: 'selectable',
      keys: [],
    });
    const { address } = await bsimJson(['key', 'generate', '--curve', 'P-256']);

    await bsimJson(['node', 'init', place.at('chain'), '--mint', `${address}=10.00`]);
    const node = namespace.start('env', bsimCommand(['node', 'start', place.at('chain')]));
    expect(await node.line()).toContain('http://127.0.0.1:26680');
    const { did } = await bsimJson(['identity', 'anchor']);
    const genesis = ['--genesis', place.at('chain/genesis.json')];
    expect(await bsimJson(['identity', 'resolve', did, ...genesis])).toMatchObject({ proven: true });

    const { address: payee } = await bsimJson(['key', 'generate', '--key', '2', '--curve', 'secp256k1']);
    const { hash } = await bsimJson(['tx', 'send', '--to', payee, '--amount', '4.00']);
    expect(await bsimJson(['tx', 'show', hash, ...genesis])).toMatchObject({
      proven: true,
      receipt: { code: 'ok' },
    });
    const back = await bsim(['tx', 'send', '--key', '2', '--to', address, '--amount', '4.01']);
    expect(back).toMatchObject({ code: 4, stderr: expect.stringContaining('money/insufficient-funds') });
    expect((await bsim(['tx', 'send', '--key', '2', '--to', address, '--amount', '4.00'])).code).toBe(0);

    for (const [child, words] of [
      [emulator, 'emulator run'],
      [node, 'node start'],
    ] as const) {
      // From inside: a signal to the process here would end the door into the namespace, not the program.
      await namespace.run('pkill', ['-TERM', '-f', `main.js ${words}`]);
      expect(await child.ended()).toMatchObject({ code: 0, stderr: '' });
    }
    // The daemon looks into its readers from time to time only.
    for (let looks = 0; looks < 50; looks++) {
      const [slot] = (await bsimJson(['reader', 'list'])).readers;
      if (slot.atr === null) break;
    }
    expect(await bsim(['card', 'info'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('card/no-card'),
    });
  }, 120_000);

  it('says what to do when no daemon listens for the card', async () => {
    const other = await openPcscNamespace();
    try {
      const card = ['emulator', 'run', '--card', place.at('b.json'), '--attach', 'vpcd'];
      const ended = await other.run('env', bsimCommand(card), 30_000);
      expect(ended).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('emulator/reader-not-reached'),
      });
      const list = await other.run('env', bsimCommand(['reader', 'list']), 30_000);
      expect(list).toMatchObject({ code: 5, stderr: expect.stringContaining('card/driver-missing') });
    } finally {
      await other.close();
    }
  }, 60_000);
});
