// SPDX-License-Identifier: Apache-2.0
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { getResponse } from '../../protocol/commands/card/get-response.ts';
import type { Transport } from '../../protocol/transport.ts';
import { allCommands, maskedCommand, maskedResponse } from '../masked.ts';
import { meaningOf } from '../status-error.ts';
import { layer } from './layer.ts';

/**
 * Writes two lines an exchange: `> C-APDU  name`, then `< R-APDU  meaning of the status word  time`, or `! code` when
 * the transport fails. Data that the catalogue calls secret, and all data of commands that it does not know, shows as
 * its length only; so does the response to them, in one part or in several.
 */
export function trace(inner: Transport, write: (line: string) => void): Transport {
  /** The command that GET RESPONSE goes on with. */
  let last: AnyCommand | undefined;
  return layer(inner, async (apdu) => {
    const command = findCommand(allCommands, apdu);
    if (command !== getResponse) last = command;
    // Written before it is sent: the caller may wipe the APDU.
    write(`> ${maskedCommand(apdu)}  ${command?.name ?? 'command not in the catalogue'}`);
    const start = performance.now();
    const time = (): string => `${(performance.now() - start).toFixed(1)} ms`;
    try {
      const answer = await inner.transmit(apdu);
      const sw = ((answer.at(-2) ?? 0) << 8) | (answer.at(-1) ?? 0);
      const meaning = answer.length < 2 ? 'no status word' : meaningOf(command, sw);
      write(`< ${maskedResponse(last, answer)}  ${meaning}  ${time()}`);
      return answer;
    } catch (error) {
      write(`! ${(error as { readonly code?: unknown }).code ?? 'fault'}  ${time()}`);
      throw error;
    }
  });
}
