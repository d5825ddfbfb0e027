// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { vpcdControls, vpcdFrame, vpcdFrameReader } from '../../protocol/vpcd-frame.ts';
import type { Card } from '../card.ts';
import type { VpcdState } from './vpcd-state.ts';

/**
 * Answers what a reader at the other end of the socket asks, until the connection ends; the card is without power then.
 * A card that cannot go on, or a caller that does not bear being told, ends it with that error.
 */
export function serveReader(card: Card, socket: Socket, onState: (state: VpcdState) => void): void {
  const reader = vpcdFrameReader();
  socket.on('data', (segment) => {
    try {
      const answers = reader.push(segment).flatMap((body) => answerTo(card, body, onState));
      // One write for all: the reader then gets its answers in as few segments as it sent questions.
      if (answers.length > 0) writeInTurn(socket, Buffer.concat(answers));
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
    }
  });
  socket.on('close', () => card.powerOff());
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
