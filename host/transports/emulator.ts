// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../protocol/transport.ts';
import { closedError } from './closed.ts';

/** What the transport needs of an emulated card, or of anything else that answers APDUs in this process. */
export type ProcessesApdu = {
  readonly atr: Uint8Array;
  /** The R-APDU of a C-APDU; the card keeps neither buffer. */
  process(apdu: Uint8Array): Uint8Array;
  /** Writes what is left to write and lets the card's file go. */
  close?(): void;
};

/**
 * A card in this process as a transport; closing it closes the card, where the card can be closed.
 * `name` is the URI that messages show.
 */
export function emulatorTransport(card: ProcessesApdu, name = 'emulator:memory'): Transport {
  let open = true;
  return {
    name,
    atr: card.atr,
    transmit: async (apdu) => {
      if (!open) throw closedError(name);
      return card.process(apdu);
    },
    close: async () => {
      if (!open) return;
      open = false;
      card.close?.();
    },
  };
}
