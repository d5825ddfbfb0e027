// SPDX-License-Identifier: Apache-2.0
import type { Address } from '../address.ts';
import type { Block, ReadHeader } from '../block.ts';
import type { ChainError } from '../errors.ts';
import type { TxHash } from '../hash.ts';
import type { Receipt } from '../receipt.ts';
import type { ModuleFault } from '../runtime.ts';

/** A transaction that is in a block, durable. */
export type CommittedTransaction = {
  readonly hash: TxHash;
  readonly height: bigint;
  /** Place within the block, from 0. */
  readonly index: number;
  readonly receipt: Receipt;
};

/** Called after each durable block, in order. */
export type BlockListener = (block: Block) => void;

/** Called when a module failed in a way that it does not name. */
export type FaultListener = (fault: ModuleFault) => void;

/** What brings transactions into blocks and drives the application. */
export type Engine = {
  /** The header of the last durable block. */
  readonly head: ReadHeader;
  /** How many transactions wait or are being verified, and their bytes. */
  readonly waiting: { readonly transactions: number; readonly bytes: number };
  /** Resolves with the reason when no further block can be made, as when the disk is full; what is durable stays so. */
  readonly failed: Promise<ChainError>;
  /** Keeps a copy of a valid transaction for the next block; it is not durable yet. */
  submit(bytes: Uint8Array): Promise<{ readonly hash: TxHash }>;
  /** Resolves once the transaction is durable. Rejects with `chain/wait-timeout`, `chain/dropped` or `chain/stopped`. */
  waitFor(hash: TxHash, timeoutMs: number): Promise<CommittedTransaction>;
  /** Whether a transaction waits or is being verified. */
  isPending(hash: TxHash): boolean;
  /** Next sequence of a lane after what waits. */
  pendingSequence(address: Address, lane: number): bigint;
  subscribe(listener: BlockListener): () => void;
  /** Ends after the block in work. A second call does nothing. */
  close(): Promise<void>;
};
