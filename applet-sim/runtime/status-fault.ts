// SPDX-License-Identifier: Apache-2.0

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
