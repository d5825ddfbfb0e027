// SPDX-License-Identifier: Apache-2.0
import type { ChainId } from './chain-id.ts';
import type { Receipt } from './receipt.ts';

/** COSE `typ` of a signed header. */
export const HEADER_TYPE = 'bsim-header+cbor';

/** What the producer signs of each block: it commits to everything in the block and to the state after it. */
export type BlockHeader = {
  readonly chainId: ChainId;
  readonly genesisHash: Uint8Array;
  /** 1 for the first block. */
  readonly height: bigint;
  /** Milliseconds since 1970-01-01 UTC; later than that of the parent. */
  readonly time: bigint;
  /** Hash of the header before; the genesis hash at height 1. */
  readonly parent: Uint8Array;
  /** How many transactions, and receipts, the block holds. */
  readonly transactionCount: number;
  /** Merkle tree hash of the transactions' bytes. */
  readonly transactionRoot: Uint8Array;
  /** Merkle tree hash of the receipts' bytes. */
  readonly receiptRoot: Uint8Array;
  /** Root of the state after this block. */
  readonly stateRoot: Uint8Array;
};

/** A block as the node keeps it. */
export type Block = {
  readonly header: BlockHeader;
  /** SHA-256 of the header's Sig_structure. */
  readonly hash: Uint8Array;
  /** COSE_Sign1 of the header by the producer. */
  readonly signedHeader: Uint8Array;
  readonly transactions: readonly Uint8Array[];
  readonly receipts: readonly Receipt[];
};
