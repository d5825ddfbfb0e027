// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCardFile } from '../../applet-sim/index.ts';
import { createNodeClient } from '../../src/api/client.ts';
import { type Api, serveApi } from '../../src/api/server.ts';
import { parseAddress } from '../../src/chain/address.ts';
import { sendTransaction } from '../../src/cli/send-transaction.ts';
import { transferMessage } from '../../src/modules/money/index.ts';
import { openPersonalisedCard } from '../support/cards.ts';
import { bsimCommand, jsonHere, temporaryDirectory } from '../support/cli.ts';
import { type MemoryChain, memoryChain, XTS } from '../support/memory-chain.ts';

const place = temporaryDirectory();
const reader = `emulator:${place.at('a.card')}`;

beforeAll(async () => {
  const { sim } = await openPersonalisedCard({ memory: openCardFile(place.at('a.card')) });
  await sim.close();
});
afterAll(() => place.remove());

/** Runs bsim on a terminal of its own (util-linux script) and types each answer once its question is there. */
function onTerminal(
  args: readonly string[],
  answers: readonly (readonly [question: string, keys: string])[],
) {
  const command = ['env', ...bsimCommand(args)].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', `stty cols 100 rows 30; ${command}`, '/dev/null'], {
    stdio: 'pipe',
  });
  return new Promise<{ code: number | null; screen: string }>((resolve, reject) => {
    let screen = '';
    let seen = 0;
    const left = [...answers];
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the terminal program did not end: ${screen}`));
    }, 25_000);
    child.on('error', reject);
    child.stdout.on('data', (part) => {
      screen += part;
      const [next] = left;
      if (next === undefined || !screen.slice(seen).includes(next[0])) return;
      seen = screen.length;
      left.shift();
      child.stdin.write(next[1]);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, screen });
    });
  });
}

describe('a PIN typed at the prompt', () => {
  it('changes the PIN and is never on the screen', async () => {
    const { code, screen } = await onTerminal(
      ['pin', 'change', '--reader', reader],
      [
        ['PIN of the card', '1234\r'],
        ['New PIN', '5678\r'],
        ['Once more', '5678\r'],
      ],
    );
    expect({ code, screen }).toEqual({ code: 0, screen: expect.stringContaining('PIN changed') });
    expect(screen).not.toMatch(/1234|5678/);
  });

  it('is refused when the second entry differs, and nothing changes', async () => {
    const { code, screen } = await onTerminal(
      ['pin', 'change', '--reader', reader],
      [
        ['PIN of the card', '5678\r'],
        ['New PIN', '1111\r'],
        ['Once more', '2222\r'],
      ],
    );
    expect({ code, screen }).toEqual({ code: 2, screen: expect.stringContaining('error cli/pins-differ: ') });
    expect(
      (await onTerminal(['pin', 'verify', '--reader', reader], [['PIN of the card', '5678\r']])).code,
    ).toBe(0);
  });

  it('may be given up with Ctrl-C', async () => {
    const { code, screen } = await onTerminal(
      ['pin', 'verify', '--reader', reader],
      [['PIN of the card', '\x03']],
    );
    expect({ code, screen }).toEqual({ code: 130, screen: expect.stringContaining('error cli/cancelled: ') });
  });
});

describe('a transaction that the card asks about', () => {
  const asking = `${reader}?confirmation=terminal`;
  let chain: MemoryChain;
  let api: Api;
  let pay: readonly string[];
  beforeAll(async () => {
    await jsonHere(['key', 'generate', '--confirm', '--reader', reader], { BSIM_PIN: '5678' });
    const list = ['key', 'list', '--reader', reader];
    const { keys } = await jsonHere<{ keys: { address: string }[] }>(list);
    const address = keys[0]?.address ?? '';
    chain = await memoryChain();
    api = await serveApi(chain.node, { port: 0 });
    const message = transferMessage({ to: parseAddress(address), currency: XTS, amount: 500n });
    await sendTransaction(createNodeClient(api.url), chain.rich, async () => [message]);
    pay = ['tx', 'send', '--to', address, '--amount', '2.00', '--reader', asking, '--node', api.url];
  });
  afterAll(async () => {
    await api.close();
    await chain.node.close();
  });
  const answers = (answer: string) =>
    [
      ['PIN of the card', '5678\r'],
      ['Sign it?', answer],
    ] as const;

  it('is signed after a yes, and what the card shows stands on the screen before it', async () => {
    const { code, screen } = await onTerminal(pay, answers('y'));
    expect({ code, screen }).toEqual({ code: 0, screen: expect.stringMatching(/card: Pay 200 XTS/) });
  });

  it('is not signed after a no, after Enter alone, or after Ctrl-C', async () => {
    for (const answer of ['n', '\r', '\x03']) {
      const { code, screen } = await onTerminal(pay, answers(answer));
      expect({ code, screen }).toEqual({
        code: 3,
        screen: expect.stringContaining('error card/not-confirmed: '),
      });
    }
    const { keys } = await jsonHere<{ keys: { signatures: string }[] }>(['key', 'list', '--reader', reader]);
    expect(keys).toMatchObject([{ signatures: '1' }]);
  }, 60_000);
});

describe('what a new card gets at the prompt', () => {
  it('is asked for, PIN and PUK twice, and never on the screen', async () => {
    const file = `emulator:${place.at('new.card')}`;
    const { code, screen } = await onTerminal(
      ['card', 'personalise', '--iccid', '8988211000000000003', '--reader', file],
      [
        ['IMSI for the card', '001010000000001\r'],
        ['PIN for the card', '4711\r'],
        ['Once more', '4711\r'],
        ['PUK for the card', '24681357\r'],
        ['Once more', '24681357\r'],
      ],
    );
    expect({ code, screen }).toEqual({ code: 0, screen: expect.stringContaining('personalised') });
    expect(screen).not.toMatch(/4711|24681357|00101/);
    await jsonHere(['pin', 'verify', '--reader', file], { BSIM_PIN: '4711' });
  });

  it('is a wallet after its words and passphrase, which may be empty', async () => {
    const file = `emulator:${place.at('wallet.card')}`;
    const words = `${'abandon '.repeat(11)}about`;
    const { code, screen } = await onTerminal(
      ['key', 'import', '--reader', file],
      [
        ['Mnemonic of the wallet', `${words}\r`],
        ['Passphrase beside', '\r'],
      ],
    );
    expect({ code, screen }).toEqual({ code: 0, screen: expect.stringContaining('master public key') });
    expect(screen).not.toContain('abandon');
    // As published with the first vector of BIP-39, without passphrase: 03d902f35f56….
    expect(screen).toContain('03d902f35f560e0470c63313c7369168d9d7df2d49bf295fd9fb7cb109ccee0494');
  });
});

describe('a command that cannot be undone', () => {
  it('is asked about, and done after a yes only', async () => {
    const file = `emulator:${place.at('new.card')}`;
    const reset = ['card', 'reset', '--reader', file];
    const question = 'Erase all keys and make this card blank?';
    expect((await onTerminal(reset, [[question, 'n']])).screen).toContain('error cli/yes-needed: ');
    expect((await onTerminal(reset, [[question, '\x03']])).code).toBe(130);
    expect(await jsonHere(['card', 'info', '--reader', file])).toMatchObject({ lifeCycle: 'personalised' });
    expect((await onTerminal(reset, [[question, 'y']])).code).toBe(0);
    expect(await jsonHere(['card', 'info', '--reader', file])).toMatchObject({ lifeCycle: 'selectable' });
  }, 60_000);
});
