// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ToolkitError } from '../../protocol/error-table.ts';
import type { Card } from '../card.ts';
import { EmulatorError } from '../errors.ts';
import { reasonOf } from '../runtime/file-fault.ts';
import { serveReader } from './vpcd-connection.ts';
import type { VpcdState } from './vpcd-state.ts';

/** Where a card listens for readers. */
export type VpcdListenOptions = {
  /** Default 127.0.0.1. Whoever reaches another address can use the card. */
  readonly host?: string;
  /** Default 0, a free port. */
  readonly port?: number;
  /** Told of each change of state. */
  readonly onState?: (state: VpcdState) => void;
};

/** A card that listens for readers. */
export type VpcdListener = {
  /** Port at which it listens. */
  readonly port: number;
  /** Fulfilled after {@link VpcdListener.close}; rejected where the card cannot go on, which nobody needs to wait for. */
  readonly closed: Promise<void>;
  /** Takes the card out of its reader and listens no more; the card itself stays open. A second call does nothing. */
  close(): Promise<void>;
};

/** Most readers at once: the one that has the card, and those that wait for it. */
const READERS_MAX = 8;

/**
 * Lets virtual readers come to the card, with the framing of vsmartcard's vpcd: one after the other, each for as long as
 * its connection lasts; the card has no power in between. Throws `emulator/not-listening`.
 */
export async function listenVpcd(card: Card, options: VpcdListenOptions = {}): Promise<VpcdListener> {
  const { host = '127.0.0.1', port = 0, onState = () => {} } = options;
  const server = createServer({ noDelay: true, pauseOnConnect: true });
  server.maxConnections = READERS_MAX;
  const readers: Socket[] = [];
  let failure: ToolkitError | undefined;

  const serveNext = (): void => {
    const [socket] = readers;
    if (socket === undefined) return;
    onState('inserted');
    serveReader(card, socket, onState);
    socket.resume();
  };
  const stop = (): void => {
    server.close();
    for (const socket of readers) socket.destroy();
  };
  server.on('connection', (socket) => {
    readers.push(socket);
    // A connection that breaks is a reader that went away; a card that breaks is the end.
    socket.on('error', (cause) => {
      if (cause instanceof ToolkitError) failure ??= cause;
    });
    socket.on('close', () => {
      const hadCard = readers[0] === socket;
      readers.splice(readers.indexOf(socket), 1);
      if (hadCard) onState('removed');
      if (failure !== undefined) stop();
      else if (hadCard) serveNext();
    });
    if (readers.length === 1) serveNext();
  });
  const closed = once(server, 'close').then(() => {
    if (failure !== undefined) throw failure;
  });
  closed.catch(() => {});
  const chosen = await listen(server, host, port);

  return {
    port: chosen,
    closed,
    close: async () => {
      stop();
      await closed.catch(() => {});
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    await once(server.listen(port, host), 'listening');
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new EmulatorError(
      'emulator/not-listening',
      `card not reachable: found ${reason}, expected to listen at port ${port} of ${host}`,
      { host, port, reason },
      { cause },
    );
  }
}
