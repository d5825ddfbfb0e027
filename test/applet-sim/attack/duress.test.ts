// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Card, type CardMemory, createCard, volatileMemory } from '../../../applet-sim/index.ts';
import type { RecordChanges } from '../../../applet-sim/runtime/card-memory.ts';
import { openAdministrator, personalise } from '../support/administrator.ts';
import { apdus, send } from '../support/apdu.ts';
import { transfer } from '../support/transaction-payload.ts';
import {
  deleteKey,
  ED25519,
  entriesOf,
  field,
  generate,
  IDENTITY,
  inParts,
  onChannel,
  P256,
  policy,
  transactionOf,
  WALLET,
} from '../support/two-channels.ts';

const PIN = '31323334FFFFFFFF';
const DURESS = '38363432FFFFFFFF';
const OTHER = '353637383930FFFF';
const WRONG = '39393939FFFFFFFF';
const PUK = '3132333435363738';
const LOG = '00CAFF24000000';

type Watched = {
  readonly card: Card;
  readonly written: RecordChanges[];
  send(...commands: readonly string[]): readonly string[];
  inside: string;
};

/** A card with wallets and both PINs, of which its holder uses one; its randomness is the same each time. */
function watched(inside: string): Watched {
  const kept = volatileMemory();
  const written: RecordChanges[] = [];
  const memory: CardMemory = {
    ...kept,
    write: (changes) => {
      written.push(new Map([...changes].map(([name, value]) => [name, value?.slice()])));
      kept.write(changes);
    },
  };
  let drawn = 0;
  const random = (length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (++drawn * 7 + i * 13) & 0xff);
  const card = createCard({ memory, random });
  personalise(
    card,
    generate(1, P256, WALLET, policy(0x27)),
    generate(2, 2, WALLET, policy(0x16, 5000)),
    generate(3, ED25519, WALLET, policy(0x26)),
    generate(4, P256, IDENTITY, policy(0x2f)),
    '8047800000',
  );
  send(card, field('002C0002', PUK + DURESS));
  written.length = 0;
  return { card, written, send: (...commands) => send(card, ...commands), inside };
}

const digest = 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD';
const verify = ({ inside }: Watched): string => field('00200001', inside);
const path = '94088000000080000001';

/** What a holder does, and whoever forces him to. */
const story: readonly ((watched: Watched) => readonly string[])[] = [
  (w) => w.send(verify(w), '00200001'),
  (w) => w.send(apdus.information, apdus.directory, '00CA005A00', '00CAFF2200'),
  (w) =>
    [1, 2, 3, 4].flatMap((slot) => w.send(apdus.readKey(slot), field('00478300', `B60384010${slot}`, '00'))),
  (w) =>
    [1, 2, 3].flatMap((slot) =>
      w.send(
        field('00478100', `B60D84010${slot}${path}`, '00'),
        field('00478300', `B60D84010${slot}${path}`, '00'),
      ),
    ),
  (w) =>
    w.send(apdus.chooseSignatureKey(1), apdus.sign(digest), ...inParts('002A9080', digest, 7), '002A9E9A00'),
  (w) => w.send(field('002241A4', `840103${path}`), `0088000010${digest.slice(0, 32)}00`),
  (w) => w.send(apdus.chooseSignatureKey(3), field('002A9E9A', '616263', '00')),
  (w) => {
    const key = w.send(apdus.chooseSignatureKey(1), apdus.readKey(1)).at(-1) ?? '';
    return w.send(...inParts('802A9E9A', transactionOf('P-256', key, transfer(2000)), 120));
  },
  (w) => w.send(field('80880000', `840101${path}8110${digest.slice(0, 32)}`, '00')),
  (w) => w.send(generate(5, P256, WALLET, policy(0x26)), apdus.readKey(5), deleteKey(5), deleteKey(2)),
  (w) => w.send(apdus.chooseSignatureKey(4), apdus.sign(digest), '00200001', verify(w)),
  (w) => w.send(field('00200001', WRONG), '00200001', field('00240001', WRONG + OTHER), verify(w)),
  (w) =>
    w.send(
      '0070000001',
      onChannel(1, apdus.select),
      onChannel(1, verify(w)),
      onChannel(1, apdus.readKey(1)),
      '00708001',
    ),
  (w) =>
    w.send(
      field('00240001', w.inside + '31'.repeat(3) + 'FF'.repeat(5)),
      field('00240001', w.inside + OTHER),
      field('00200001', w.inside),
      field('00200001', OTHER),
    ),
  (w) => w.send(field('00240001', OTHER + w.inside), verify(w)),
  (w) =>
    openAdministrator(w.card).send(
      apdus.directory,
      '00CAFF2400',
      field('80880000', `8401018110${digest.slice(0, 32)}`, '00'),
      deleteKey(3),
      field('802C0000', 'B603840102'),
    ),
  (w) => w.send(verify(w), LOG, apdus.directory, apdus.information),
  (w) => w.send(...[1, 2, 3, 4].map(() => field('00200001', WRONG)), verify(w), '00200001'),
  (w) => w.send(field('002C0001', `3837363534333231${OTHER}`), LOG, field('002C0001', PUK + OTHER), LOG),
];

/** Lengths and status words: the points of wallets, and signatures over them, are others. */
const shapes = (answers: readonly string[]): readonly string[] =>
  answers.map((answer) => `${answer.length / 2} ${answer.slice(-4)}`);

/** What each scene gives to whoever watches, of a card whose holder used that PIN. */
const play = (
  inside: string,
  watch: (watched: Watched, answers: readonly string[]) => unknown,
): unknown[] => {
  const card = watched(inside);
  return story.map((scene) => watch(card, scene(card)));
};

describe('a card whose holder is inside with the duress PIN', () => {
  it.each<[string, (watched: Watched, answers: readonly string[]) => unknown]>([
    ['length or status word of an answer', (_, answers) => shapes(answers)],
    [
      'byte of its directory and of what it says of itself',
      ({ card }) => send(card, apdus.information, apdus.directory),
    ],
    ['event of its log', ({ card }) => entriesOf(openAdministrator(card).send('00CAFF2400')[0] ?? '')],
    [
      'record that it writes, nor in its length',
      ({ written }) =>
        written.splice(0).map((changes) => [...changes].map(([name, value]) => `${name} ${value?.length}`)),
    ],
  ])('differs in no %s', (_, watch) => {
    expect(play(DURESS, watch)).toEqual(play(PIN, watch));
  });

  it('writes the same records as one for which no duress PIN was ever set', () => {
    const names = ({ written }: Watched): unknown =>
      written.splice(0).map((changes) => [...changes].map(([name, value]) => `${name} ${value?.length}`));
    const [held, free] = [watched(PIN), watched(PIN)];
    send(held.card, field('002C0002', PUK + DURESS));
    send(free.card, field('002C0002', `${PUK}${'FF'.repeat(8)}`));
    expect(names(free)).toEqual(names(held));
    expect(story.map((scene) => [scene(held).length, names(held)])).toEqual(
      story.map((scene) => [scene(free).length, names(free)]),
    );
  });

  it('has wallets that are others in every key, and identities that are the same', () => {
    const read = ({ card }: Watched): readonly string[] =>
      send(card, apdus.readKey(1), apdus.readKey(2), apdus.readKey(3), apdus.readKey(4));
    const [free, forced] = [watched(PIN), watched(DURESS)];
    for (const each of [free, forced]) send(each.card, verify(each));
    const [mine, theirs] = [read(free), read(forced)];
    expect(theirs.map((key, i) => key === mine[i])).toEqual([false, false, false, true]);
  });
});

describe('a session on another logical channel', () => {
  it.each([
    ['the PIN is changed', field('00240001', PIN + OTHER)],
    ['the duress PIN is changed', field('00240001', DURESS + OTHER)],
    ['the PUK sets a PIN', field('002C0001', PUK + OTHER)],
  ])('is over once %s, and the one that did it goes on', (_, command) => {
    const { card } = watched(PIN);
    send(card, '0070000001', onChannel(1, apdus.select), onChannel(1, field('00200001', PIN)));
    expect(send(card, '01200001', command, '00200001', '01200001', '01CAFF2200')).toEqual([
      '9000',
      '9000',
      '9000',
      '63C3',
      '6982',
    ]);
  });
});
