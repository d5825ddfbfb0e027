// SPDX-License-Identifier: Apache-2.0
import type { Address } from './address.ts';
import { ChainError } from './errors.ts';
import type { ReadTransaction } from './runtime.ts';
import type { Transaction } from './transaction.ts';

/** Next sequences of lanes while the transactions of a block are gone through. */
export class LaneSequences {
  readonly #committed: (address: Address, lane: number) => bigint;
  readonly #next = new Map<string, bigint>();

  constructor(committed: (address: Address, lane: number) => bigint) {
    this.#committed = committed;
  }

  next({ laneName, transaction }: ReadTransaction): bigint {
    return this.#next.get(laneName) ?? this.#committed(transaction.sender, transaction.lane);
  }

  /** Moves on when the transaction carries the next sequence of its lane; says whether it does. */
  take(read: ReadTransaction): boolean {
    const { sequence } = read.transaction;
    if (sequence !== this.next(read)) return false;
    this.#next.set(read.laneName, sequence + 1n);
    return true;
  }
}

/** Throws `chain/expired` or `chain/expiry-too-far` unless a block of that height may hold the transaction. */
export function requireExpiry(transaction: Transaction, height: bigint, window: number): void {
  const { expiry } = transaction;
  const latest = height + BigInt(window);
  if (expiry < height) {
    throw new ChainError(
      'chain/expired',
      `transaction refused: found expiry height ${expiry}, expected at least ${height}`,
      { expiry, height },
    );
  }
  if (expiry > latest) {
    throw new ChainError(
      'chain/expiry-too-far',
      `transaction refused: found expiry height ${expiry}, expected at most ${latest}`,
      { expiry, latest },
    );
  }
}

/** Throws `chain/wrong-sequence` unless the transaction carries the sequence expected. */
export function requireSequence({ sequence, lane }: Transaction, expected: bigint): void {
  if (sequence === expected) return;
  throw new ChainError(
    'chain/wrong-sequence',
    `transaction refused: found sequence ${sequence} in lane ${lane}, expected ${expected}`,
    { lane, found: sequence, expected },
  );
}

/** Whether a block of that height may hold the transaction. */
export const isInWindow = ({ expiry }: Transaction, height: bigint, window: number): boolean =>
  expiry >= height && expiry <= height + BigInt(window);
