// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import { ToolkitError } from '../../protocol/error-table.ts';
import type { Card } from '../card.ts';
import { EmulatorError } from '../errors.ts';
import { reasonOf } from '../runtime/file-fault.ts';
import { serveReader } from './vpcd-connection.ts';
import type { VpcdState } from './vpcd-state.ts';

/** Where the virtual reader listens. */
export type VpcdOptions = {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 35963, the reader's first slot; the second is 35964. */
  readonly port?: number;
  /** Told of each change of state. */
  readonly onState?: (state: VpcdState) => void;
};

/** A card in a virtual reader. */
export type VpcdAttachment = {
  /** Fulfilled once the card is in the reader; otherwise settles as {@link VpcdAttachment.closed} does. */
  readonly inserted: Promise<void>;
  /**
   * Settles when the card is out of the reader: fulfilled after {@link VpcdAttachment.close} or when the reader ends
   * the connection, rejected with `emulator/reader-not-reached` or `emulator/reader-lost`. A rejection that nobody
   * waits for is not an unhandled one.
   */
  readonly closed: Promise<void>;
  /** Takes the card out, without power; the card itself stays open. A second call does nothing. */
  close(): Promise<void>;
};

/**
 * Puts the card into a virtual reader of pcscd (vsmartcard's vpcd), which then shows it to every PC/SC program.
 * It does not connect again when the reader goes away.
 */
export function attachVpcd(card: Card, options: VpcdOptions = {}): VpcdAttachment {
  const { host = '127.0.0.1', port = 35963, onState = () => {} } = options;
  const socket = connect({ host, port, noDelay: true });
  let connected = false;
  let failure: Error | undefined;

  const connection = new Promise<void>((fulfil) => {
    socket.on('connect', () => {
      connected = true;
      onState('inserted');
      fulfil();
    });
  });
  // Before those below: the card loses its power before anybody hears that it is out.
  serveReader(card, socket, onState);
  socket.on('error', (cause) => {
    failure = cause instanceof ToolkitError ? cause : unreachable(connected, host, port, cause);
  });

  const closed = new Promise<void>((fulfil, reject) => {
    socket.on('close', () => {
      if (connected) onState('removed');
      if (failure === undefined) fulfil();
      else reject(failure);
    });
  });
  const inserted = Promise.race([connection, closed]);
  // Whoever wants to know waits for them; the process does not end for one who does not.
  closed.catch(() => {});
  inserted.catch(() => {});

  return {
    inserted,
    closed,
    close: async () => {
      socket.destroy();
      // What broke the connection before is told by `closed`.
      await closed.catch(() => {});
    },
  };
}

function unreachable(inserted: boolean, host: string, port: number, cause: Error): EmulatorError {
  const reason = reasonOf(cause);
  const found = `found ${reason}, expected a virtual reader at ${host}:${port}`;
  return inserted
    ? new EmulatorError(
        'emulator/reader-lost',
        `card fell out of its reader: ${found}`,
        { host, port, reason },
        { cause },
      )
    : new EmulatorError(
        'emulator/reader-not-reached',
        `card not attached: ${found}`,
        { host, port, reason },
        { cause },
      );
}
