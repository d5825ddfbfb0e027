// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Card, createCard, volatileMemory } from '../../../applet-sim/index.ts';
import { decodeCbor, encodeCbor } from '../../../protocol/cbor.ts';
import { openAdministrator, personalise } from '../support/administrator.ts';
import { apdus, send } from '../support/apdu.ts';
import { transfer } from '../support/transaction-payload.ts';
import { field, generate, IDENTITY, inParts, P256, policy, transactionOf } from '../support/two-channels.ts';

const digest = 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD';
const SIGNED = /^.{128}9000$/;

/** A personalised card with two keys, one of its records changed, and what lay behind its faults. */
function cardWith(
  name: string,
  change: (record: Uint8Array) => Uint8Array,
): { readonly card: Card; readonly faults: readonly unknown[] } {
  const memory = volatileMemory();
  const before = createCard({ memory });
  personalise(
    before,
    generate(1, P256, IDENTITY, policy(0x27)),
    generate(2, P256, IDENTITY, policy(0x04, 0xffff_ffff)),
  );
  // All places of the log are used.
  for (let i = 0; i < 64; i++) send(before, apdus.verify);
  memory.write(new Map([[name, change(memory.read().get(name) ?? new Uint8Array(0))]]));
  const faults: unknown[] = [];
  const card = createCard({ memory, onFault: (cause) => faults.push(cause) });
  send(card, apdus.select);
  return { card, faults };
}

const last = (card: Card, ...commands: readonly string[]): string => send(card, ...commands).at(-1) ?? '';

/** The record with the numbers at its beginning replaced. */
const beginning =
  (...bytes: readonly number[]) =>
  (record: Uint8Array): Uint8Array => {
    const changed = record.slice();
    changed.set(bytes);
    return changed;
  };

describe('a card near the end of a counter', () => {
  it('signs once more with the last number of a key’s counter, and never again', () => {
    const { card, faults } = cardWith('counter/1', beginning(0xff, 0xff, 0xff, 0xfe));
    expect(last(card, apdus.verify, apdus.chooseSignatureKey(1), apdus.sign(digest))).toMatch(SIGNED);
    expect(last(card, apdus.sign(digest))).toBe('6985');
    expect(last(card, '002241A403840101', `0088000010${digest.slice(0, 32)}00`)).toBe('6985');
    expect(last(card, apdus.directory)).toContain('C304FFFFFFFF');
    expect(faults).toEqual([]);
  });

  it('pays up to the last unit of a limit, and not one more', () => {
    // Four bytes of signatures; then spent: one less than the limit.
    const { card, faults } = cardWith('counter/2', beginning(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe));
    const [, , read = ''] = send(card, apdus.verify, apdus.chooseSignatureKey(2), apdus.readKey(2));
    const pay = (amount: number): string =>
      last(card, ...inParts('802A9E9A', transactionOf('P-256', read, transfer(amount)), 200));
    expect(pay(2)).toBe('6985');
    expect(pay(1)).toMatch(SIGNED);
    expect(pay(1)).toBe('6985');
    expect(faults).toEqual([]);
  });

  it('opens one more secure channel with the last number of its counter, and then answers 6983', () => {
    const { card, faults } = cardWith('key-set/0', (record) => {
      const set = decodeCbor(record);
      if (!Array.isArray(set)) throw new Error('no key set');
      return encodeCbor([...set.slice(0, 4), 0xff_fffe, 10]);
    });
    expect(openAdministrator(card).send('00CAFF2400')).toEqual([expect.stringMatching(/9000$/)]);
    expect(last(card, '8050300008A5A5A5A5A5A5A5A500')).toBe('6983');
    expect(faults).toEqual([]);
  });

  it('does nothing that it could not log, and tells a right PIN from a wrong one in nothing', () => {
    const { card } = cardWith('log/head', beginning(0xff, 0xff, 0xff, 0xff));
    expect(last(card, apdus.verify)).toBe('6581');
    expect(last(card, '00200001')).toBe('63C2');
    expect(last(card, apdus.verifyWrong)).toBe('6581');
    expect(last(card, '00200001')).toBe('63C1');
    expect(last(card, field('00240001', '31323334FFFFFFFF353637383930FFFF'))).toBe('6581');
    expect(last(card, '00CAFF2200')).toBe('6982');
  });
});
