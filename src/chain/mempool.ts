// SPDX-License-Identifier: Apache-2.0
import type { Address } from './address.ts';
import { ChainError } from './errors.ts';
import type { TxHash } from './hash.ts';
import { laneNameOf, type ReadTransaction } from './runtime.ts';
import { formatTxHash } from './transaction.ts';
import { requireSequence } from './validity.ts';

/** Bounds of what waits. */
export type MempoolLimits = {
  /** Most waiting transactions. */
  readonly mempoolTransactions: number;
  /** Most bytes of waiting transactions. */
  readonly mempoolBytes: number;
};

/** Time after which a client may try again when there is no room; a block takes less. */
const RETRY_AFTER_MS = 1000;

/** How many lanes are remembered. */
const MAX_LANES = 100_000;

/**
 * Transactions that wait for a block, in the order in which they came; within a lane that is the order of sequences.
 * Room is reserved before signatures are verified, so that what is in work is bounded too.
 */
export class Mempool {
  readonly #limits: MempoolLimits;
  readonly #committed: (address: Address, lane: number) => bigint;
  readonly #entries = new Map<string, ReadTransaction>();
  /** How many transactions of a hash are in work or wait: the same payload may come with another signature. */
  readonly #known = new Map<string, number>();
  /** Next sequence of lanes after what waits; of lanes where nothing waits it is what the state has, kept for speed. */
  #lanes = new Map<string, bigint>();
  #transactions = 0;
  #bytes = 0;

  constructor(limits: MempoolLimits, committed: (address: Address, lane: number) => bigint) {
    this.#limits = limits;
    this.#committed = committed;
  }

  /** How many transactions wait or are in work, and their bytes. */
  get size(): { readonly transactions: number; readonly bytes: number } {
    return { transactions: this.#transactions, bytes: this.#bytes };
  }

  /** Whether no verified transaction waits. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether signatures of transactions are being verified for which room was reserved. */
  get isVerifying(): boolean {
    return this.#transactions > this.#entries.size;
  }

  /** Waiting transactions in the order in which they came. */
  waiting(): Iterable<ReadTransaction> {
    return this.#entries.values();
  }

  /** Whether a transaction of that hash waits or is in work. */
  has(hash: TxHash): boolean {
    return this.#known.has(formatTxHash(hash));
  }

  /** Whether a verified transaction of that hash waits, in hexadecimal. */
  isWaiting(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Next sequence of a lane after what waits. */
  nextSequence(sender: Address, lane: number): bigint {
    return this.#lanes.get(laneNameOf(sender, lane)) ?? this.#committed(sender, lane);
  }

  /** As {@link Mempool.nextSequence} for the lane of a transaction, which it remembers. */
  expectedSequence({ laneName, transaction }: ReadTransaction): bigint {
    const known = this.#lanes.get(laneName);
    if (known !== undefined) return known;
    if (this.#lanes.size >= MAX_LANES) this.#forgetIdleLanes();
    const next = this.#committed(transaction.sender, transaction.lane);
    this.#lanes.set(laneName, next);
    return next;
  }

  /** Takes room for a transaction. Throws `chain/mempool-full`. */
  reserve({ bytes, id }: ReadTransaction): void {
    if (
      this.#transactions >= this.#limits.mempoolTransactions ||
      this.#bytes + bytes.length > this.#limits.mempoolBytes
    ) {
      throw new ChainError(
        'chain/mempool-full',
        `transaction refused: found ${this.#transactions} waiting, expected room for one more of ${bytes.length} bytes`,
        { transactions: this.#transactions, bytes: this.#bytes, retryAfterMs: RETRY_AFTER_MS },
      );
    }
    this.#known.set(id, (this.#known.get(id) ?? 0) + 1);
    this.#transactions += 1;
    this.#bytes += bytes.length;
  }

  /** Gives the room of a transaction back that was refused. */
  release({ bytes, id }: ReadTransaction): void {
    const others = (this.#known.get(id) ?? 0) - 1;
    if (others > 0) this.#known.set(id, others);
    else this.#known.delete(id);
    this.#transactions -= 1;
    this.#bytes -= bytes.length;
  }

  /** Lets a verified transaction wait, for which room was reserved. Throws `chain/wrong-sequence`. */
  add(read: ReadTransaction): void {
    requireSequence(read.transaction, this.expectedSequence(read));
    this.#lanes.set(read.laneName, read.transaction.sequence + 1n);
    this.#entries.set(read.id, read);
  }

  /** Forgets the transactions of a block that is now committed. */
  remove(committed: readonly ReadTransaction[]): void {
    for (const read of committed) this.#forget(read);
  }

  /**
   * Drops what a block of that height may no longer hold, and what waits behind it in its lane; gives what was dropped.
   */
  dropExpired(height: bigint): readonly ReadTransaction[] {
    const cut = new Set<string>();
    const dropped: ReadTransaction[] = [];
    for (const read of this.#entries.values()) {
      if (read.transaction.expiry < height) cut.add(read.laneName);
      if (cut.has(read.laneName)) dropped.push(read);
    }
    for (const read of dropped) this.#forget(read);
    if (dropped.length > 0) this.#forgetIdleLanes();
    return dropped;
  }

  /** Keeps the lanes in which something waits; of the others the state says what is next. */
  #forgetIdleLanes(): void {
    this.#lanes = new Map();
    for (const { laneName, transaction } of this.#entries.values())
      this.#lanes.set(laneName, transaction.sequence + 1n);
  }

  #forget(read: ReadTransaction): void {
    this.#entries.delete(read.id);
    this.release(read);
  }
}
