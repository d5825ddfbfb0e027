// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTurn } from '../../host/in-turn.ts';

describe('inTurn', () => {
  it('begins within the call when nothing is before it', () => {
    let begun = false;
    void inTurn()(async () => {
      begun = true;
    });
    expect(begun).toBe(true);
  });

  it('gives each caller its own result or failure', async () => {
    const queue = inTurn();
    const results = await Promise.allSettled([
      queue(async () => 1),
      queue(() => Promise.reject(new RangeError('two'))),
      queue(async () => 3),
    ]);
    expect(results.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual([
      1,
      'RangeError: two',
      3,
    ]);
  });

  it('tells of a failure before the next work begins and before its caller hears of it', async () => {
    const events: string[] = [];
    const queue = inTurn(() => events.push('failed'));
    const first = queue(async () => {
      await Promise.resolve();
      throw new RangeError();
    }).catch(() => events.push('caller'));
    const second = queue(async () => events.push('next'));
    await Promise.all([first, second]);
    expect(events[0]).toBe('failed');
    expect(events.toSorted()).toEqual(['caller', 'failed', 'next']);
  });

  it('never runs two at once and keeps the order of the calls, however long each takes', async () => {
    const job = fc.record({ ticks: fc.nat(5), fails: fc.boolean(), pause: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 20 }), async (jobs) => {
        const queue = inTurn();
        const order: number[] = [];
        let running = 0;
        const all: Promise<unknown>[] = [];
        for (const [index, { ticks, fails, pause }] of jobs.entries()) {
          for (let i = 0; i < pause; i++) await Promise.resolve();
          const work = async (): Promise<void> => {
            expect(++running).toBe(1);
            order.push(index);
            for (let i = 0; i < ticks; i++) await Promise.resolve();
            running--;
            if (fails) throw new RangeError();
          };
          all.push(
            queue(work).then(
              () => expect(fails).toBe(false),
              () => expect(fails).toBe(true),
            ),
          );
        }
        await Promise.all(all);
        expect(order).toEqual(jobs.map((_, index) => index));
      }),
      { numRuns: 100 },
    );
  });
});
