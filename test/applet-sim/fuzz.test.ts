// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Card,
  type CardMemory,
  createCard,
  type Profile,
  volatileMemory,
} from '../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { type ApduFile, readStates } from '../conformance/apdu-fixtures.ts';
import { isListed } from '../conformance/card.ts';
import { apdus, send, statusOf } from './support/apdu.ts';

const folder = new URL('../../fixtures/apdu/', import.meta.url);
/** Every C-APDU of the fixtures: what mutations begin with. */
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as ApduFile)
  .flatMap((file) => file.sequences.flatMap(({ steps }) => steps))
  .flatMap((step) => ('reset' in step ? [] : [fromHex(step.send)]));
const states = readStates(new URL('states/states.json', folder));
const stateNames = Object.keys(states);

type Mutation = { readonly kind: number; readonly at: number; readonly value: number };
const mutation = fc.record({ kind: fc.nat(5), at: fc.nat(), value: fc.nat(255) });

/** A C-APDU with one thing changed: a byte, its length, its chaining bit, what stands behind it. */
function mutate(apdu: Uint8Array, { kind, at, value }: Mutation): Uint8Array {
  const bytes = [...apdu];
  const place = at % Math.max(1, bytes.length);
  if (kind === 0) bytes[place] = value;
  else if (kind === 1) bytes.splice(place, 1);
  else if (kind === 2) bytes.splice(place, 0, value);
  else if (kind === 3) bytes[0] = (bytes[0] ?? 0) ^ 0x10;
  else if (kind === 4) bytes.push(...bytes.slice(-(value % 20)));
  else bytes.length = place;
  return Uint8Array.from(bytes);
}

const mutated = fc
  .tuple(fc.constantFrom(...known), fc.array(mutation, { maxLength: 3 }))
  .map(([apdu, changes]) => changes.reduce(mutate, apdu));
const chosen = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known) },
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  ),
  { maxLength: 40 },
);

/** A card in a named state, whose memory counts its writes, and whose own faults fail the test. */
function cardIn(state: string, profile: Profile): { readonly card: Card; readonly writes: () => number } {
  const kept = volatileMemory();
  let writes = 0;
  const memory: CardMemory = {
    ...kept,
    write: (image) => {
      writes++;
      // Sixteen keys, a PIN and a PUK take less.
      expect(image.length).toBeLessThan(4096);
      kept.write(image);
    },
  };
  const onFault = (cause: unknown): void => {
    throw cause;
  };
  const card = createCard({ memory, profile, onFault });
  for (const step of states[state] ?? []) if ('send' in step) card.process(fromHex(step.send));
  return { card, writes: () => writes };
}

/** Commands that write although they do not end with 9000 or 61XX: a wrong PIN or PUK costs a try. */
const isSpentTry = (sw: string): boolean => /^63C./.test(sw);

describe.each(['t1', 't0'] as const)('a card with profile %s', (profile) => {
  it('answers any bytes with a status word that the catalogue lists, and writes only what succeeds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...stateNames), chosen, (state, commands) => {
        const { card, writes } = cardIn(state, profile);
        for (const command of commands) {
          const before = writes();
          const answer = card.process(command);
          expect(answer.length).toBeGreaterThanOrEqual(2);
          const sw = toUpperHex(answer.subarray(-2));
          expect(isListed(command, sw), `${sw} to ${toUpperHex(command)}`).toBe(true);
          if (!/^(9000|61..|6C..)$/.test(sw)) expect(answer.length).toBe(2);
          if (!/^(9000|61..)$/.test(sw) && !isSpentTry(sw)) expect(writes() - before).toBe(0);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('gives out nothing behind the PIN to whoever has not verified it', () => {
    fc.assert(
      fc.property(chosen, (commands) => {
        const { card } = cardIn('personalised with keys', profile);
        const verifies = (apdu: Uint8Array): boolean => [0x20, 0x24, 0x2c].includes(apdu[1] ?? 0);
        for (const command of commands.filter((apdu) => !verifies(apdu))) card.process(command);
        const sign = apdus.sign('11'.repeat(32));
        expect(statusOf(card, apdus.select, apdus.chooseSignatureKey(1), sign)).toBe('6982');
        expect(statusOf(card, '00CAFF2200')).toBe('6982');
      }),
      { numRuns: 200 },
    );
  });
});

describe('a card under a flood', () => {
  it('holds no more of a chain than the longest data field, however many parts come', () => {
    const card = createCard();
    send(card, apdus.select, apdus.generate(1, 3), apdus.chooseSignatureKey(1));
    const part = `102A9E9AFF${'5A'.repeat(255)}`;
    const answers = send(card, ...Array.from({ length: 2000 }, () => part));
    // 16 parts fit into 4,096 bytes; the next ends the chain, and one more begins a new one.
    expect(answers.findIndex((answer) => answer !== '9000')).toBe(16);
    expect(answers.filter((answer) => answer === '6700').length).toBe(Math.floor(2000 / 17));
  });
});
