// SPDX-License-Identifier: Apache-2.0
import { SW } from '../../protocol/status-word.ts';

/**
 * Thrown inside the card to end a command with a status word other than 9000; it never leaves the card. Not an
 * `Error`: on a card a status word is an answer, and a stack trace for each would cost more than the command.
 */
export class StatusFault {
  readonly sw: number;
  readonly cause: unknown;

  constructor(sw: number, options: { readonly cause?: unknown } = {}) {
    this.sw = sw;
    this.cause = options.cause;
  }
}

/** The status word of whatever ended a command, 6F00 for a fault of the card itself; tells what a 6581 or 6F00 does not. */
export function statusWordOf(fault: unknown, onFault: (cause: unknown) => void): number {
  if (!(fault instanceof StatusFault)) {
    onFault(fault);
    return SW.noPreciseDiagnosis;
  }
  if (fault.sw === SW.memoryFailure) onFault(fault.cause);
  return fault.sw;
}
