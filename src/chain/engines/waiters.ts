// SPDX-License-Identifier: Apache-2.0
import { ChainError } from '../errors.ts';
import type { CommittedTransaction } from './engine.ts';

type Waiter = {
  readonly resolve: (committed: CommittedTransaction) => void;
  readonly reject: (error: ChainError) => void;
  readonly timer: NodeJS.Timeout;
};

/** A longer timer would fire at once. */
const MAX_TIMEOUT_MS = 0x7fff_ffff;

/** Those who wait for a transaction, by its hash in hexadecimal. */
export class Waiters {
  readonly #waiters = new Map<string, Set<Waiter>>();

  /** Whether anyone waits for the transaction. */
  has(id: string): boolean {
    return this.#waiters.has(id);
  }

  /** Resolves when the transaction is settled. Rejects with `chain/wait-timeout` or what {@link Waiters.fail} says. */
  wait(id: string, timeoutMs: number): Promise<CommittedTransaction> {
    return new Promise((resolve, reject) => {
      const own = this.#waiters.get(id) ?? new Set();
      this.#waiters.set(id, own);
      const timer = setTimeout(
        () => {
          own.delete(waiter);
          if (own.size === 0) this.#waiters.delete(id);
          reject(
            new ChainError(
              'chain/wait-timeout',
              `transaction not seen: found none in a block after ${timeoutMs} ms, expected one`,
              { hash: id, timeoutMs },
            ),
          );
        },
        Math.min(timeoutMs, MAX_TIMEOUT_MS),
      );
      const waiter: Waiter = { resolve, reject, timer };
      own.add(waiter);
    });
  }

  /** Gives the result to all who wait for the transaction. */
  settle(id: string, committed: CommittedTransaction): void {
    for (const waiter of this.#take(id)) waiter.resolve(committed);
  }

  /** Gives an error to all who wait for the transaction. */
  fail(id: string, error: ChainError): void {
    for (const waiter of this.#take(id)) waiter.reject(error);
  }

  /** Gives an error to everyone. */
  failAll(error: ChainError): void {
    for (const id of [...this.#waiters.keys()]) this.fail(id, error);
  }

  #take(id: string): Iterable<Waiter> {
    const own = this.#waiters.get(id) ?? new Set<Waiter>();
    this.#waiters.delete(id);
    for (const waiter of own) clearTimeout(waiter.timer);
    return own;
  }
}
