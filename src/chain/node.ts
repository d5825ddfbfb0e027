// SPDX-License-Identifier: Apache-2.0
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import type { Signer } from '../../protocol/signer.ts';
import type { Address } from './address.ts';
import { type Application, createApplication } from './application.ts';
import type { Block, BlockHeader, ReadHeader } from './block.ts';
import {
  readBlock,
  readFormat,
  readHead,
  readHeader,
  readPlace,
  readSignedHeader,
  readStoredBlock,
  requireUnbroken,
  type StoredBlock,
} from './block-store.ts';
import type { ChainId } from './chain-id.ts';
import { nodeSha256 } from './crypto/node-sha256.ts';
import { nodeVerifySignature } from './crypto/node-verify.ts';
import { readDataDirectory } from './data-directory.ts';
import { startEmbeddedEngine } from './engines/embedded.ts';
import type { CommittedTransaction, Engine, FaultListener } from './engines/engine.ts';
import { ChainError } from './errors.ts';
import type { Genesis } from './genesis.ts';
import type { TxHash } from './hash.ts';
import { type HeadMark, type Mark, openHeadMark, requireMark } from './head-mark.ts';
import type { MempoolLimits } from './mempool.ts';
import { merkleLeaf, merklePath } from './merkle.ts';
import type { Module, StateReader } from './module.ts';
import { decodeReceipt } from './receipt.ts';
import { type ReplayReport, replay } from './replay.ts';
import { checkState } from './state-check.ts';
import { encodeStateProof } from './state-proof.ts';
import { openLevelStore } from './store/level.ts';
import type { Store, StoreReader } from './store/store.ts';
import { encodeTransactionProof } from './transaction-proof.ts';

export { type InitOptions, initNode } from './data-directory.ts';
export type { CommittedTransaction, FaultListener } from './engines/engine.ts';
export type { ReplayReport } from './replay.ts';

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
  /** Resolves with the reason when the node can make no further block, as when the disk is full: close and open it again. */
  readonly failed: Promise<ChainError>;
  /** Calls the listener after each durable block, in order; the function returned ends that. */
  subscribe(listener: (block: Block) => void): () => void;
  /**
   * Executes every block again from genesis in memory, and checks the invariants of the head. Rejects with
   * `chain/replay-mismatch` or `chain/invariant-broken`.
   */
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
  /** Where everything is kept; {@link Node.close} closes it, and so does a start that fails. */
  readonly store: Store;
  /** Remembers the last acknowledged block beside the store; without one, a store that lost its end goes unnoticed. */
  readonly mark?: HeadMark;
  readonly limits?: Partial<MempoolLimits>;
  /** Milliseconds since 1970-01-01 UTC; the system's clock by default. */
  readonly clock?: () => bigint;
  /** Told when a module fails in a way that it does not name. */
  readonly onFault?: FaultListener;
};

/** How the node of a directory is opened. */
export type OpenOptions = Omit<StartOptions, 'genesis' | 'producer' | 'store' | 'mark'> & {
  /** Directory made by {@link initNode}. */
  readonly directory: string;
};

/** Bounds that a node has where none are given. */
export const defaultLimits: MempoolLimits = { mempoolTransactions: 50_000, mempoolBytes: 67_108_864 };

const WAIT_TIMEOUT_MS = 30_000;

/**
 * Starts a node on a store. Rejects with `chain/wrong-producer-key`, `chain/genesis-mismatch`, `chain/bad-genesis`,
 * `chain/bad-module` or `chain/data-damaged`.
 */
export async function startNode(options: StartOptions): Promise<Node> {
  const { genesis, producer, modules, store, mark } = options;
  try {
    requireProducer(genesis, producer);
    const application = createApplication(genesis, modules, store);
    const engine = await startEmbeddedEngine({
      genesis,
      application,
      producer,
      store,
      limits: { ...defaultLimits, ...options.limits },
      clock: options.clock ?? (() => BigInt(Date.now())),
      head: await restoreHead(genesis, store, application, mark?.mark),
      onDurable: ({ header, hash }) => mark?.write({ height: header.height, hash }),
      onFault: options.onFault ?? (() => undefined),
    });
    return nodeOf(genesis, modules, store, application, engine);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Opens the node of a directory made by `initNode`. Rejects as {@link startNode} and with `chain/not-initialised`,
 * `chain/data-directory-in-use`, `chain/driver-missing`, `chain/bad-producer-key` or `chain/store-failed`.
 */
export async function openNode(options: OpenOptions): Promise<Node> {
  const { genesis, producer, data, head } = await readDataDirectory(options.directory);
  const database = await openLevelStore(data);
  let mark: HeadMark;
  try {
    mark = openHeadMark(head);
  } catch (error) {
    await database.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await database.close();
    mark.close();
  };
  return startNode({ ...options, genesis, producer, store: { ...database, close }, mark });
}

/** The head of a store that holds a chain, whose state the application then has; undefined for an empty store. */
async function restoreHead(
  genesis: Genesis,
  store: Store,
  application: Application,
  mark: Mark | undefined,
): Promise<ReadHeader | undefined> {
  const found = readFormat(store);
  if (found !== undefined && !equalBytes(found, genesis.hash)) {
    const facts = { found: toHex(found), expected: toHex(genesis.hash) };
    const message = `node not started: found data of genesis ${facts.found}, expected ${facts.expected}`;
    throw new ChainError('chain/genesis-mismatch', message, facts);
  }
  const height = readHead(store) ?? 0n;
  if (mark !== undefined) requireMark(mark, height, (at) => readHeader(store, at).hash);
  if (found === undefined && height === 0n) return undefined;
  await requireUnbroken(store, height);
  const head = readHeader(store, height);
  if (!nodeVerifySignature(genesis.producer, head.signedBytes, head.signature)) {
    const what = `a header at height ${height} that the producer did not sign`;
    throw new ChainError('chain/data-damaged', `node not started: found ${what}`, { what });
  }
  application.restore(height, head.header.stateRoot);
  return head;
}

function requireProducer(genesis: Genesis, { publicKey }: Signer): void {
  if (publicKey.curve === genesis.producer.curve && equalBytes(publicKey.bytes, genesis.producer.bytes))
    return;
  const expected = toHex(genesis.producer.bytes);
  throw new ChainError(
    'chain/wrong-producer-key',
    `node not started: found the key ${toHex(publicKey.bytes)}, expected the producer ${expected} of the genesis`,
    { expected },
  );
}

function nodeOf(
  genesis: Genesis,
  modules: readonly Module[],
  store: Store,
  application: Application,
  engine: Engine,
): Node {
  const headHeight = (): bigint => engine.head.header.height;
  const requireHeight = (height: bigint): void => {
    if (height >= 1n && height <= headHeight()) return;
    const facts = { height, head: headHeight() };
    const message = `height not found: found ${height}, expected 1 to ${facts.head}`;
    throw new ChainError('chain/unknown-height', message, facts);
  };
  const headerAt = (height: bigint): ReadHeader => {
    requireHeight(height);
    return height === headHeight() ? engine.head : readHeader(store, height);
  };
  let closed: Promise<void> | undefined;
  return {
    genesis,
    status() {
      const { header, hash } = engine.head;
      return {
        chainId: genesis.chainId,
        genesisHash: genesis.hash,
        height: header.height,
        time: header.time,
        headHash: hash,
        stateRoot: header.stateRoot,
        modules: modules.map((module) => module.name),
        mempool: engine.waiting,
      };
    },
    submit: (bytes) => engine.submit(bytes),
    waitFor: (hash, { timeoutMs = WAIT_TIMEOUT_MS } = {}) => engine.waitFor(hash, timeoutMs),
    transaction: (hash) => provenTransaction(store, headHeight(), hash),
    isPending: (hash) => engine.isPending(hash),
    block(height) {
      requireHeight(height);
      return readBlock(store, height);
    },
    signedHeader(height = headHeight()) {
      requireHeight(height);
      return readSignedHeader(store, height);
    },
    account: (address, { lane = 0 } = {}) => ({
      address,
      lane,
      sequence: application.nextSequence(address, lane),
      pendingSequence: engine.pendingSequence(address, lane),
      height: headHeight(),
    }),
    state(module, { height } = {}) {
      if (height === undefined) return application.query(module);
      const { stateRoot } = headerAt(height).header;
      return application.query(module, { height, stateRoot });
    },
    prove(module, key, { height = headHeight() } = {}) {
      const { stateRoot } = headerAt(height).header;
      const proof = application.prove(module, key, stateRoot);
      const { terminal } = proof.key;
      return {
        height,
        value: terminal.kind === 'value' ? terminal.value : undefined,
        signedHeader: readSignedHeader(store, height),
        proof: encodeStateProof(proof),
      };
    },
    failed: engine.failed,
    subscribe: (listener) => engine.subscribe(listener),
    async verifyChain({ onProgress = () => undefined } = {}) {
      const report = await replay({
        genesis,
        modules,
        blocks: storedBlocks(store, headHeight()),
        moduleRoots: application.moduleRoots,
        onProgress,
      });
      await checkState(store, modules, application);
      return report;
    },
    close() {
      closed ??= engine.close().then(() => store.close());
      return closed;
    },
  };
}

function provenTransaction(store: StoreReader, head: bigint, hash: TxHash): ProvenTransaction | undefined {
  const place = readPlace(store, hash);
  if (place === undefined || place.height > head) return undefined;
  const { height, index } = place;
  const block = readStoredBlock(store, height);
  const pathIn = (entries: readonly Uint8Array[]): readonly Uint8Array[] => {
    const leaves = entries.map((entry) => merkleLeaf(entry, nodeSha256));
    return merklePath(leaves, index, nodeSha256);
  };
  return {
    hash,
    height,
    index,
    receipt: decodeReceipt(place.receipt),
    bytes: block.transactions[index] as Uint8Array,
    header: readHeader(store, height).header,
    signedHeader: block.signedHeader,
    proof: encodeTransactionProof({
      index,
      transactionPath: pathIn(block.transactions),
      receipt: place.receipt,
      receiptPath: pathIn(block.receipts),
    }),
  };
}

function* storedBlocks(store: StoreReader, head: bigint): Iterable<StoredBlock> {
  for (let height = 1n; height <= head; height += 1n) yield readStoredBlock(store, height);
}
