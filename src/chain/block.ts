// SPDX-License-Identifier: Apache-2.0
import {
  asBytes,
  asMap,
  asText,
  asUint,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../protocol/cbor.ts';
import { decodeSign1, toBeSigned } from '../../protocol/cose.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { type Signer, signSign1 } from '../../protocol/signer.ts';
import { type ChainId, parseChainId } from './chain-id.ts';
import { ChainError } from './errors.ts';
import { HASH_LENGTH } from './hash.ts';
import type { Receipt } from './receipt.ts';
import { portableSha256, type Sha256 } from './sha256.ts';

/** COSE `typ` of a signed header. */
export const HEADER_TYPE = 'bsim-header+cbor';

/** Version of the header's layout. */
const HEADER_VERSION = 1;

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

/** A signed header as it was read; its signature is not yet verified. */
export type ReadHeader = {
  readonly header: BlockHeader;
  readonly hash: Uint8Array;
  readonly curve: Curve;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
};

/** The header as COSE_Sign1 by the producer; layout in docs/proof-format.md. */
export const signHeader = (producer: Signer, header: BlockHeader): Promise<Uint8Array> =>
  signSign1(
    producer,
    HEADER_TYPE,
    encodeCbor(
      new Map<number, CborValue>([
        [1, HEADER_VERSION],
        [2, header.chainId],
        [3, header.genesisHash],
        [4, header.height],
        [5, header.time],
        [6, header.parent],
        [7, header.transactionCount],
        [8, header.transactionRoot],
        [9, header.receiptRoot],
        [10, header.stateRoot],
      ]),
    ),
  );

/** Reads a signed header; nothing is verified but the form. Throws `chain/bad-header`, whose cause says more. */
export function decodeSignedHeader(bytes: Uint8Array, sha256: Sha256 = portableSha256): ReadHeader {
  try {
    const { curve, payload, signature } = decodeSign1(bytes, HEADER_TYPE);
    const map = asMap(decodeCbor(payload), 'header', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    if (map.get(1) !== HEADER_VERSION) throw badHeader(`version ${String(map.get(1))}, expected 1`);
    const signedBytes = toBeSigned(curve, HEADER_TYPE, payload);
    const hashAt = (key: number, name: string) => asBytes(map.get(key), name, HASH_LENGTH);
    return {
      header: {
        chainId: parseChainId(asText(map.get(2), 'chain id')),
        genesisHash: hashAt(3, 'genesis hash'),
        height: asUint(map.get(4), 'height'),
        time: asUint(map.get(5), 'time'),
        parent: hashAt(6, 'parent'),
        transactionCount: countOf(asUint(map.get(7), 'transaction count')),
        transactionRoot: hashAt(8, 'transaction root'),
        receiptRoot: hashAt(9, 'receipt root'),
        stateRoot: hashAt(10, 'state root'),
      },
      hash: sha256(signedBytes),
      curve,
      signedBytes,
      signature,
    };
  } catch (cause) {
    if (cause instanceof ChainError && cause.code === 'chain/bad-header') throw cause;
    if (cause instanceof ProtocolError || cause instanceof ChainError)
      throw badHeader(cause.message, { cause });
    throw cause;
  }
}

function countOf(count: bigint): number {
  if (count > 0xffff_ffffn) throw badHeader(`${count} transactions, expected less than 2^32`);
  return Number(count);
}

function badHeader(reason: string, options: { readonly cause?: unknown } = {}): ChainError {
  return new ChainError('chain/bad-header', `header not read: found ${reason}`, { reason }, options);
}
