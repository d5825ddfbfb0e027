// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type CardMemory, createCard, volatileMemory } from '../../applet-sim/index.ts';
import { apdus, send, statusOf } from './support/apdu.ts';
import { blankCard, isIn, type Scene, type Seen, story } from './support/card-model.ts';

class PowerCut extends Error {}

/** Memory whose n-th write fails: the image is kept or lost, and either way the card does not learn that it was. */
function failingMemory(inner: CardMemory, n: number, image: 'kept' | 'lost'): CardMemory {
  let writes = 0;
  return {
    ...inner,
    write: (bytes) => {
      writes++;
      if (writes !== n || image === 'kept') inner.write(bytes);
      if (writes === n) throw new PowerCut('power lost');
    },
  };
}

/** How many writes the whole story makes. */
function countWrites(): number {
  let writes = 0;
  const memory = volatileMemory();
  const card = createCard({
    memory: {
      ...memory,
      write: (image) => {
        writes++;
        memory.write(image);
      },
    },
  });
  for (const { apdu } of story) send(card, apdu);
  return writes;
}

/** Plays the story until a command finds memory failing; gives that command and the state before it. */
function playUntilFailure(memory: CardMemory): { readonly scene: Scene; readonly before: Seen } | undefined {
  const faults: unknown[] = [];
  const card = createCard({ memory, onFault: (cause) => faults.push(cause) });
  let before = blankCard;
  for (const scene of story) {
    const sw = statusOf(card, scene.apdu);
    if (sw === '6581') {
      expect(faults).toEqual([new PowerCut('power lost')]);
      return { scene, before };
    }
    const { sw: expected, after } = scene.outcome(before);
    expect(`${sw} to ${scene.apdu}`).toBe(`${expected} to ${scene.apdu}`);
    before = after;
  }
  return undefined;
}

const total = countWrites();
const everyWrite = Array.from({ length: total }, (_, i) => i + 1);

describe('a card that loses power', () => {
  it('is tested at every write of a story that has many', () => {
    expect(total).toBeGreaterThan(20);
    expect(playUntilFailure(volatileMemory())).toBeUndefined();
  });

  it.each(everyWrite)('before write %i is as before the command, or has spent a try of it', (n) => {
    const memory = volatileMemory();
    const failed = playUntilFailure(failingMemory(memory, n, 'lost'));
    expect(failed).toBeDefined();
    const { scene, before } = failed as { scene: Scene; before: Seen };
    const allowed = [before, ...(scene.between === undefined ? [] : [scene.between(before)])];
    expect(isIn(createCard({ memory }), allowed)).toBe(true);
  });

  it.each(everyWrite)('after write %i is as after the command, or has spent a try of it', (n) => {
    const memory = volatileMemory();
    const failed = playUntilFailure(failingMemory(memory, n, 'kept'));
    expect(failed).toBeDefined();
    const { scene, before } = failed as { scene: Scene; before: Seen };
    const allowed = [
      scene.outcome(before).after,
      ...(scene.between === undefined ? [] : [scene.between(before)]),
    ];
    expect(isIn(createCard({ memory }), allowed)).toBe(true);
  });
});

describe('a card whose memory fails once and that keeps running', () => {
  it.each(everyWrite)('has at write %i the state that its memory has', (n) => {
    const inner = volatileMemory();
    const card = createCard({ memory: failingMemory(inner, n, 'lost') });
    for (const { apdu } of story) if (statusOf(card, apdu) === '6581') break;
    expect(send(card, apdus.information, apdus.directory)).toEqual(
      send(createCard({ memory: inner }), apdus.select, apdus.information, apdus.directory).slice(1),
    );
  });

  it('tells a right PIN from a wrong one in nothing while it cannot count the try', () => {
    const ready = (): ReturnType<typeof createCard> => {
      const card = createCard({ memory: failingMemory(volatileMemory(), 2, 'lost') });
      send(card, apdus.select, apdus.storeData);
      return card;
    };
    for (const attempt of [apdus.verify, apdus.verifyWrong]) {
      const card = ready();
      expect(statusOf(card, attempt)).toBe('6581');
      expect(statusOf(card, '00200001')).toBe('63C3');
    }
  });

  it('does not count as verified a right PIN whose tries it could not restore', () => {
    const card = createCard({ memory: failingMemory(volatileMemory(), 3, 'lost') });
    expect(statusOf(card, apdus.select, apdus.storeData, apdus.verify)).toBe('6581');
    expect(statusOf(card, '00200001')).toBe('63C2');
    expect(statusOf(card, '00CAFF2200')).toBe('6982');
  });
});
