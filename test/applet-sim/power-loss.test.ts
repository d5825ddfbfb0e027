// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import { blankCard, isIn, type Seen, story } from './support/card-model.ts';
import { type Compiled, compile } from './support/compiled.ts';

const KILLS = 50;
/** Longest time that a card may run before it is killed, in ms; a story takes less. */
const RUN_MAX = 40;

/** Calls of the file system at which a card dies: all of its start and first writes, then every thirteenth. */
const DEADLY_CALLS = [
  ...Array.from({ length: 36 }, (_, i) => i + 1),
  ...Array.from({ length: 14 }, (_, i) => 41 + 13 * i),
];

let program: Compiled;
let dying: Compiled;
let folder: string;
beforeAll(() => {
  program = compile('test/applet-sim/support/busy-card.ts');
  dying = compile('test/applet-sim/support/dying-card.ts');
  folder = mkdtempSync(join(tmpdir(), 'bsim-power-loss-'));
});
afterAll(() => {
  program.remove();
  dying.remove();
  rmSync(folder, { recursive: true });
});

/** Runs the story on the card file until it is killed; gives what the process said. */
async function runAndKill(path: string): Promise<string> {
  const child = spawn(process.execPath, [program.script, path, ...story.map(({ apdu }) => apdu)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString('latin1');
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await delay(Math.random() * RUN_MAX);
  await kill(child);
  return said;
}

/** Runs the story on the card file until the process kills itself; gives what it said. */
async function runToDeath(path: string, call: number): Promise<string> {
  const args = [dying.script, String(call), path, ...story.map(({ apdu }) => apdu)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString('latin1');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return said;
}

const kill = (child: ChildProcess): Promise<unknown> => {
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  return closed;
};

/** States in which the card may be found, by what its process said before it died. */
function allowedStates(said: string): { readonly states: readonly Seen[]; readonly torn: boolean } {
  const lines = said.split('\n').slice(0, -1);
  let state = blankCard;
  for (let i = 0; i < lines.length; i += 2) {
    const scene = story[(i / 2) % story.length] as (typeof story)[number];
    expect(lines[i]).toBe(`> ${scene.apdu}`);
    const { sw, after } = scene.outcome(state);
    const answer = lines[i + 1];
    if (answer === undefined) {
      const between = scene.between === undefined ? [] : [scene.between(state)];
      return { states: [state, after, ...between], torn: true };
    }
    expect(`${answer.slice(-4)} to ${scene.apdu}`).toBe(`${sw} to ${scene.apdu}`);
    state = after;
  }
  return { states: [state], torn: false };
}

it(`is before or after each command, or has spent a try, when its process is killed ${KILLS} times`, async () => {
  let torn = 0;
  for (let i = 0; i < KILLS; i++) {
    const path = join(folder, `${i}.json`);
    const found = allowedStates(await runAndKill(path));
    if (found.torn) torn++;
    const card = createCard({ memory: openCardFile(path) });
    expect(isIn(card, found.states), `card ${i} is in none of ${JSON.stringify(found.states)}`).toBe(true);
    card.close();
  }
  expect(torn).toBeGreaterThan(0);
}, 120_000);

it('is before or after each command, or has spent a try, when its process dies at a call of the file system', async () => {
  for (const call of DEADLY_CALLS) {
    const path = join(folder, `call-${call}.json`);
    const { states } = allowedStates(await runToDeath(path, call));
    const card = createCard({ memory: openCardFile(path) });
    expect(isIn(card, states), `card of call ${call} is in none of ${JSON.stringify(states)}`).toBe(true);
    card.close();
  }
}, 120_000);
