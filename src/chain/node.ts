// SPDX-License-Identifier: Apache-2.0
import type { Signer } from '../../protocol/signer.ts';
import type { Address } from './address.ts';
import type { Block, BlockHeader } from './block.ts';
import type { ChainId } from './chain-id.ts';
import type { Genesis, GenesisFields } from './genesis.ts';
import type { TxHash } from './hash.ts';
import type { Module, StateReader } from './module.ts';
import type { Receipt } from './receipt.ts';
import type { Store } from './store/store.ts';

/** State of a node at the moment of asking. */
export type NodeStatus = {
  readonly chainId: ChainId;
  readonly genesisHash: Uint8Array;
  readonly height: bigint;
  /** Time of the head in milliseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  readonly headHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly modules: readonly string[];
  readonly mempool: { readonly transactions: number; readonly bytes: number };
};

/** Where an account stands in one lane. */
export type AccountStatus = {
  readonly address: Address;
  readonly lane: number;
  /** Next sequence by the committed state. */
  readonly sequence: bigint;
  /** Next sequence after the transactions that wait in this node. */
  readonly pendingSequence: bigint;
  /** Height of the committed state. */
  readonly height: bigint;
};

/** A transaction that is in a block, durable. */
export type CommittedTransaction = {
  readonly hash: TxHash;
  readonly height: bigint;
  /** Place within the block, from 0. */
  readonly index: number;
  readonly receipt: Receipt;
};

/** A committed transaction with what a light client needs to believe it. */
export type ProvenTransaction = CommittedTransaction & {
  readonly bytes: Uint8Array;
  readonly header: BlockHeader;
  readonly signedHeader: Uint8Array;
  /** Inclusion of transaction and receipt; layout in docs/proof-format.md. */
  readonly proof: Uint8Array;
};

/** A value of the state, or its absence, with its proof. */
export type ProvenState = {
  readonly height: bigint;
  /** Undefined when the key is absent. */
  readonly value: Uint8Array | undefined;
  readonly signedHeader: Uint8Array;
  /** Layout in docs/proof-format.md. */
  readonly proof: Uint8Array;
};

/** What a replay from genesis has compared. */
export type ReplayReport = {
  readonly height: bigint;
  readonly transactions: bigint;
  readonly stateRoot: Uint8Array;
};

/** Bounds of what a node keeps waiting. */
export type NodeLimits = {
  /** Most waiting transactions. */
  readonly mempoolTransactions: number;
  /** Most bytes of waiting transactions. */
  readonly mempoolBytes: number;
};

/** A running chain: engine, application and store. */
export type Node = {
  readonly genesis: Genesis;
  status(): NodeStatus;
  /**
   * Takes a transaction, of which it keeps a copy, when signature, sequence and messages are valid. It is then
   * accepted but not durable: only {@link Node.waitFor} says that. Rejects with the `chain/…` or module code of what is
   * wrong; `chain/mempool-full` names the time after which to try again.
   */
  submit(bytes: Uint8Array): Promise<{ readonly hash: TxHash }>;
  /**
   * The result of a transaction as soon as it is durable. A transaction that failed is a result too: see its receipt.
   * Rejects with `chain/wait-timeout`, or `chain/dropped` when the transaction left the mempool without a block.
   */
  waitFor(hash: TxHash, options?: { readonly timeoutMs?: number }): Promise<CommittedTransaction>;
  /** A committed transaction; undefined when the chain has none of that hash. */
  transaction(hash: TxHash): ProvenTransaction | undefined;
  /** Whether a transaction of that hash waits for a block. */
  isPending(hash: TxHash): boolean;
  /** Throws `chain/unknown-height`. */
  block(height: bigint): Block;
  /** The COSE_Sign1 of a header; of the head when no height is given. Throws `chain/unknown-height`. */
  signedHeader(height?: bigint): Uint8Array;
  account(address: Address, options?: { readonly lane?: number }): AccountStatus;
  /**
   * The state of one module at a height, by default that of the head; the query functions of the module read it.
   * Throws `chain/unknown-module` or `chain/unknown-height`.
   */
  state(module: string, options?: { readonly height?: bigint }): StateReader;
  /** A key of a module's state with its proof. Throws `chain/unknown-module` or `chain/unknown-height`. */
  prove(module: string, key: Uint8Array, options?: { readonly height?: bigint }): ProvenState;
  /** Calls the listener after each durable block, in order; the function returned ends that. */
  subscribe(listener: (block: Block) => void): () => void;
  /** Executes every block again from genesis in memory. Rejects with `chain/replay-mismatch`. */
  verifyChain(options?: { readonly onProgress?: (height: bigint) => void }): Promise<ReplayReport>;
  /** Ends after the block in work; what still waits is dropped. A second call does nothing. */
  close(): Promise<void>;
};

/** What a node runs on. */
export type StartOptions = {
  readonly genesis: Genesis;
  /** Signs the headers; its key is the producer of the genesis. */
  readonly producer: Signer;
  readonly modules: readonly Module[];
  /** Where everything is kept; {@link Node.close} closes it. */
  readonly store: Store;
  readonly limits?: Partial<NodeLimits>;
  /** Milliseconds since 1970-01-01 UTC; the system's clock by default. */
  readonly clock?: () => bigint;
};

/** How the node of a directory is opened. */
export type OpenOptions = Omit<StartOptions, 'genesis' | 'producer' | 'store'>;

/** What {@link initNode} makes a chain from. */
export type InitOptions = Omit<GenesisFields, 'producer' | 'time'> & {
  /** Private key of the producer as PKCS#8 PEM; a new P-256 key when left out. */
  readonly producerPem?: string;
  /** Milliseconds since 1970-01-01 UTC; now when left out. */
  readonly time?: bigint;
};

/**
 * Starts a node on a store. Rejects with `chain/wrong-producer-key`, `chain/genesis-mismatch`, `chain/bad-genesis` or
 * `chain/data-damaged`.
 */
export declare function startNode(options: StartOptions): Promise<Node>;

/**
 * Opens the node of a directory made by {@link initNode}. Rejects as {@link startNode} and with
 * `chain/not-initialised`, `chain/data-directory-in-use`, `chain/driver-missing` or `chain/bad-producer-key`.
 */
export declare function openNode(directory: string, options: OpenOptions): Promise<Node>;

/**
 * Makes `genesis.json`, `producer.pem` (PKCS#8, mode 0600) and `data/` in a directory, which may exist and be empty.
 * Rejects with `chain/already-initialised` or `chain/bad-genesis`, and then leaves nothing behind.
 */
export declare function initNode(directory: string, options: InitOptions): Promise<Genesis>;
