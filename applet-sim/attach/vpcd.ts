// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import { ToolkitError } from '../../protocol/error-table.ts';
import type { Card } from '../card.ts';
import { EmulatorError } from '../errors.ts';
import { reasonOf } from '../runtime/file-fault.ts';
import { vpcdControls, vpcdFrame, vpcdFrameReader } from './vpcd-frame.ts';

/** What becomes of a card in the virtual reader. */
export type VpcdState = 'inserted' | 'powered' | 'unpowered' | 'removed';

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
  const reader = vpcdFrameReader();
  let connected = false;
  let failure: Error | undefined;

  const connection = new Promise<void>((fulfil) => {
    socket.on('connect', () => {
      connected = true;
      onState('inserted');
      fulfil();
    });
  });
  socket.on('data', (segment) => {
    try {
      const answers = reader.push(segment).flatMap((body) => answerTo(card, body, onState));
      // One write for all: the reader then gets its answers in as few segments as it sent questions.
      if (answers.length > 0) writeInTurn(socket, Buffer.concat(answers));
    } catch (error) {
      // The owner closed the card, or did not bear being told; either way the card is out of the reader.
      socket.destroy(error instanceof Error ? error : undefined);
    }
  });
  socket.on('error', (cause) => {
    failure = cause instanceof ToolkitError ? cause : unreachable(connected, host, port, cause);
  });

  const closed = new Promise<void>((fulfil, reject) => {
    socket.on('close', () => {
      card.powerOff();
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

/** Frames to send for one body from the reader; unknown controls and empty bodies are left unanswered. */
function answerTo(card: Card, body: Uint8Array, onState: (state: VpcdState) => void): readonly Uint8Array[] {
  if (body.length > 1) return [vpcdFrame(card.process(body))];
  switch (body[0]) {
    case vpcdControls.powerOff:
      card.powerOff();
      onState('unpowered');
      return [];
    case vpcdControls.powerOn:
    case vpcdControls.reset:
      card.reset();
      onState('powered');
      return [];
    case vpcdControls.getAtr:
      return [vpcdFrame(card.atr)];
    default:
      return [];
  }
}

/** Takes no more from a peer that does not take its answers. */
function writeInTurn(socket: Socket, bytes: Uint8Array): void {
  if (socket.write(bytes)) return;
  socket.pause();
  socket.once('drain', () => socket.resume());
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
