// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { ConnectedCard } from '../conformance/card.ts';
import type { LineProcess } from './line-process.ts';

/**
 * The card in a PC/SC reader, through a process that runs `hold-conversation.mjs`: one that can reset the card, which a
 * transport cannot. Throws what that process reports. Closing it leaves the process time to end.
 */
export async function connectReader(conversation: LineProcess): Promise<ConnectedCard> {
  const first = await conversation.line();
  if (first !== 'connected') throw new Error(`card not connected: found ${first}`);
  const ask = async (request: object): Promise<{ readonly answer?: string }> => {
    conversation.send(JSON.stringify(request));
    const reply = JSON.parse(await conversation.line()) as { answer?: string; error?: string };
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  };
  return {
    exchange: async (apdu) => fromHex((await ask({ apdu: toHex(apdu) })).answer ?? ''),
    reset: async () => {
      await ask({ reset: true });
    },
    close: async () => {
      conversation.endInput();
      await conversation.ended();
    },
  };
}
