// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Card, type CardMemory, createCard, volatileMemory } from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { encodePutKey } from '../../../protocol/scp03/put-key.ts';
import { openAdministrator } from '../support/administrator.ts';
import { apdus, send } from '../support/apdu.ts';
import { transfer } from '../support/transaction-payload.ts';
import {
  deleteKey,
  field,
  generate,
  IDENTITY,
  inParts,
  P256,
  policy,
  transactionOf,
  WALLET,
} from '../support/two-channels.ts';

const PIN = '31323334FFFFFFFF';
const DURESS = '38363432FFFFFFFF';
const OTHER = '353637383930FFFF';
const PUK = '3132333435363738';
const digest = 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD';
const key = fromHex('404142434445464748494A4B4C4D4E4F');
const newKeys = toUpperHex(encodePutKey({ version: 0x30, enc: key, mac: key, dek: key }, key));

/** Memory whose n-th write from now fails; before that nothing does. */
function fallible(): { readonly memory: CardMemory; writes: number; failAt: number } {
  const inner = volatileMemory();
  const watched = {
    writes: 0,
    failAt: 0,
    memory: {
      ...inner,
      write: (changes: Parameters<CardMemory['write']>[0]) => {
        if (++watched.writes === watched.failAt) throw new Error('power lost');
        inner.write(changes);
      },
    },
  };
  return watched;
}

const verify = field('00200001', PIN);
const administrator =
  (...commands: readonly string[]) =>
  (card: Card): readonly string[] => {
    try {
      return openAdministrator(card).send(...commands);
    } catch (error) {
      // The channel was not opened, because memory did not take its counters.
      return [(error as Error).message];
    }
  };
const plain =
  (...commands: readonly string[]) =>
  (card: Card): readonly string[] =>
    send(card, ...commands);

/** A card's life, in which each kind of record is written, and each command that writes is given. */
const life: readonly ((card: Card) => readonly string[])[] = [
  plain(apdus.select),
  administrator(
    generate(1, P256, IDENTITY, policy(0x2f)),
    generate(2, P256, WALLET, policy(0x24, 5000)),
    generate(3, P256, WALLET, policy(0x26)),
    field('80480000', 'B61B840104800102C00102C510000102030405060708090A0B0C0D0E0F', '00'),
    '8047800000',
    field('00DAFF26', '30'.repeat(40)),
    apdus.storeData,
  ),
  plain(verify, field('00200001', '39393939FFFFFFFF'), verify),
  plain(
    field('002C0002', PUK + DURESS),
    field('00200001', DURESS),
    field('00240001', DURESS + OTHER),
    verify,
  ),
  plain(field('002C0001', `3837363534333231${OTHER}`), field('00240001', `${PIN}3131313131313131`)),
  plain(field('00240001', `3131313131313131${PIN}`), apdus.chooseSignatureKey(1), apdus.sign(digest)),
  plain(
    verify,
    ...inParts('002A9080', digest, 9),
    '002A9E9A00',
    verify,
    '002241A403840101',
    `0088000010${digest.slice(0, 32)}00`,
  ),
  (card) => {
    const [, , read = ''] = send(card, verify, apdus.chooseSignatureKey(2), apdus.readKey(2));
    if (!read.endsWith('9000')) return [];
    return send(card, ...inParts('802A9E9A', transactionOf('P-256', read, transfer(2000)), 120));
  },
  plain(
    verify,
    field('80880000', `8401018110${digest.slice(0, 32)}`, '00'),
    deleteKey(1),
    generate(1, P256, IDENTITY, policy(0x27)),
  ),
  administrator('802C000005B603840102', deleteKey(3), '00040000', '00440000'),
  plain(verify, '00CAFF2200', apdus.chooseSignatureKey(2), apdus.readKey(2)),
  plain('00A4040008A000000151000000'),
  administrator(field('80D83081', newKeys, '00')),
  plain(apdus.select, ...Array.from({ length: 10 }, () => field('002C0001', `3837363534333231${OTHER}`))),
  administrator('00440000', '80FA0000', generate(9, P256, IDENTITY, policy(0x27)), '00E60000'),
];

/** What can be seen of a card by whoever asks, without a change to it. */
const seen = (card: Card): readonly string[] =>
  send(
    card,
    apdus.information,
    apdus.directory,
    '8047810000',
    '00CAFF26000000',
    '00CA005A00',
    ...[1, 4, 9].map(apdus.readKey),
  );

const total = (() => {
  const watched = fallible();
  const card = createCard({ memory: watched.memory });
  for (const scene of life) scene(card);
  return watched.writes;
})();

/** What its keys sign, by PINs that it may have. */
const signed = (card: Card): readonly string[] =>
  send(
    card,
    ...[PIN, '3131313131313131'].map((pin) => field('00200001', pin)),
    ...[1, 9].flatMap((slot) => [apdus.chooseSignatureKey(slot), apdus.sign(digest)]),
    apdus.readKey(2),
    '00CAFF24000000',
  );

/** A card with a copy of that memory, in which an application is selected. */
function copyOf({ memory }: { readonly memory: CardMemory }): Card {
  const copy = volatileMemory();
  copy.write(memory.read());
  const card = createCard({ memory: copy });
  send(card, apdus.select);
  return card;
}

describe('a card whose memory fails at one write of its life', () => {
  it('has a life with many, in which commands do what they are for', () => {
    const card = createCard();
    const answers = life.flatMap((scene) => scene(card));
    expect(total).toBeGreaterThan(70);
    expect(answers.filter((answer) => answer.endsWith('9000')).length).toBeGreaterThan(40);
  });

  it.each(Array.from({ length: total }, (_, i) => i + 1))(
    'is at write %i, and for the rest of its life, as its memory is, and has no fault of its own',
    (n) => {
      const watched = fallible();
      const faults: unknown[] = [];
      const card = createCard({ memory: watched.memory, onFault: (cause) => faults.push(cause) });
      watched.failAt = n;
      let isCompared = false;
      for (const scene of life) {
        scene(card);
        if (isCompared || watched.writes < n) continue;
        isCompared = true;
        const copy = copyOf(watched);
        send(card, apdus.select);
        expect(seen(card)).toEqual(seen(copy));
        expect(signed(card)).toEqual(signed(copy));
      }
      expect(isCompared).toBe(true);
      send(card, apdus.select);
      expect(seen(card)).toEqual(seen(copyOf(watched)));
      expect(faults).toEqual([new Error('power lost')]);
    },
  );
});
