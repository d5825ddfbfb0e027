// SPDX-License-Identifier: Apache-2.0
import type { Card } from '../../../applet-sim/index.ts';
import { apdus, send } from './apdu.ts';

/** What of a personalised card must survive a loss of power, as far as the outside can see it. */
export type Seen = {
  readonly personalised: boolean;
  readonly pin: string;
  readonly pinTries: number;
  readonly pukTries: number;
  /** Slots that hold a key. */
  readonly slots: readonly number[];
};

/** A command of the story, what it must answer and what it must leave behind, both from the state before it. */
export type Scene = {
  readonly apdu: string;
  readonly outcome: (before: Seen) => { readonly sw: string; readonly after: Seen };
  /** State in which the card may be cut off between two writes, besides before and after. */
  readonly between?: (before: Seen) => Seen;
};

/** PIN 1234, given by STORE DATA, and 567890, which replaces it for a while. */
const PIN = '31323334FFFFFFFF';
const OTHER_PIN = '353637383930FFFF';

/** State of a card fresh from the factory. */
export const blankCard: Seen = { personalised: false, pin: PIN, pinTries: 3, pukTries: 10, slots: [] };

const spentPin = (before: Seen): Seen => ({ ...before, pinTries: before.pinTries - 1 });
const spentPuk = (before: Seen): Seen => ({ ...before, pukTries: before.pukTries - 1 });
const done = (after: Seen): { sw: string; after: Seen } => ({ sw: '9000', after });

const generate = (slot: number, algorithm: number): Scene => ({
  apdu: apdus.generate(slot, algorithm),
  outcome: (before) =>
    before.slots.includes(slot)
      ? { sw: '6A89', after: before }
      : done({ ...before, slots: [...before.slots, slot].sort((a, b) => a - b) }),
});

const wrongPin: Scene = {
  apdu: apdus.verifyWrong,
  outcome: (before) => ({ sw: `63C${before.pinTries - 1}`, after: spentPin(before) }),
};

const wrongPuk: Scene = {
  apdu: apdus.unblockWrong,
  outcome: (before) => ({ sw: `63C${before.pukTries - 1}`, after: spentPuk(before) }),
};

const changePin = (from: string, to: string): Scene => ({
  apdu: `0024000110${from}${to}`,
  outcome: (before) => done({ ...before, pin: to, pinTries: 3 }),
  between: spentPin,
});

/**
 * A story in which every kind of write happens: personalisation, right and wrong PINs and PUKs, changes of the PIN,
 * keys on each curve. It can be played again and again, and leaves a PIN and a PUK that are not blocked.
 */
export const story: readonly Scene[] = [
  { apdu: apdus.select, outcome: done },
  generate(1, 1),
  {
    apdu: apdus.storeData,
    outcome: (before) =>
      before.personalised ? { sw: '6985', after: before } : done({ ...before, personalised: true }),
  },
  wrongPin,
  { apdu: apdus.verify, outcome: (before) => done({ ...before, pinTries: 3 }), between: spentPin },
  ...[2, 3, 4, 5].map((slot) => generate(slot, 1 + (slot % 3))),
  changePin(PIN, OTHER_PIN),
  generate(6, 3),
  wrongPin,
  wrongPin,
  wrongPuk,
  {
    apdu: apdus.unblock,
    outcome: (before) => done({ ...before, pin: OTHER_PIN, pinTries: 3, pukTries: 10 }),
    between: spentPuk,
  },
  ...[7, 8, 9, 10].map((slot) => generate(slot, 3)),
  changePin(OTHER_PIN, PIN),
  wrongPin,
];

/** Whether the card is in one of the states; finds its PIN by trying, so the card is not to be used after. */
export function isIn(card: Card, states: readonly Seen[]): boolean {
  const [, information = '', directory = ''] = send(card, apdus.select, apdus.information, apdus.directory);
  // The values of tags 82, 85 and 86, all of fixed length; a directory entry is B6 06 84 01 slot 80 01 algorithm.
  const value = (tag: string): string => new RegExp(`${tag}01(..)`).exec(information.slice(8))?.[1] ?? '';
  const slots = [...directory.slice(0, -4).matchAll(/B6068401(..)8001../g)].map((found) =>
    Number.parseInt(found[1] ?? '', 16),
  );
  const same = states.filter(
    (state) =>
      state.personalised === (value('82') === '0F') &&
      state.pinTries === Number.parseInt(value('85'), 16) &&
      state.pukTries === Number.parseInt(value('86'), 16) &&
      state.slots.join() === slots.join(),
  );
  if (slots.some((slot) => !/^7F49.*9000$/.test(send(card, apdus.readKey(slot))[0] ?? ''))) return false;
  return same.some((state) => {
    if (!state.personalised || state.pinTries === 0) return true;
    return send(card, `0020000108${state.pin}`)[0] === '9000';
  });
}
