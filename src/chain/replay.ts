// SPDX-License-Identifier: Apache-2.0
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import { createApplication } from './application.ts';
import { decodeSignedHeader } from './block.ts';
import type { StoredBlock } from './block-store.ts';
import { nodeSha256 } from './crypto/node-sha256.ts';
import { nodeVerifySignature } from './crypto/node-verify.ts';
import { ChainError } from './errors.ts';
import type { Genesis } from './genesis.ts';
import { merkleLeaf, merkleRoot } from './merkle.ts';
import type { Module } from './module.ts';
import { encodeReceipt } from './receipt.ts';
import { openMemoryStore } from './store/memory.ts';

/** What a replay from genesis has compared. */
export type ReplayReport = {
  readonly height: bigint;
  readonly transactions: bigint;
  readonly stateRoot: Uint8Array;
};

/** What is replayed, and against what. */
export type ReplayOptions = {
  readonly genesis: Genesis;
  readonly modules: readonly Module[];
  /** Blocks from height 1 on, without gaps. */
  readonly blocks: Iterable<StoredBlock>;
  /** Root of each namespace as it was stored, to name the one that differs. */
  readonly moduleRoots?: (stateRoot: Uint8Array) => ReadonlyMap<string, Uint8Array>;
  readonly onProgress?: (height: bigint) => void;
};

/**
 * Executes blocks from genesis in memory and compares signatures, links, roots and receipts.
 * Rejects with `chain/replay-mismatch` at the first difference.
 */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { genesis, modules, blocks, onProgress } = options;
  const application = createApplication(genesis, modules, openMemoryStore());
  let parent = { hash: genesis.hash, height: 0n, time: genesis.time };
  let transactions = 0n;
  for (const block of blocks) {
    const { header, hash, signedBytes, signature, curve } = decodeSignedHeader(
      block.signedHeader,
      nodeSha256,
    );
    const { height, time } = header;
    const same = (holds: boolean, what: string, module = ''): void => {
      if (!holds) throw mismatch(block.height, what, module);
    };
    same(block.height === parent.height + 1n && height === block.height, 'height');
    same(header.chainId === genesis.chainId && equalBytes(header.genesisHash, genesis.hash), 'genesis');
    same(curve === genesis.producer.curve, 'curve of the producer');
    same(nodeVerifySignature(genesis.producer, signedBytes, signature), 'signature of the header');
    same(equalBytes(header.parent, parent.hash), 'hash of the parent');
    same(time > parent.time, 'time');
    same(block.transactions.length === header.transactionCount, 'number of transactions');
    same(block.receipts.length === header.transactionCount, 'number of receipts');
    same(equalBytes(rootOf(block.transactions), header.transactionRoot), 'transaction root');
    same(equalBytes(rootOf(block.receipts), header.receiptRoot), 'receipt root');
    const reads = await application.processProposal(height, block.transactions).catch((cause) => {
      throw mismatch(height, 'validity of its transactions', '', cause);
    });
    const { receipts, stateRoot } = application.finalizeBlock({ height, time, transactions: reads });
    receipts.forEach((receipt, index) => {
      const stored = block.receipts[index];
      same(stored !== undefined && equalBytes(encodeReceipt(receipt), stored), `receipt ${index}`);
    });
    await application.commit([]);
    if (!equalBytes(stateRoot, header.stateRoot)) {
      const own = application.moduleRoots(stateRoot);
      const stored = options.moduleRoots?.(header.stateRoot) ?? new Map<string, Uint8Array>();
      const differs = (name: string): boolean => {
        const root = stored.get(name);
        return root !== undefined && !equalBytes(root, own.get(name) ?? root);
      };
      same(false, `state root ${toHex(stateRoot)}`, [...own.keys()].find(differs));
    }
    transactions += BigInt(reads.length);
    parent = { hash, height, time };
    onProgress?.(height);
  }
  return { height: parent.height, transactions, stateRoot: application.info().stateRoot };
}

const rootOf = (entries: readonly Uint8Array[]): Uint8Array =>
  merkleRoot(
    entries.map((entry) => merkleLeaf(entry, nodeSha256)),
    nodeSha256,
  );

const mismatch = (height: bigint, what: string, module: string, cause?: unknown): ChainError =>
  new ChainError(
    'chain/replay-mismatch',
    `replay stopped: found another ${what} at height ${height}${module && ` in module ${module}`}, expected the stored one`,
    { height, what, module },
    { cause },
  );
