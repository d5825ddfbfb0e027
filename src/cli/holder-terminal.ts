// SPDX-License-Identifier: Apache-2.0
import { confirm, isCancel } from '@clack/prompts';
import type { Terminal } from '../../host/layers/proactive.ts';
import { CliError } from './errors.ts';
import type { Printer } from './print.ts';

/** Environment variable by which tests answer for the holder; only `yes` counts. */
export const CONFIRM_VARIABLE = 'BSIM_CONFIRM';

/** Whether there is somebody to ask. */
export const isInteractive = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

/**
 * The terminal that a card shows its texts on: this one. Without a terminal nothing is confirmed, unless
 * BSIM_CONFIRM=yes answers for the holder. Throws `cli/confirmation-needed`.
 */
export const holderTerminal = (print: Printer): Terminal => ({
  displayText: async (text) => {
    // Programs read errors as JSON there, and where nobody can be asked nobody reads.
    if (print.json && !isInteractive()) return 'ok';
    for (const line of printable(text).split('\n')) process.stderr.write(`card: ${line}\n`);
    return 'ok';
  },
  getInkey: async (question) => {
    if (process.env[CONFIRM_VARIABLE] === 'yes') {
      print.note(`${CONFIRM_VARIABLE}=yes answered the card for its holder: ${printable(question)}`);
      return 'yes';
    }
    if (!isInteractive())
      throw new CliError(
        'cli/confirmation-needed',
        'transaction not confirmed: found no terminal to ask the holder on, expected one',
        { variable: CONFIRM_VARIABLE },
      );
    const agreed = await confirm({ message: `card: ${printable(question)}`, initialValue: false });
    if (isCancel(agreed)) return 'ended';
    return agreed ? 'yes' : 'no';
  },
});

/**
 * Agreement to what cannot be undone: by --yes, or asked for on a terminal. Throws `cli/yes-needed` or
 * `cli/cancelled`.
 */
export async function requireAgreement(
  yes: true | undefined,
  command: string,
  question: string,
): Promise<void> {
  if (yes === true) return;
  if (isInteractive()) {
    const agreed = await confirm({ message: question, initialValue: false });
    if (isCancel(agreed))
      throw new CliError('cli/cancelled', 'prompt ended: found no answer, expected one', {});
    if (agreed) return;
  }
  throw new CliError('cli/yes-needed', `${command} not begun: found no agreement, expected --yes`, {
    command,
  });
}

/** A text of the card without anything that would move the cursor or change what stands on the screen. */
export const printable = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replaceAll(/[^\P{C}\n]/gu, '\ufffd');
