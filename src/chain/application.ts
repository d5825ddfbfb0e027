// SPDX-License-Identifier: Apache-2.0
import { ACCOUNTS, nextSequence } from './accounts.ts';
import type { Address } from './address.ts';
import { createKeyCache } from './crypto/key-cache.ts';
import { nodeSha256 } from './crypto/node-sha256.ts';
import { createSignatureQueue } from './crypto/signature-queue.ts';
import { ChainError } from './errors.ts';
import type { Genesis } from './genesis.ts';
import type { Module, StateReader } from './module.ts';
import type { Receipt } from './receipt.ts';
import { createRuntime, type ModuleFault, type ReadTransaction } from './runtime.ts';
import { type FinishedState, State } from './state.ts';
import type { StateProof } from './state-proof.ts';
import { nodeKey } from './store/layout.ts';
import type { Store, StoreOperation } from './store/store.ts';
import { isInWindow, LaneSequences, requireExpiry, requireSequence } from './validity.ts';

/** A block that is to be executed. */
export type BlockProposal = {
  readonly height: bigint;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  readonly transactions: readonly ReadTransaction[];
};

/** What executing a block gave; nothing is stored yet. */
export type FinalizedBlock = {
  readonly receipts: readonly Receipt[];
  readonly stateRoot: Uint8Array;
  readonly faults: readonly ModuleFault[];
};

/**
 * The deterministic state machine behind an engine, in the shape of ABCI 2.0: Info, InitChain, CheckTx,
 * PrepareProposal, ProcessProposal, FinalizeBlock, Commit, Query. One block is in work at a time.
 */
export type Application = {
  /** Names of all state namespaces, `accounts` first. */
  readonly namespaces: readonly string[];
  /** Height and root of the last committed state; height 0 before the first block. */
  info(): { readonly height: bigint; readonly stateRoot: Uint8Array };
  /** Goes to a state that an earlier process committed. Throws `chain/data-damaged`. */
  restore(height: bigint, stateRoot: Uint8Array): void;
  /** State root that the genesis gives; the first block begins from it. Throws `chain/bad-genesis`. */
  initChain(): { readonly stateRoot: Uint8Array };
  /**
   * First half of CheckTx: everything that needs neither signatures nor state, so that an engine can refuse for its own
   * reasons before the dear half. Throws the error that refuses it.
   */
  readTx(bytes: Uint8Array): ReadTransaction;
  /** Second half of CheckTx: verifies the signatures, off the event loop. Rejects with the error that refuses it. */
  verifyTx(read: ReadTransaction): Promise<void>;
  /** The first candidates that fit into a block of that height, in order; those that are no longer valid are left out. */
  prepareProposal(height: bigint, candidates: Iterable<ReadTransaction>): readonly ReadTransaction[];
  /** Reads, verifies and checks the transactions of a foreign block. Rejects with `chain/invalid-block`. */
  processProposal(height: bigint, transactions: readonly Uint8Array[]): Promise<readonly ReadTransaction[]>;
  /** Executes a block of verified transactions and keeps the result for {@link Application.commit}; stores nothing. */
  finalizeBlock(block: BlockProposal): FinalizedBlock;
  /** Stores the finalized block's state together with the engine's operations, durable, and makes it the head. */
  commit(operations: readonly StoreOperation[]): Promise<void>;
  /** Next sequence of an account's lane in the head. */
  nextSequence(address: Address, lane: number): bigint;
  /** State of a namespace in the head, or at an older height under its root. */
  query(namespace: string, at?: { readonly height: bigint; readonly stateRoot: Uint8Array }): StateReader;
  /** Proof of a key under a state root. */
  prove(namespace: string, key: Uint8Array, stateRoot: Uint8Array): StateProof;
  /** Root of each namespace under a state root. */
  moduleRoots(stateRoot: Uint8Array): ReadonlyMap<string, Uint8Array>;
};

/** The application of a chain over a store. Throws `chain/bad-module`. */
export function createApplication(genesis: Genesis, modules: readonly Module[], store: Store): Application {
  const keys = createKeyCache();
  const signatures = createSignatureQueue(keys);
  const runtime = createRuntime(genesis, modules, { readKey: keys.readKey, sha256: nodeSha256 });
  const state = new State(runtime.names, nodeSha256, (hash) => store.get(nodeKey(hash)));
  let finished: FinishedState | undefined;

  const initialDraft = () => {
    const draft = state.draft();
    runtime.initialise(draft);
    return draft;
  };
  const sequenceOf = (address: Address, lane: number): bigint =>
    nextSequence({ get: (key) => state.get(ACCOUNTS, key) }, address, lane);

  const application: Application = {
    namespaces: runtime.names,
    info: () => ({ height: state.height, stateRoot: state.root }),
    restore: (height, stateRoot) => state.restore(height, stateRoot),
    initChain: () => ({ stateRoot: initialDraft().finish().stateRoot }),
    readTx: (bytes) => runtime.read(bytes),
    verifyTx: (read) => signatures.verify(read.claims),
    prepareProposal(height, candidates) {
      const sequences = new LaneSequences(sequenceOf);
      const chosen: ReadTransaction[] = [];
      const { maxBlockBytes, maxBlockTransactions, expiryWindow } = genesis.parameters;
      let size = 0;
      for (const read of candidates) {
        size += read.bytes.length;
        if (chosen.length === maxBlockTransactions || size > maxBlockBytes) break;
        if (!isInWindow(read.transaction, height, expiryWindow) || !sequences.take(read)) {
          size -= read.bytes.length;
          continue;
        }
        chosen.push(read);
      }
      return chosen;
    },
    async processProposal(height, transactions) {
      const { maxBlockBytes, maxBlockTransactions, expiryWindow } = genesis.parameters;
      const size = transactions.reduce((sum, bytes) => sum + bytes.length, 0);
      if (transactions.length > maxBlockTransactions || size > maxBlockBytes)
        throw invalidBlock(height, `found ${transactions.length} transactions of ${size} bytes`);
      const sequences = new LaneSequences(sequenceOf);
      const reads: ReadTransaction[] = [];
      for (const [index, bytes] of transactions.entries()) {
        try {
          const read = runtime.read(bytes);
          requireExpiry(read.transaction, height, expiryWindow);
          requireSequence(read.transaction, sequences.next(read));
          sequences.take(read);
          reads.push(read);
        } catch (cause) {
          throw invalidBlock(height, `found transaction ${index} not valid`, cause);
        }
      }
      // Together, so that they share the threads.
      await Promise.all(
        reads.map((read, index) =>
          signatures.verify(read.claims).catch((cause) => {
            throw invalidBlock(
              height,
              `found transaction ${index} with a signature that is not valid`,
              cause,
            );
          }),
        ),
      );
      return reads;
    },
    finalizeBlock({ height, time, transactions }) {
      if (height !== state.height + 1n)
        throw invalidBlock(height, `found height ${height}, expected ${state.height + 1n}`);
      const draft = height === 1n ? initialDraft() : state.draft();
      const receipts: Receipt[] = [];
      const faults: ModuleFault[] = [];
      for (const read of transactions) {
        const { receipt, fault } = runtime.execute(draft, read, { height, time });
        receipts.push(receipt);
        if (fault !== undefined) faults.push(fault);
      }
      finished = draft.finish();
      return { receipts, stateRoot: finished.stateRoot, faults };
    },
    async commit(operations) {
      if (finished === undefined) throw invalidBlock(state.height + 1n, 'found no finalized block to commit');
      const next = finished;
      finished = undefined;
      await store.write([...next.operations, ...operations]);
      state.adopt(next);
    },
    nextSequence: sequenceOf,
    query: (namespace, at) =>
      at === undefined ? state.reader(namespace) : state.readerAt(namespace, at.height, at.stateRoot),
    prove: (namespace, key, stateRoot) => state.prove(namespace, key, stateRoot),
    moduleRoots: (stateRoot) => state.moduleRoots(stateRoot),
  };
  return application;
}

const invalidBlock = (height: bigint, reason: string, cause?: unknown): ChainError =>
  new ChainError('chain/invalid-block', `block ${height} refused: ${reason}`, { height, reason }, { cause });
