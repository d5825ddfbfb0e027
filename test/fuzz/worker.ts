// SPDX-License-Identifier: Apache-2.0
import { fixtureOf } from './fixture.ts';
import { openFuzzer } from './sequence.ts';
import { shrink } from './shrink.ts';

/*
 * One of the processes of `npm run fuzz`. Arguments: seed, number of the first sequence, step to the next, number after
 * the last, seconds. Writes a line of JSON twice a second, and one at the end: what was done, or what was found.
 */
const [seed = 0, first = 0, stride = 1, end = 0, seconds = 0] = process.argv.slice(2).map(Number);
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

// Most of what is thrown is a status word in the making: who threw it matters only once something is found.
Error.stackTraceLimit = 0;
const fuzzer = openFuzzer();
const deadline = performance.now() + seconds * 1000;
let next = performance.now();
let sequences = 0;
let exchanges = 0;
for (let index = first; index < end; index += stride) {
  const now = performance.now();
  if (seconds > 0 && now > deadline) break;
  if (now >= next) {
    say({ sequences, exchanges });
    next = now + 500;
  }
  const played = fuzzer.play(seed, index);
  sequences++;
  exchanges += played.exchanges;
  if (played.finding === undefined) continue;
  const reproduce = `npm run fuzz -- --seed ${seed} --first ${index} --sequences 1`;
  const least = shrink(fuzzer, { sequence: played.sequence, finding: played.finding });
  const fixture = fixtureOf(least, fuzzer.image(least.sequence.image), reproduce);
  Error.stackTraceLimit = 20;
  const { stack, cause } = fuzzer.replay(least.sequence) ?? least.finding;
  say({
    sequences,
    exchanges,
    index,
    message: least.finding.message,
    fixture,
    reproduce,
    stack,
    cause: causeText(cause),
  });
  process.exitCode = 1;
  break;
}
say({ sequences, exchanges, isDone: true });

function causeText(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.stack : cause === undefined ? undefined : JSON.stringify(cause);
}
