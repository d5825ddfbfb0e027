// SPDX-License-Identifier: Apache-2.0
import { concat, wipe } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';
import type { Stream } from '../dispatch.ts';

/**
 * A command that comes in parts (CLA bit 10), of one logical channel: its data is gathered up to its longest data field,
 * which the card refuses to exceed, or streamed. Source: ISO/IEC 7816-4:2020 §5.3.3.
 */
export type CommandChain = {
  /** The command that the chain is of; undefined when none runs. */
  readonly command: AnyCommand | undefined;
  /** Whether its parts come inside a secure channel; then one beside it is none of them, or nothing would be proved. */
  readonly isSecure: boolean;
  /** Bytes that came so far. */
  readonly length: number;
  /** The stream that a streamed command's parts go to; undefined before the first part and for others. */
  readonly stream: Stream<Uint8Array> | undefined;
  /** Takes a part of `command` that is not the last; it is copied. */
  add(command: AnyCommand, isSecure: boolean, part: Uint8Array): void;
  /** Goes on with the stream, which took a part of so many bytes, for parts to come. */
  follow(command: AnyCommand, isSecure: boolean, stream: Stream<Uint8Array>, taken: number): void;
  /** Ends the chain with its last part and gives the whole, a new array when there was a chain. */
  end(last: Uint8Array): Uint8Array;
  /** Forgets and wipes what was gathered. */
  drop(): void;
};

/** A chain that does not run yet. */
export function commandChain(): CommandChain {
  let running: AnyCommand | undefined;
  let isSecure = false;
  let stream: Stream<Uint8Array> | undefined;
  let parts: Uint8Array[] = [];
  let length = 0;
  const drop = (): void => {
    if (running === undefined) return;
    wipe(...parts);
    running = undefined;
    stream = undefined;
    parts = [];
    length = 0;
  };
  return {
    get command() {
      return running;
    },
    get isSecure() {
      return isSecure;
    },
    get length() {
      return length;
    },
    get stream() {
      return stream;
    },
    add: (command, secure, part) => {
      running = command;
      isSecure = secure;
      // A chain of empty parts must not grow the list.
      if (part.length > 0) parts.push(new Uint8Array(part));
      length += part.length;
    },
    follow: (command, secure, next, taken) => {
      running = command;
      isSecure = secure;
      stream = next;
      length += taken;
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
