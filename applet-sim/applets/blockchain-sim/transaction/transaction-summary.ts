// SPDX-License-Identifier: Apache-2.0

/** What a transfer moves. */
export type TransferSummary = {
  /** Address of the payee, 32 bytes. */
  readonly to: Uint8Array;
  /** Three capital letters. */
  readonly currency: string;
  /** Minor units, 1 to 2^64-1. */
  readonly amount: bigint;
};

/** What the card says of one message. */
export type MessageSummary = {
  /** `module/verb`: at most 32 characters, each part of a-z, 0-9 and hyphen. */
  readonly name: string;
  /** There for `money/transfer` only. */
  readonly transfer?: TransferSummary;
};

/** What the card kept of a transaction that it read. */
export type TransactionSummary = {
  readonly chainId: string;
  /** 0 to 2^32-1. */
  readonly lane: number;
  readonly sequence: bigint;
  readonly expiry: bigint;
  /** 1 to 16, in their order. A chip keeps one, and of the others what its policy asks: the name and the sum. */
  readonly messages: readonly MessageSummary[];
  /** Sum of the transfers, which are all in one currency; absent when there is none. At most 2^64-1. */
  readonly total?: { readonly currency: string; readonly amount: bigint };
};
