// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createCard, openCardFile } from '../../applet-sim/index.ts';
import { openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { openCardManager } from '../../host/clients/card-manager.ts';
import type { OrderRow } from '../../host/provisioning/order-file.ts';
import type { CardInReader } from '../../host/provisioning/provision-card.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import type { Iccid } from '../../protocol/identifiers/iccid.ts';
import { DIVERSIFICATION_LENGTH, wipeKeySet } from '../../protocol/scp03/key-set.ts';
import type { Transport } from '../../protocol/transport.ts';
import type { AdminKeys } from './admin-keys.ts';
import { CliError } from './errors.ts';

/** Where the cards of a batch come from. */
export type CardSource = {
  /** What a batch is bound to besides its other inputs: one with cards of a reader goes on with cards of a reader. */
  readonly binding: readonly string[];
  /** Throws `cli/cards-exist` when there are cards of the order already that a new batch would not have made. */
  requireNone(rows: readonly OrderRow[]): void;
  /** The card of a row, opened; `isFinished` tells of which cards of the batch nothing is left to do. */
  open(row: OrderRow, isFinished: (iccid: Iccid) => boolean): Promise<CardInReader>;
};

/** File of an emulated card within a directory of cards. */
export const cardFileOf = (cards: string, iccid: Iccid | string): string => join(cards, `${iccid}.card`);

/** Emulated cards in a directory, one file each, blank ones with these keys. */
export const emulatedCards = (cards: string, initialKeys: AdminKeys): CardSource => ({
  binding: [],
  requireNone: (rows) => {
    const taken = rows.filter(({ iccid }) => existsSync(cardFileOf(cards, iccid)));
    const [first] = taken;
    if (first === undefined) return;
    throw new CliError(
      'cli/cards-exist',
      `batch not begun: found ${taken.length} cards of this order in ${cards} already, such as ${first.iccid}`,
      { directory: cards, count: taken.length },
    );
  },
  open: async ({ iccid }) => {
    const blank = initialKeys.keySetOf(new Uint8Array(DIVERSIFICATION_LENGTH));
    try {
      const card = createCard({ memory: openCardFile(cardFileOf(cards, iccid)), keySets: [blank] });
      return await cardBehind(emulatorTransport(card, `emulator:${iccid}`));
    } finally {
      wipeKeySet(blank);
    }
  },
});

/** The card behind a transport, which is closed with it, and when the card has not the application. */
export async function cardBehind(transport: Transport): Promise<CardInReader> {
  try {
    const sim = await openBlockchainSim(transport);
    return { sim, manager: () => openCardManager(transport), close: () => transport.close() };
  } catch (error) {
    await transport.close();
    throw error;
  }
}
