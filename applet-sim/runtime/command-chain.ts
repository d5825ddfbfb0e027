// SPDX-License-Identifier: Apache-2.0
import { concat, wipe } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';

/**
 * Data of a command that comes in parts (CLA bit 10). Holds at most the command's longest data field, since the card
 * refuses a part that would exceed it. Source: ISO/IEC 7816-4:2020 §5.3.3.
 */
export type CommandChain = {
  /** The command that the chain is of; undefined when none runs. */
  readonly command: AnyCommand | undefined;
  /** Bytes gathered so far. */
  readonly length: number;
  /** Takes a part of `command` that is not the last; it is copied. */
  add(command: AnyCommand, part: Uint8Array): void;
  /** Ends the chain with its last part and gives the whole, a new array when there was a chain. */
  end(last: Uint8Array): Uint8Array;
  /** Forgets and wipes what was gathered. */
  drop(): void;
};

/** A chain that does not run yet. */
export function commandChain(): CommandChain {
  let running: AnyCommand | undefined;
  let parts: Uint8Array[] = [];
  let length = 0;
  const drop = (): void => {
    if (running === undefined) return;
    wipe(...parts);
    running = undefined;
    parts = [];
    length = 0;
  };
  return {
    get command() {
      return running;
    },
    get length() {
      return length;
    },
    add: (command, part) => {
      running = command;
      // A chain of empty parts must not grow the list.
      if (part.length > 0) parts.push(new Uint8Array(part));
      length += part.length;
    },
    end: (last) => {
      if (running === undefined) return last;
      const whole = concat(...parts, last);
      drop();
      return whole;
    },
    drop,
  };
}
