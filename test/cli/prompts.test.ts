// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCardFile } from '../../applet-sim/index.ts';
import { openPersonalisedCard } from '../support/cards.ts';
import { bsimCommand, temporaryDirectory } from '../support/cli.ts';

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
