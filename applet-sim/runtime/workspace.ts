// SPDX-License-Identifier: Apache-2.0

/** What occupies the workspace: a part of an operation that goes on over several commands. */
export type Operation = {
  /** Logical channel that began it. */
  readonly channel: number;
  /** Overwrites what it holds. */
  wipe(): void;
};

/**
 * The one place in a card's transient memory for what is long: a hash under way, a kept digest, a transaction being
 * read or waiting for its holder. A chip has room for one; so whoever begins the next operation, on whichever logical
 * channel, ends the one before.
 */
export type Workspace = {
  /** The operation under way, or undefined. */
  readonly operation: Operation | undefined;
  /** Begins an operation; wipes the one before. */
  begin(operation: Operation): void;
  /** Ends the operation under way, if any, and wipes it. */
  end(): void;
  /** Ends it when that channel began it. */
  endOf(channel: number): void;
};

/** An empty workspace. */
export function workspace(): Workspace {
  let operation: Operation | undefined;
  const end = (): void => {
    operation?.wipe();
    operation = undefined;
  };
  return {
    get operation() {
      return operation;
    },
    begin: (next) => {
      if (operation !== next) end();
      operation = next;
    },
    end,
    endOf: (channel) => {
      if (operation?.channel === channel) end();
    },
  };
}
