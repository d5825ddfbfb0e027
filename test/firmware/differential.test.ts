// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appletHas } from '../fuzz/declared.ts';
import { openDifferentialFuzzer } from '../fuzz/differential.ts';
import type { CardKind } from '../fuzz/model/state.ts';
import { firmwareUnavailable, startJavaCard, strict } from '../support/firmware.ts';
import type { TestCard } from '../support/test-card.ts';

/** The whole is `npm run fuzz -- --differential`, with another seed each time. */
const SEED = 20_260_101;
const SEQUENCES = 320;
/** Sequences that are played at once. */
const TOGETHER = 16;

const unavailable = firmwareUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;

describe.skipIf(unavailable !== undefined && !strict)(`the Java Card applet${reason}`, () => {
  let card: TestCard;
  beforeAll(async () => {
    card = await startJavaCard();
  });
  afterAll(() => card?.close());

  it(`answers as the emulator does in ${SEQUENCES} random sequences of a fixed seed`, async () => {
    // Each kind of card is brought into a dozen states first; half of the kinds leave time for more sequences.
    const kindOf = (drawn: CardKind): CardKind => ({
      ...drawn,
      challenge: drawn.mode === 'S16' ? 'random' : 'pseudo-random',
    });
    const fuzzer = openDifferentialFuzzer(card, appletHas, { kindOf });
    for (let from = 0; from < SEQUENCES; from += TOGETHER) {
      const numbers = Array.from({ length: TOGETHER }, (_, i) => from + i);
      const all = await Promise.all(numbers.map((index) => fuzzer.play(SEED, index)));
      for (const { sequence, finding } of all)
        expect(finding && `${finding.message}\n${JSON.stringify(sequence)}`).toBeUndefined();
    }
    // Its nonces are random: had it signed nothing, nothing of what differs would have been looked at.
    expect(fuzzer.declared()).toBeGreaterThan(0);
  }, 180_000);
});
