// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../protocol/bytes.ts';
import { SW } from '../../protocol/status-word.ts';
import type { CardMemory, RecordChanges, Records } from './card-memory.ts';
import { StatusFault } from './status-fault.ts';

/** How a state lies in the records of a memory. */
export type StateCodec<State> = {
  /** State of a card that nothing was ever written to. */
  readonly blank: State;
  /** Throws `emulator/card-image-not-read`. */
  decode(records: Records): State;
  /** What must be written to go from one state to another; new arrays, which the caller wipes. */
  changes(before: State, after: State): RecordChanges;
};

/**
 * A card's non-volatile state under transactions: what a command replaces is a draft, and counts for nothing until it
 * is committed. The card commits once at the end of a command; a counter is committed before it protects something.
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

/** The state in `memory`. Throws `emulator/card-image-not-read` when it holds what is none. */
export function openNonVolatile<State>(memory: CardMemory, codec: StateCodec<State>): NonVolatile<State> {
  const records = memory.read();
  let committed = records.size === 0 ? codec.blank : codec.decode(records);
  wipe(...records.values());
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
      const changes = codec.changes(committed, next);
      try {
        if (changes.size > 0) memory.write(changes);
      } catch (cause) {
        throw new StatusFault(SW.memoryFailure, { cause });
      } finally {
        for (const value of changes.values()) if (value !== undefined) wipe(value);
      }
      committed = next;
    },
    rollback: () => {
      draft = undefined;
    },
  };
}

/** One part of a state, with the same transactions as the whole. */
export const partOf = <State, Name extends keyof State>(
  whole: NonVolatile<State>,
  name: Name,
): NonVolatile<State[Name]> => ({
  get state() {
    return whole.state[name];
  },
  replace: (next) => whole.replace({ ...whole.state, [name]: next }),
  commit: () => whole.commit(),
  rollback: () => whole.rollback(),
});
