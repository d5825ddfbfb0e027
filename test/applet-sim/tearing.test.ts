// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type CardMemory, createCard, volatileMemory } from '../../applet-sim/index.ts';
import type { Records } from '../../applet-sim/runtime/card-memory.ts';
import { type Driver, drive } from '../fuzz/driver.ts';
import { durableOf, type Image } from '../fuzz/images.ts';
import { copyOf, type Durable } from '../fuzz/model/state.ts';
import { openFuzzer } from '../fuzz/sequence.ts';
import { personalise } from './support/administrator.ts';
import { apdus, send, statusOf } from './support/apdu.ts';
import { isIn, kindOf, memoryWith, statesBetween, stepOf, whyNotIn } from './support/card-model.ts';
import { type Scene, scenes } from './support/writing-scenes.ts';

class PowerCut extends Error {}

/** What becomes of the changes of a write that fails, and whether later ones fail too, for power is gone. */
type Failure = { readonly changes: 'kept' | 'lost'; readonly isOver: boolean };

/** A memory whose n-th write fails; the card does not learn what became of the changes. */
function failingMemory(inner: CardMemory, n: number, { changes, isOver }: Failure): CardMemory {
  let writes = 0;
  return {
    ...inner,
    write: (given) => {
      writes++;
      if (writes > n && isOver) throw new PowerCut('no power');
      if (writes !== n || changes === 'kept') inner.write(given);
      if (writes === n) throw new PowerCut('power lost');
    },
  };
}

/** An act of a scene on a card that is well: what the card knows around it, and what it writes. */
type Played = {
  readonly before: Durable;
  readonly after: Durable;
  /** Key of the transaction that waits for its holder before it. */
  readonly waiting: number | undefined;
  /** Number of writes before it, and of its own. */
  readonly first: number;
  readonly writes: number;
};

const { image: imageOf } = openFuzzer();

const driverOf = (scene: Scene, image: Image, memory: CardMemory): Driver =>
  drive(memory, durableOf(image), kindOf(scene), 5, { lifeCycle: image.lifeCycle });

/** Plays a scene on a card that is well; the model judges it. */
function play(scene: Scene): readonly Played[] {
  const image = imageOf(scene.image);
  let writes = 0;
  const kept = memoryWith(image.records);
  const memory: CardMemory = {
    ...kept,
    write: (changes) => {
      writes++;
      kept.write(changes);
    },
  };
  const driver = driverOf(scene, image, memory);
  return scene.acts.map((act) => {
    const { s } = driver;
    const before = copyOf(s);
    const first = writes;
    const waiting = s.work?.confirmation === undefined ? undefined : s.work.choice.reference;
    driver.take(stepOf(act, driver));
    return { before, after: copyOf(s), waiting, first, writes: writes - first };
  });
}

/** Plays a scene until its n-th write fails, which the card says with 6581; gives the records and the card as it runs on. */
function tear(scene: Scene, n: number, failure: Failure): { records: () => Records; driver: Driver } {
  const image = imageOf(scene.image);
  const kept = memoryWith(image.records);
  const driver = driverOf(scene, image, failingMemory(kept, n, failure));
  expect(() => {
    for (const act of scene.acts) driver.take(stepOf(act, driver));
  }).toThrow(expect.objectContaining({ cause: expect.any(PowerCut) }));
  return { records: kept.read, driver };
}

const played = scenes.map((scene) => ({ scene, acts: play(scene) }));

/** Whether an act leaves what it found, as a new PIN that is refused does once the old one proved right. */
const isSame = ({ before, after }: Played): boolean => toText(before) === toText(after);
const toText = ({ keys, log, ...rest }: Durable): string =>
  JSON.stringify([
    rest,
    [...keys.keys()],
    [...keys.values()].map(({ signatures, spent }) => `${signatures} ${spent}`),
    log.added,
  ]);

/** Where a card may be when so many of an act's writes were made. */
function allowed({ before, after, waiting, writes }: Played, made: number): readonly Durable[] {
  if (made === 0) return [before];
  return made === writes ? [after] : statesBetween(before, after, waiting);
}

describe.each(played)('a card that loses power in $scene.title', ({ scene, acts }) => {
  const torn = acts.flatMap((act) => Array.from({ length: act.writes }, (_, i) => ({ act, i })));

  it(`is tested at each of its ${torn.length} writes`, () => {
    expect(torn.length).toBeGreaterThan(0);
    expect(Math.max(...acts.map(({ writes }) => writes))).toBeLessThanOrEqual(3);
  });

  it('is before the command or after it, or has spent a try of it, and nothing between', () => {
    for (const { act, i } of torn) {
      const lost = tear(scene, act.first + i + 1, { changes: 'lost', isOver: true }).records();
      expect(whyNot(lost, allowed(act, i), scene), `write ${i} of ${act.writes} lost`).toEqual([]);
      const kept = tear(scene, act.first + i + 1, { changes: 'kept', isOver: true }).records();
      expect(whyNot(kept, allowed(act, i + 1), scene), `write ${i} of ${act.writes} kept`).toEqual([]);
      // The states are told apart, where they are two.
      if (i === 0 && !isSame(act)) expect(isIn(lost, [act.after], kindOf(scene))).toBe(false);
    }
  });

  it('says what its memory has when a write failed and it goes on with power', () => {
    const questions = ['00a4040007f04253494d010000', '00caff2000', '00caff21000000'];
    for (const { act, i } of torn) {
      const { records, driver } = tear(scene, act.first + i + 1, { changes: 'lost', isOver: false });
      const running = questions.map(driver.ask);
      const memory = memoryWith(records());
      const { lifeCycle } = imageOf(scene.image);
      expect(running).toEqual(
        send(createCard({ memory, lifeCycle, confirmation: kindOf(scene).confirmation }), ...questions).map(
          (answer) => answer.toLowerCase(),
        ),
      );
    }
  });
});

/** Empty where the card is in one of the states, else why it is in none. */
function whyNot(records: Records, states: readonly Durable[], scene: Scene): readonly string[] {
  const reasons = whyNotIn(records, states, kindOf(scene));
  return reasons.length < states.length ? [] : reasons;
}

describe('a card whose memory fails once and that keeps running', () => {
  /** Writes of a card's personalisation, which come before the one that fails. */
  const WRITES = 3;

  const ready = (n: number): ReturnType<typeof createCard> => {
    const card = createCard({
      memory: failingMemory(volatileMemory(), WRITES + n, { changes: 'lost', isOver: false }),
    });
    personalise(card);
    return card;
  };

  it('tells a right PIN from a wrong one in nothing while it cannot count the try', () => {
    for (const attempt of [apdus.verify, apdus.verifyWrong]) {
      const card = ready(1);
      expect(statusOf(card, attempt)).toBe('6581');
      expect(statusOf(card, '00200001')).toBe('63C3');
    }
  });

  it('does not count as verified a right PIN whose tries it could not restore', () => {
    const card = ready(2);
    expect(statusOf(card, apdus.verify)).toBe('6581');
    expect(statusOf(card, '00200001')).toBe('63C2');
    expect(statusOf(card, '00CAFF2200')).toBe('6982');
  });

  it('gives no signature that it could not count', () => {
    const memory = memoryWith(imageOf('with a duress PIN').records);
    let fails = false;
    const card = createCard({
      memory: {
        ...memory,
        write: (changes) => {
          if (fails) throw new PowerCut('power lost');
          memory.write(changes);
        },
      },
    });
    statusOf(card, apdus.select, apdus.verify, apdus.chooseSignatureKey(1));
    const directory = '00CAFF21000000';
    const before = send(card, directory);
    fails = true;
    expect(send(card, apdus.sign('11'.repeat(32)))).toEqual(['6581']);
    fails = false;
    expect(send(card, directory)).toEqual(before);
  });
});
