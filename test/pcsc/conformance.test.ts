// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type ConnectedCard, cardConformance } from '../conformance/card.ts';
import { blankAgain, readerCardLacks } from '../conformance/reused-card.ts';
import {
  type InsertedCard,
  openPcscNamespace,
  type PcscNamespace,
  pcscScript,
  pcscUnavailable,
  strict,
  VIRTUAL_READER,
} from '../support/pcsc-namespace.ts';
import { connectReader } from '../support/reader-card.ts';

const unavailable = pcscUnavailable();
const reason = unavailable === undefined ? '' : ` (left out: ${unavailable})`;

describe.skipIf(unavailable !== undefined && !strict)(`behind a real PC/SC daemon${reason}`, () => {
  for (const profile of ['t1', 't0'] as const)
    describe(profile === 't1' ? 'T=1' : 'T=0', () => {
      let namespace: PcscNamespace;
      let inserted: InsertedCard;
      let card: ConnectedCard;
      beforeAll(async () => {
        expect(unavailable).toBeUndefined();
        namespace = await openPcscNamespace();
        await namespace.startDaemon();
        inserted = await namespace.insertCard(profile);
        const conversation = [pcscScript('hold-conversation.mjs'), VIRTUAL_READER];
        card = await connectReader(namespace.start(process.execPath, conversation));
      });
      afterAll(async () => {
        await card?.close();
        await inserted?.remove();
        await namespace?.close();
      });

      // One card for all, as in a reader on a desk: putting a new one in takes longer than most tests.
      cardConformance('the emulator', () => blankAgain(card), { lacks: readerCardLacks });
    });
});
