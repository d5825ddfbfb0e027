// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
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
      try {
        return card.process(apdu);
      } catch (cause) {
        throw failed(name, cause);
      }
    },
    close: async () => {
      if (!open) return;
      open = false;
      card.close?.();
    },
  };
}

/** An emulated card answers faults with status words; it throws only when it is no card any more. */
function failed(reader: string, cause: unknown): CardError<'card/transport-failed'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CardError(
    'card/transport-failed',
    `command to ${reader} not answered: found ${reason}, expected a card that answers`,
    { reader, reason },
    { cause },
  );
}
