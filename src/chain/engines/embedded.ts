// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { ToolkitError } from '../../../protocol/error-table.ts';
import type { Signer } from '../../../protocol/signer.ts';
import type { Address } from '../address.ts';
import type { Application } from '../application.ts';
import { type Block, type BlockHeader, decodeSignedHeader, type ReadHeader, signHeader } from '../block.ts';
import { blockOperations, formatOperation, readPlace } from '../block-store.ts';
import { nodeSha256 } from '../crypto/node-sha256.ts';
import { nodeVerifySignature } from '../crypto/node-verify.ts';
import { ChainError } from '../errors.ts';
import type { Genesis } from '../genesis.ts';
import type { TxHash } from '../hash.ts';
import { Mempool, type MempoolLimits } from '../mempool.ts';
import { merkleLeaf, merkleRoot } from '../merkle.ts';
import { decodeReceipt, encodeReceipt } from '../receipt.ts';
import type { ReadTransaction } from '../runtime.ts';
import type { StoreOperation, StoreReader } from '../store/store.ts';
import { formatTxHash } from '../transaction.ts';
import { requireExpiry, requireSequence } from '../validity.ts';
import type { BlockListener, CommittedTransaction, Engine, FaultListener } from './engine.ts';
import { Waiters } from './waiters.ts';

/** What the embedded engine runs on. */
export type EmbeddedOptions = {
  readonly genesis: Genesis;
  readonly application: Application;
  readonly producer: Signer;
  /** Where committed transactions are looked up. */
  readonly store: StoreReader;
  readonly limits: MempoolLimits;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly clock: () => bigint;
  /** The last durable header; undefined on a store without blocks. */
  readonly head: ReadHeader | undefined;
  /** Called after each durable block, before anyone is told of it. */
  readonly onDurable: (head: ReadHeader) => void;
  readonly onFault: FaultListener;
};

/** How long a block waits for transactions that are being verified, in ms. */
const GATHER_MS = 10;

/**
 * Starts the engine of a single producer: a block as soon as something waits, with everything that waits up to the
 * limits of the chain, stored in one synced batch. A chain without blocks gets its first, empty one, so that a signed
 * header of the genesis state always exists.
 */
export async function startEmbeddedEngine(options: EmbeddedOptions): Promise<Engine> {
  const engine = new EmbeddedEngine(options);
  if (options.head === undefined) await engine.produceFirst();
  return engine;
}

class EmbeddedEngine implements Engine {
  readonly #options: EmbeddedOptions;
  readonly #mempool: Mempool;
  readonly #waiters = new Waiters();
  readonly #listeners = new Set<BlockListener>();
  #head: ReadHeader | undefined;
  /** Resolves when the transaction before has been let in or refused: that keeps the order of arrival. */
  #turn: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  /** Ends the wait for transactions that are being verified. */
  #gathered: (() => void) | undefined;
  #stopped: ChainError | undefined;
  readonly failed: Promise<ChainError>;
  #fail: (reason: ChainError) => void = () => undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#head = options.head;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#mempool = new Mempool(options.limits, options.application.nextSequence);
  }

  get head(): ReadHeader {
    if (this.#head === undefined) throw stopped('no block yet');
    return this.#head;
  }

  get waiting(): { readonly transactions: number; readonly bytes: number } {
    return this.#mempool.size;
  }

  async submit(input: Uint8Array): Promise<{ readonly hash: TxHash }> {
    if (this.#stopped !== undefined) throw this.#stopped;
    const { application, genesis } = this.#options;
    // The caller may go on with its buffer; what was verified must be what is stored.
    const read = application.readTx(Uint8Array.from(input));
    const { transaction } = read;
    requireExpiry(transaction, this.head.header.height + 1n, genesis.parameters.expiryWindow);
    this.#requireFresh(read);
    this.#mempool.reserve(read);
    const verdict = application.verifyTx(read);
    // Its rejection is looked at when its turn comes; until then it is not unhandled.
    verdict.catch(() => undefined);
    const turn = this.#turn.then(() => verdict).then(() => this.#admit(read));
    this.#turn = turn.catch(() => undefined);
    try {
      await turn;
    } catch (error) {
      this.#mempool.release(read);
      throw error;
    } finally {
      if (!this.#mempool.isVerifying) this.#gathered?.();
    }
    return { hash: transaction.hash };
  }

  async waitFor(hash: TxHash, timeoutMs: number): Promise<CommittedTransaction> {
    // What waits is in no block, and to look that up would cost every transaction a read of the database.
    const id = formatTxHash(hash);
    const place = this.#mempool.isWaiting(id) ? undefined : readPlace(this.#options.store, hash);
    if (place !== undefined && place.height <= this.head.header.height)
      return { hash, height: place.height, index: place.index, receipt: decodeReceipt(place.receipt) };
    if (this.#stopped !== undefined) throw this.#stopped;
    return this.#waiters.wait(id, timeoutMs);
  }

  isPending(hash: TxHash): boolean {
    return this.#mempool.has(hash);
  }

  pendingSequence(address: Address, lane: number): bigint {
    return this.#mempool.nextSequence(address, lane);
  }

  subscribe(listener: BlockListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#stopped ??= stopped('closed');
    await this.#running;
    this.#waiters.failAll(this.#stopped);
  }

  /** Makes the first block. */
  async produceFirst(): Promise<void> {
    await this.#produce([formatOperation(this.#options.genesis.hash)]);
  }

  /** Refuses what waits or is in a block already. */
  #requireFresh(read: ReadTransaction): void {
    const { transaction, id } = read;
    const next = this.#mempool.expectedSequence(read);
    if (transaction.sequence >= next) return;
    if (this.#mempool.isWaiting(id)) throw duplicate(id, 'waiting');
    if (readPlace(this.#options.store, transaction.hash) !== undefined) throw duplicate(id, 'in a block');
    requireSequence(transaction, next);
  }

  #admit(read: ReadTransaction): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    // Again: the same transaction may have been let in while this one was verified.
    this.#requireFresh(read);
    this.#mempool.add(read);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (!this.#mempool.isEmpty && this.#stopped === undefined) {
        await this.#gather();
        await this.#produce();
      }
    } catch (cause) {
      const reason = cause instanceof ToolkitError ? `: ${cause.message}` : '';
      this.#stopped = stopped(`that a block could not be made${reason}`, cause);
      this.#waiters.failAll(this.#stopped);
      this.#fail(this.#stopped);
    } finally {
      this.#running = undefined;
    }
  }

  /** Lets those join that are being verified, for a short time: a block costs as much as many transactions. */
  async #gather(): Promise<void> {
    await setImmediate();
    if (!this.#mempool.isVerifying) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#gathered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#gathered = undefined;
  }

  async #produce(first: readonly StoreOperation[] = []): Promise<void> {
    const { genesis, application, producer, clock } = this.#options;
    const parent = this.#head;
    const height = (parent?.header.height ?? 0n) + 1n;
    this.#drop(height);
    const reads = application.prepareProposal(height, this.#mempool.waiting());
    if (reads.length === 0 && parent !== undefined) {
      if (this.#mempool.isEmpty) return;
      const reason = 'found nothing that fits into a block, expected at least one that waits';
      throw new ChainError('chain/invalid-block', `block ${height} not made: ${reason}`, { height, reason });
    }
    const earliest = (parent?.header.time ?? genesis.time) + 1n;
    const now = clock();
    const time = now > earliest ? now : earliest;
    const { receipts, stateRoot, faults } = application.finalizeBlock({ height, time, transactions: reads });
    const transactions = reads.map((read) => read.bytes);
    const receiptBytes = receipts.map(encodeReceipt);
    const rootOf = (entries: readonly Uint8Array[]) =>
      merkleRoot(
        entries.map((entry) => merkleLeaf(entry, nodeSha256)),
        nodeSha256,
      );
    const header: BlockHeader = {
      chainId: genesis.chainId,
      genesisHash: genesis.hash,
      height,
      time,
      parent: parent?.hash ?? genesis.hash,
      transactionCount: transactions.length,
      transactionRoot: rootOf(transactions),
      receiptRoot: rootOf(receiptBytes),
      stateRoot,
    };
    const signedHeader = await signHeader(producer, header);
    const head = decodeSignedHeader(signedHeader, nodeSha256);
    // A signer may be a device that fails: a header that does not verify must not become part of the chain.
    if (!nodeVerifySignature(genesis.producer, head.signedBytes, head.signature))
      throw stopped('a header signature that is not valid');
    const stored = { height, signedHeader, transactions, receipts: receiptBytes };
    const hashes = reads.map((read) => read.transaction.hash);
    await application.commit([...first, ...blockOperations(stored, hashes)]);
    this.#options.onDurable(head);
    this.#head = head;
    this.#mempool.remove(reads);
    reads.forEach(({ id, transaction: { hash } }, index) => {
      const receipt = receipts[index];
      if (receipt !== undefined && this.#waiters.has(id))
        this.#waiters.settle(id, { hash, height, index, receipt });
    });
    for (const fault of faults) this.#options.onFault(fault);
    const block = { header, hash: head.hash, signedHeader, transactions, receipts };
    for (const listener of this.#listeners) tell(listener, block);
  }

  #drop(height: bigint): void {
    for (const { id } of this.#mempool.dropExpired(height)) {
      const code = 'chain/expired';
      const message = `transaction dropped: found it, or one before it in its lane, expired at height ${height}`;
      this.#waiters.fail(id, new ChainError('chain/dropped', message, { hash: id, code }));
    }
  }
}

/** An error of a listener is its owner's programming fault and must not stop the chain. */
function tell(listener: BlockListener, block: Block): void {
  try {
    listener(block);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

const duplicate = (hash: string, where: string): ChainError =>
  new ChainError(
    'chain/duplicate-transaction',
    `transaction refused: found the same already ${where}, expected a new one`,
    { hash },
  );

const stopped = (reason: string, cause?: unknown): ChainError =>
  new ChainError('chain/stopped', `node stopped: found ${reason}`, { reason }, { cause });
