// SPDX-License-Identifier: Apache-2.0
import { decodeCommandApdu } from '../../protocol/apdu.ts';
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { getResponse } from '../../protocol/commands/card/get-response.ts';
import type { Transport } from '../../protocol/transport.ts';
import { isProtected, maskedCommand, maskedResponse, shownCommands, spaced } from '../masked.ts';
import { meaningOf } from '../status-error.ts';
import { layer } from './layer.ts';

/**
 * Writes two lines an exchange: `> C-APDU  name`, then `< R-APDU  meaning of the status word  time`, or `! code` when
 * the transport fails. Data that the catalogue calls secret, and all data of commands that it does not know, shows as
 * its length only; so does the response to them, in one part or in several. Inside a secure channel the command is shown
 * by its name, and what it carries and gets as lengths: ciphertext tells nobody anything, and not all of it is one.
 */
export function trace(inner: Transport, write: (line: string) => void): Transport {
  /** The command that GET RESPONSE goes on with. */
  let last: AnyCommand | undefined;
  return layer(inner, async (apdu) => {
    const command = findCommand(shownCommands, apdu);
    const name = command?.name ?? 'command not in the catalogue';
    const inChannel = isProtected(apdu);
    // The response to what is protected is masked like that to a command nobody knows.
    if (command !== getResponse) last = inChannel ? undefined : command;
    // Written before it is sent: the caller may wipe the APDU.
    write(
      inChannel
        ? `> ${protectedCommand(apdu)}  ${name}, in a secure channel`
        : `> ${maskedCommand(apdu)}  ${name}`,
    );
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

/** Header, and the length of what lies between Lc and Le. */
function protectedCommand(apdu: Uint8Array): string {
  const header = spaced(apdu.subarray(0, 4));
  try {
    const { data } = decodeCommandApdu(apdu);
    return `${header} [${data.length} bytes masked]`;
  } catch {
    return `${header} [${Math.max(0, apdu.length - 4)} bytes masked]`;
  }
}
