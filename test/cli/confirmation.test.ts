// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCardFile } from '../../applet-sim/index.ts';
import { createNodeClient } from '../../src/api/client.ts';
import { type Api, serveApi } from '../../src/api/server.ts';
import { parseAddress } from '../../src/chain/address.ts';
import { printable } from '../../src/cli/holder-terminal.ts';
import { sendTransaction } from '../../src/cli/send-transaction.ts';
import { transferMessage } from '../../src/modules/money/index.ts';
import { openPersonalisedCard } from '../support/cards.ts';
import { bsimHere, jsonHere, refusalHere, temporaryDirectory } from '../support/cli.ts';
import { type MemoryChain, memoryChain, XTS } from '../support/memory-chain.ts';

const place = temporaryDirectory();
const reader = ['--reader', `emulator:${place.at('a.card')}`];
const asking = ['--reader', `emulator:${place.at('a.card')}?confirmation=terminal`];
const pin = { BSIM_PIN: '1234' };
const PATH = "m/44'/1'/0'/0/0";
let chain: MemoryChain;
let api: Api;
let payer: string;

type Derived = { address: string };
const pay = (amount: string, ...more: string[]): string[] => [
  ...[
    'tx',
    'send',
    '--key',
    '1',
    '--path',
    PATH,
    '--to',
    payer,
    '--amount',
    amount,
    '--node',
    api.url,
    ...more,
  ],
];
const spent = async () =>
  (await jsonHere<{ keys: { spent: string; signatures: string }[] }>(['key', 'list', ...reader])).keys[0];

beforeAll(async () => {
  const { sim } = await openPersonalisedCard({ memory: openCardFile(place.at('a.card')) });
  await sim.close();
  const wallet = [
    ...[
      'key',
      'generate',
      '--role',
      'wallet',
      '--curve',
      'secp256k1',
      '--confirm',
      '--message-types',
      'money/transfer',
    ],
    ...['--currency', 'XTS', '--digits', '2', '--per-transaction', '10.00', '--cumulative', '20.00'],
  ];
  await jsonHere([...wallet, ...reader], pin);
  const derive = ['key', 'derive', '--path', PATH, ...reader];
  payer = (await jsonHere<Derived>(derive, pin)).address;
  chain = await memoryChain();
  api = await serveApi(chain.node, { port: 0 });
  const message = transferMessage({ to: parseAddress(payer), currency: XTS, amount: 10_000n });
  await sendTransaction(createNodeClient(api.url), chain.rich, async () => [message]);
});
afterAll(async () => {
  await api.close();
  await chain.node.close();
  place.remove();
});

describe('a transaction that the holder confirms with the PIN', () => {
  it('is shown, confirmed by the PIN once more, and on the chain; the card counts what it paid', async () => {
    const { code, stdout, stderr } = await bsimHere(pay('1.50', ...reader), pin);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`to be signed: money/transfer 150 minor units of XTS to ${payer}`),
    });
    const hash = /transaction\s+([0-9a-f]{64})/.exec(stdout)?.[1] ?? 'none';
    expect(stderr).toContain(`SHA-256 ${hash}`);
    expect(await spent()).toMatchObject({ spent: '150', signatures: '1' });
  });

  it('is not signed above what the policy of the key allows, each and in all, until the count begins anew', async () => {
    expect(await refusalHere(pay('10.01', ...reader), pin)).toBe('3 card/not-allowed-by-policy');
    await jsonHere(pay('10.00', ...reader), pin);
    expect(await refusalHere(pay('8.51', ...reader), pin)).toBe('3 card/not-allowed-by-policy');
    await jsonHere(pay('8.50', ...reader), pin);
    expect(await spent()).toMatchObject({ spent: '2000' });
    expect(await jsonHere(['key', 'reset-limit', ...reader])).toEqual({ key: 1, spent: '0' });
    await jsonHere(pay('8.51', ...reader), pin);
    expect(await spent()).toMatchObject({ spent: '851' });
    await jsonHere(['key', 'reset-limit', ...reader]);
  });

  it('holds only messages that the policy of the key names', async () => {
    const anchor = ['identity', 'anchor', '--path', PATH, '--node', api.url, ...reader];
    expect(await refusalHere(anchor, pin)).toBe('3 card/not-allowed-by-policy');
  });
});

describe('a transaction of a blank card, which has no PIN to confirm with', () => {
  it('is not signed, and the reason is named', async () => {
    const blank = ['--reader', `emulator:${place.at('blank.card')}`];
    await jsonHere(['key', 'generate', '--confirm', ...blank]);
    const paying = ['tx', 'send', '--to', payer, '--amount', '1.00', '--node', api.url, ...blank];
    expect(await refusalHere(paying)).toBe('3 card/not-personalised');
  });
});

describe('a transaction that the card asks about on a terminal', () => {
  it('is not signed where there is nobody to ask', async () => {
    const { code, stderr } = await bsimHere(pay('1.00', ...asking), pin);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining('error cli/confirmation-needed: '),
    });
    for (const answer of ['no', 'YES', '1', ''])
      expect(await refusalHere(pay('1.00', ...asking), { ...pin, BSIM_CONFIRM: answer })).toBe(
        '3 cli/confirmation-needed',
      );
    expect(await spent()).toMatchObject({ spent: '0' });
  });

  it('is shown in the card’s own words, and signed when a test answers for the holder, which is told', async () => {
    const { code, stderr } = await bsimHere(pay('1.00', ...asking), { ...pin, BSIM_CONFIRM: 'yes' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^card: .*1\.00 XTS/m) });
    expect(stderr).toContain('BSIM_CONFIRM=yes answered the card for its holder');
    expect(await spent()).toMatchObject({ spent: '100' });
  });
});

describe('an identity whose key uses up the PIN with each signature', () => {
  it('is anchored with two signatures, and a second time only found there', async () => {
    await jsonHere(['key', 'generate', '--key', '2', '--pin-per-signature', ...reader], pin);
    const anchor = ['identity', 'anchor', '--key', '2', '--node', api.url, ...reader];
    const first = await jsonHere<{ did: string; height: string; existed: boolean }>(anchor, pin);
    expect(first.existed).toBe(false);
    expect(await jsonHere(anchor, pin)).toEqual({ ...first, existed: true });
    const { stdout } = await bsimHere(anchor, pin);
    expect(stdout).toContain(`already anchored at height ${first.height}`);
  });
});

describe('a text of the card', () => {
  it('moves no cursor and changes nothing on the screen', () => {
    expect(printable('Pay 1\r\nto\rme\u001b[2J\u0007\u202e')).toBe('Pay 1\nto\nme\ufffd[2J\ufffd\ufffd');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[^\P{C}\n]/u);
      }),
    );
  });
});

describe('how an emulated card is made for one command', () => {
  it('stands behind its file, and is refused when it is nothing', async () => {
    const s16 = ['--reader', `emulator:${place.at('s16.card')}?scp03=S16`];
    await jsonHere(['key', 'generate', ...s16]);
    for (const query of ['confirmation=voice', 'scp03=S32', 'x=1'])
      expect(await refusalHere(['card', 'info', '--reader', `emulator:${place.at('a.card')}?${query}`])).toBe(
        '2 cli/bad-option',
      );
    expect(await jsonHere(['card', 'info', ...asking])).toMatchObject({ confirmation: 'terminal' });
    expect(await jsonHere(['card', 'info', ...reader])).toMatchObject({ confirmation: 'pin' });
  });
});
