// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../protocol/bytes.ts';
import { SW } from '../../protocol/status-word.ts';
import type { CardMemory } from './card-memory.ts';
import { StatusFault } from './status-fault.ts';

/** How a state lies in the memory image. */
export type StateCodec<State> = {
  /** A new array, which the caller wipes. */
  encode(state: State): Uint8Array;
  /** Throws `emulator/card-image-not-read`. */
  decode(image: Uint8Array): State;
  /** State of a card that nothing was ever written to. */
  readonly blank: State;
};

/**
 * A card's non-volatile state under transactions: what a command replaces is a draft, and counts for nothing until it
 * is committed. The card commits once at the end of a command; a PIN commits its counter before it compares.
 */
export type NonVolatile<State> = {
  /** The draft where there is one, else the committed state. Never change it in place. */
  readonly state: State;
  /** Makes `next` the draft. */
  replace(next: State): void;
  /** Writes the draft, if any. Throws {@link StatusFault} 6581, with the cause, when memory does not take it. */
  commit(): void;
  /** Forgets the draft. */
  rollback(): void;
};

/** The state in `memory`. Throws `emulator/card-image-not-read` when it holds another application's. */
export function openNonVolatile<State>(memory: CardMemory, codec: StateCodec<State>): NonVolatile<State> {
  const image = memory.read();
  let committed = image === undefined ? codec.blank : codec.decode(image);
  if (image !== undefined) wipe(image);
  let draft: State | undefined;
  return {
    get state() {
      return draft ?? committed;
    },
    replace: (next) => {
      draft = next;
    },
    commit: () => {
      if (draft === undefined) return;
      const next = draft;
      draft = undefined;
      const bytes = codec.encode(next);
      try {
        memory.write(bytes);
      } catch (cause) {
        throw new StatusFault(SW.memoryFailure, { cause });
      } finally {
        wipe(bytes);
      }
      committed = next;
    },
    rollback: () => {
      draft = undefined;
    },
  };
}
