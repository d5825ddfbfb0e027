// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import { CardError } from '../../host/errors.ts';
import { ProvisioningError } from '../../host/provisioning/errors.ts';
import type { CardInReader } from '../../host/provisioning/provision-card.ts';
import type { Iccid } from '../../protocol/identifiers/iccid.ts';
import type { Transport } from '../../protocol/transport.ts';
import { type CardSource, cardBehind } from './card-source.ts';
import type { Printer } from './print.ts';

/** How often the reader is looked at while it has no card that is wanted, in milliseconds. */
const INTERVAL_MS = 500;

/** Codes of what a reader says while cards are exchanged in it. */
const exchanging: ReadonlySet<string> = new Set(['card/no-card', 'card/removed', 'card/reset']);

/**
 * Cards that are put into one reader, one after the other: waits until there is one that is not finished. Throws
 * `provisioning/card-mismatch` for a card that is somebody else's.
 */
export function cardsInReader(open: () => Promise<Transport>, print: Printer): CardSource {
  const lookAt = async (
    wanted: Iccid,
    isFinished: (iccid: Iccid) => boolean,
  ): Promise<CardInReader | undefined> => {
    const card = await cardBehind(await open());
    let isWanted = false;
    try {
      const found = await iccidOf(card);
      isWanted = found === undefined || found === wanted;
      if (isWanted) return card;
      if (isFinished(found as Iccid)) return undefined;
      // Before a secure channel is tried with keys that it has not: each try is one less.
      throw new ProvisioningError(
        'provisioning/card-mismatch',
        `card not provisioned: found a card personalised as ${found}, expected a blank one for ${wanted}`,
        { iccid: wanted, found: `a card personalised as ${found}`, expected: 'a blank one' },
      );
    } finally {
      if (!isWanted) await card.close();
    }
  };

  return {
    binding: ['cards in a reader'],
    requireNone: () => {},
    open: async ({ iccid }, isFinished) => {
      for (let hasAsked = false; ; hasAsked = true) {
        try {
          const card = await lookAt(iccid, isFinished);
          if (card !== undefined) return card;
        } catch (error) {
          if (!(error instanceof CardError) || !exchanging.has(error.code)) throw error;
        }
        if (!hasAsked) print.note(`put the card for ${iccid} into the reader`);
        await setTimeout(INTERVAL_MS);
      }
    },
  };
}

/** Whose card it is; undefined of one that is nobody's. */
async function iccidOf({ sim }: CardInReader): Promise<Iccid | undefined> {
  const { lifeCycle } = await sim.applicationInformation();
  return lifeCycle === 'personalised' || lifeCycle === 'blocked' ? sim.iccid() : undefined;
}
