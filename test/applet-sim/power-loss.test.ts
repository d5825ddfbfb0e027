// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCardFile, volatileMemory } from '../../applet-sim/index.ts';
import { toHex } from '../../protocol/bytes.ts';
import { keySets } from '../fuzz/corpus.ts';
import { drive } from '../fuzz/driver.ts';
import { blank, copyOf, type Durable } from '../fuzz/model/state.ts';
import { kindOf, statesBetween, stepOf, whyNotIn } from './support/card-model.ts';
import { bundle, type Compiled } from './support/compiled.ts';
import { type Act, story } from './support/writing-scenes.ts';

const KILLS = 30;
/** Longest time that a card may run before it is killed, in ms; it lives the story several times meanwhile. */
const RUN_MAX = 400;

/** Calls of the file system at which a card dies: all of its start and first writes, then every thirteenth. */
const DEADLY_CALLS = [
  ...Array.from({ length: 36 }, (_, i) => i + 1),
  ...Array.from({ length: 14 }, (_, i) => 41 + 13 * i),
];

let program: Compiled;
let dying: Compiled;
let folder: string;
beforeAll(async () => {
  program = await bundle('test/applet-sim/support/busy-card.ts');
  dying = await bundle('test/applet-sim/support/dying-card.ts');
  folder = mkdtempSync(join(tmpdir(), 'bsim-power-loss-'));
});
afterAll(() => {
  program.remove();
  dying.remove();
  rmSync(folder, { recursive: true });
});

/** An exchange of the story, and the card around the command that it belongs to. */
type Scene = { readonly lines: readonly string[]; readonly before: Durable; readonly after: Durable };

const scenes: Scene[] = [];
let lines: string[] = [];
const well = drive(volatileMemory(), blank('selectable', keySets.slice(0, 1)), kindOf({}), 1, {
  trace: (wire, answer) => lines.push(`> ${toHex(wire)}`, `< ${toHex(answer)}`),
});

/** The story as a card lives it whose memory is well, so many lines of it and more; the same bytes in every process. */
function lived(count: number): readonly Scene[] {
  let known = scenes.reduce((sum, scene) => sum + scene.lines.length, 0);
  while (known < count) {
    const before = copyOf(well.s);
    lines = [];
    well.take(stepOf(story[scenes.length % story.length] as Act, well));
    scenes.push({ lines, before, after: copyOf(well.s) });
    known += lines.length;
  }
  return scenes;
}

/** Runs the story on the card file until it is killed; gives what the process said. */
async function runAndKill(path: string): Promise<string> {
  const child = spawn(process.execPath, [program.script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
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
  const args = [dying.script, String(call), path];
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
function allowedStates(said: string): { readonly states: readonly Durable[]; readonly isTorn: boolean } {
  const heard = said.split('\n').slice(0, -1);
  const isTorn = heard.length % 2 === 1;
  let at = 0;
  let last: Scene | undefined;
  for (const scene of lived(heard.length)) {
    if (at >= heard.length) break;
    const part = heard.slice(at, at + scene.lines.length);
    expect(part).toEqual(scene.lines.slice(0, part.length));
    at += part.length;
    last = scene;
  }
  if (last === undefined) return { states: [blank('selectable', keySets.slice(0, 1))], isTorn };
  if (!isTorn) return { states: [last.after], isTorn };
  return { states: [last.before, last.after, ...statesBetween(last.before, last.after, undefined)], isTorn };
}

/** Empty where the card file opens and the card is in one of the states, else why it is in none. */
function whyNot(path: string, states: readonly Durable[]): readonly string[] {
  const memory = openCardFile(path);
  const records = memory.read();
  memory.close();
  const reasons = whyNotIn(records, states, kindOf({}));
  return reasons.length < states.length ? [] : reasons;
}

it(`is before or after each command, or has spent a try, when its process is killed ${KILLS} times`, async () => {
  let torn = 0;
  for (let i = 0; i < KILLS; i++) {
    const path = join(folder, `${i}.json`);
    const { states, isTorn } = allowedStates(await runAndKill(path));
    if (isTorn) torn++;
    expect(whyNot(path, states), `card ${i}`).toEqual([]);
  }
  expect(torn).toBeGreaterThan(0);
}, 180_000);

it('is before or after each command, or has spent a try, when its process dies at a call of the file system', async () => {
  for (const call of DEADLY_CALLS) {
    const path = join(folder, `call-${call}.json`);
    const { states } = allowedStates(await runToDeath(path, call));
    expect(whyNot(path, states), `card of call ${call}`).toEqual([]);
  }
}, 180_000);
