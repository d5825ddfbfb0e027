// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { createCard } from '../../../applet-sim/index.ts';
import { openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { CardError } from '../../../host/errors.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { toUpperHex } from '../../../protocol/bytes.ts';
import { openPersonalisedCard, tap, testCard } from '../../support/cards.ts';
import { honest, withSomebody } from './between.ts';

const departures = [
  new CardError('card/removed', 'pulled', { reader: 'test' }),
  new CardError('card/reset', 'reset', { reader: 'test' }),
  new CardError('card/transport-failed', 'lost', { reader: 'test', reason: 'lost' }),
];

describe('a card that was taken away while commands wait', () => {
  it.each(departures)(
    'leaves no PIN to the next one in its place, until the application is selected: $code',
    async (departure) => {
      const { card } = await openPersonalisedCard();
      const { seat, transport: bent } = withSomebody(emulatorTransport(card));
      const { sent, transport } = tap(bent);
      const sim = await openBlockchainSim(transport);
      const other = createCard();
      let isGone = false;
      seat.somebody = async (apdu) => {
        if (isGone) return other.process(apdu);
        isGone = true;
        throw departure;
      };
      const outcomes = await Promise.allSettled([
        sim.getChallenge(),
        sim.verify(testCard.pin),
        sim.changeReferenceData(testCard.pin, testCard.pin),
        sim.resetRetryCounter(testCard.puk, testCard.pin),
      ]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: departure.code } });
      const all = sent.join(' ');
      for (const secret of [testCard.pin, testCard.puk]) expect(all).not.toContain(toUpperHex(secret));
      seat.somebody = honest;
      await sim.select();
      await sim.verify(testCard.pin);
    },
  );
});
