// SPDX-License-Identifier: Apache-2.0
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { getResponse } from '../../protocol/commands/card/get-response.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { maskedCommand, maskedResponse, shownCommands, spaced } from '../masked.ts';
import { layer } from './layer.ts';

/**
 * Writes the lines of a transcript while a session runs: the ATR at once, then each command with its answer, or with
 * `card/removed` and `card/reset`; a command that failed otherwise is left out. Secrets are masked as in a trace.
 * What it writes is what `parseTranscript` reads and `replayTransport` plays.
 */
export function record(inner: Transport, write: (line: string) => void): Transport {
  /** The command that GET RESPONSE goes on with. */
  let last: AnyCommand | undefined;
  if (inner.atr !== undefined) write(`ATR ${spaced(inner.atr)}`);
  return layer(inner, async (apdu) => {
    const command = findCommand(shownCommands, apdu);
    if (command !== getResponse) last = command;
    const sent = `> ${maskedCommand(apdu)}`;
    try {
      const answer = await inner.transmit(apdu);
      write(sent);
      write(`< ${maskedResponse(last, answer)}`);
      return answer;
    } catch (error) {
      if (error instanceof CardError && (error.code === 'card/removed' || error.code === 'card/reset')) {
        write(sent);
        write(`! ${error.code}`);
      }
      throw error;
    }
  });
}
