// SPDX-License-Identifier: Apache-2.0
import { startJavaCard } from '../support/firmware.ts';
import { appletHas } from './declared.ts';
import { openDifferentialFuzzer } from './differential.ts';
import type { Played } from './sequence.ts';
import { shrinkAsync } from './shrink.ts';

/*
 * One of the processes of `npm run fuzz -- --differential`, with an applet of its own. Arguments: seed, number of the first
 * sequence, step to the next, number after the last, seconds, folder of the project. Writes a line of JSON twice a second,
 * and one at the end: what was done, or what was found.
 */
const [seed = 0, first = 0, stride = 1, end = 0, seconds = 0] = process.argv.slice(2, 7).map(Number);
const root = process.argv[7] ?? '.';
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
/** Sequences that the applet may be behind. */
const AHEAD = 16;

// Most of what is thrown is a status word in the making: who threw it matters only once something is found.
Error.stackTraceLimit = 0;
const card = await startJavaCard({ root });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const fuzzer = openDifferentialFuzzer(card, appletHas);
const deadline = performance.now() + seconds * 1000;
const playing: { readonly index: number; readonly played: Promise<Played> }[] = [];
let next = performance.now();
let sequences = 0;
let exchanges = 0;
let index = first;
for (;;) {
  const now = performance.now();
  const isOver = index >= end || (seconds > 0 && now > deadline);
  if (isOver && playing.length === 0) break;
  if (now >= next) {
    say({ sequences, exchanges });
    next = now + 500;
  }
  if (!isOver) {
    playing.push({ index, played: fuzzer.play(seed, index) });
    index += stride;
    if (playing.length < AHEAD) continue;
  }
  const oldest = playing.shift();
  if (oldest === undefined) continue;
  const played = await oldest.played;
  sequences++;
  exchanges += played.exchanges;
  if (played.finding === undefined) continue;
  await Promise.all(playing.map((each) => each.played));
  const reproduce = `npm run fuzz -- --differential --seed ${seed} --first ${oldest.index} --sequences 1`;
  const least = await shrinkAsync(fuzzer.replay, { sequence: played.sequence, finding: played.finding });
  const fixture = fuzzer.fixtureOf(least, reproduce);
  Error.stackTraceLimit = 20;
  const { message, stack, cause } = (await fuzzer.replay(least.sequence)) ?? least.finding;
  const causeText = cause instanceof Error ? cause.stack : undefined;
  say({ sequences, exchanges, index: oldest.index, message, fixture, reproduce, stack, cause: causeText });
  process.exitCode = 1;
  break;
}
say({ sequences, exchanges, declared: fuzzer.declared(), isDone: true });
await card.close();
