// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCardFile } from '../../applet-sim/index.ts';
import { addressOf, formatAddress } from '../../src/chain/address.ts';
import { openPersonalisedCard } from '../support/cards.ts';
import { bsim, bsimJson, startNode, temporaryDirectory } from '../support/cli.ts';
import { freshSigner } from '../support/memory-chain.ts';

const place = temporaryDirectory();
const reader = `emulator:${place.at('a.card')}`;
const endless = 'error cli/file-not-read: ';
const NOBODY = 'http://127.0.0.1:9';
const ORDER = 'fixtures/provisioning/order.csv';
const provision = [
  ...['provision', ORDER, '--cards', 'none', '--transport-key', 'none.pem'],
  ...['--ca', 'none', '--card-keys', 'none.json'],
];

beforeAll(async () => {
  const { sim } = await openPersonalisedCard({ memory: openCardFile(place.at('a.card')) });
  await sim.close();
});
afterAll(() => place.remove());

describe('exit codes and messages', () => {
  it.each([
    ['an unknown command', ['nonsense'], 2, 'unknown command'],
    ['an unknown option', ['card', 'info', '--pin', '1234'], 2, 'unknown option'],
    ['no reader', ['card', 'info'], 2, 'error cli/bad-option: '],
    ['a reader URI of another scheme', ['card', 'info', '--reader', 'usb:1'], 2, 'error card/reader-uri: '],
    ['a key slot out of range', ['key', 'generate', '--key', '17', '--reader', reader], 2, '1 to 16'],
    ['a curve that nobody has', ['key', 'generate', '--curve', 'P-521', '--reader', reader], 2, 'P-256'],
    ['no node', ['node', 'status', '--node', NOBODY], 5, 'error api/node-not-reached: '],
    [
      'a DID that is none',
      ['identity', 'resolve', 'did:web:x', '--node', NOBODY],
      2,
      'error chain/bad-did: ',
    ],
    ['a missing order', [...provision, '--operator-key', 'none.pem'], 2, 'error cli/file-not-read: '],
    [
      'an operator key that is none',
      [...provision, '--operator-key', ORDER],
      2,
      'error cli/bad-operator-key: ',
    ],
    ['a PIN file without end', ['pin', 'verify', '--pin-file', '/dev/zero', '--reader', reader], 2, endless],
    ['a directory that is no node', ['node', 'start', '/nowhere'], 2, 'error chain/not-initialised: '],
    ['a directory that cannot be made', ['node', 'init', '/dev/null/no'], 5, 'error cli/file-not-written: '],
    ['a demo over files of others', ['demo', '--directory', 'fixtures'], 2, 'error cli/demo-directory: '],
    ['a node that is no URL', ['node', 'status', '--node', 'nonsense'], 2, '--node not understood'],
    ['a supply that is no amount', ['node', 'init', 'x', '--supply', 'lots'], 2, '--supply not understood'],
    ['a demo over a file', ['demo', '--directory', 'README.md'], 2, 'error cli/demo-directory: '],
    ['no terminal to ask the PIN on', ['pin', 'verify', '--reader', reader], 2, 'error cli/pin-needed: '],
  ])('says so for %s', async (_what, args, code, message) => {
    const ended = await bsim(args);
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({
      code,
      stderr: expect.stringContaining(message),
    });
    expect(ended.stdout).toBe('');
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  it('says so for an identity that is not there, with a proof where a genesis is given', async () => {
    await bsimJson(['node', 'init', place.at('chain')]);
    const node = await startNode(place.at('chain'));
    const did = `did:bsim:bsim-test:${formatAddress(addressOf(freshSigner().publicKey))}`;
    const resolve = ['identity', 'resolve', did, '--node', node.url];
    const absent = { code: 4, stderr: expect.stringContaining('error cli/no-such-identity: ') };
    expect(await bsim(resolve)).toMatchObject(absent);
    const proven = await bsim([...resolve, '--genesis', place.at('chain/genesis.json')]);
    expect(proven).toMatchObject({ code: 4, stderr: expect.stringContaining('proven absent at height 1') });
    await node.stop();
  });

  it('gives errors as JSON with --json', async () => {
    const { stderr } = await bsim(['--json', 'node', 'status', '--node', NOBODY]);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'api/node-not-reached', details: { node: NOBODY } },
    });
  });

  it('gives what commander refuses as JSON with --json too, and names the help that fits without', async () => {
    const { stderr, code } = await bsim(['--json', 'card', 'nonsense']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'cli/bad-option' } });
    expect(code).toBe(2);
    expect((await bsim(['card', 'info', '--nonsense'])).stderr).toContain('(see bsim card info --help)');
  });

  it('says a PIN is none before any try is used', async () => {
    const { stderr, code } = await bsim(['pin', 'verify', '--reader', reader], { BSIM_PIN: '12' });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('error protocol/bad-pin: '),
    });
    expect(await bsimJson(['card', 'info', '--reader', reader])).toMatchObject({ pinTries: 3 });
  });

  it('gives help with exit code 0 and the version of the package', async () => {
    expect((await bsim(['--help'])).code).toBe(0);
    expect((await bsim(['--version'])).stdout).toMatch(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
  });
});

describe('the PIN on the command line', () => {
  it('counts wrong tries down, blocks, is unblocked by the PUK, and is never shown', async () => {
    const outputs: string[] = [];
    const pin = async (verb: string, variables: Record<string, string>): Promise<string> => {
      const { code, stdout, stderr } = await bsim(['pin', verb, '--trace', '--reader', reader], variables);
      outputs.push(stdout, stderr);
      return `${code} ${/error (\S+):/.exec(stderr)?.[1] ?? 'ok'}`;
    };
    expect(await pin('verify', { BSIM_PIN: '1234' })).toBe('0 ok');
    expect(await pin('verify', { BSIM_PIN: '9999' })).toBe('3 card/wrong-pin');
    expect(await bsimJson(['card', 'info', '--reader', reader])).toMatchObject({ pinTries: 2 });
    expect(await pin('verify', { BSIM_PIN: '9999' })).toBe('3 card/wrong-pin');
    expect(await pin('verify', { BSIM_PIN: '9999' })).toBe('3 card/pin-blocked');
    expect(await pin('verify', { BSIM_PIN: '1234' })).toBe('3 card/pin-blocked');
    expect(outputs.at(-1)).toContain('bsim pin unblock');
    expect(await pin('unblock', { BSIM_PUK: '87654321', BSIM_NEW_PIN: '2580' })).toBe('3 card/wrong-puk');
    expect(await pin('unblock', { BSIM_PUK: '12345678', BSIM_NEW_PIN: '2580' })).toBe('0 ok');
    expect(await pin('change', { BSIM_PIN: '2580', BSIM_NEW_PIN: '0852' })).toBe('0 ok');
    writeFileSync(place.at('pin'), '0852\n');
    expect((await bsim(['pin', 'verify', '--pin-file', place.at('pin'), '--reader', reader])).code).toBe(0);
    const all = outputs.join('').replaceAll(' ', '');
    for (const secret of ['1234', '9999', '2580', '0852', '12345678', '87654321']) {
      const hex = Buffer.from(secret).toString('hex').toUpperCase();
      expect(all).not.toContain(hex);
    }
    expect(all).toContain('masked');
  }, 60_000);
});
