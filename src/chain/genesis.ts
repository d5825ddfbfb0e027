// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { type CborMap, type CborValue, encodeCbor } from '../../protocol/cbor.ts';
import { type Curve, curveNames, curves } from '../../protocol/crypto/curve.ts';
import { type PublicKey, parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { type ChainId, parseChainId } from './chain-id.ts';
import { ChainError } from './errors.ts';
import { portableSha256 } from './sha256.ts';

/** A value of a genesis file: JSON without fractions, so that its content has one deterministic CBOR form. */
export type GenesisValue =
  | null
  | boolean
  | number
  | string
  | readonly GenesisValue[]
  | { readonly [name: string]: GenesisValue };

/** Rules of one chain, the same on every node. */
export type Parameters = {
  /** How many heights ahead of the next block an expiry may lie. */
  readonly expiryWindow: number;
  /** Most transactions in one block. */
  readonly maxBlockTransactions: number;
  /** Most bytes of all transactions in one block. */
  readonly maxBlockBytes: number;
};

/** The agreement that a chain starts from; the only thing that a light client trusts. */
export type Genesis = {
  readonly chainId: ChainId;
  /** Milliseconds since 1970-01-01 UTC; the first block is later. */
  readonly time: bigint;
  /** Key that signs every header. */
  readonly producer: PublicKey;
  readonly parameters: Parameters;
  /** Section of each module by its name; the module validates it. */
  readonly modules: Readonly<Record<string, GenesisValue>>;
  /** SHA-256 of the content in deterministic CBOR, so that blanks and the order of names do not matter. */
  readonly hash: Uint8Array;
  /** The content as people review it. */
  readonly text: string;
};

/** What a new chain needs; the parameters not given are {@link defaultParameters}. */
export type GenesisFields = {
  readonly chainId: ChainId;
  readonly time: bigint;
  readonly producer: PublicKey;
  readonly parameters?: Partial<Parameters>;
  readonly modules: Readonly<Record<string, GenesisValue>>;
};

/** Parameters that a new genesis gets where none are given. */
export const defaultParameters: Parameters = {
  expiryWindow: 1000,
  maxBlockTransactions: 10_000,
  maxBlockBytes: 4_194_304,
};

/** A genesis of these fields, with its text. Throws `chain/bad-genesis`. */
export declare function createGenesis(fields: GenesisFields): Genesis;

/** Reads and validates a genesis file; sections of modules are validated by their modules. Throws `chain/bad-genesis`. */
export declare function parseGenesis(text: string): Genesis;

/** The error of a genesis value; `path` such as `modules.money.currencies[0].code`. */
export const badGenesis = (path: string, reason: string): ChainError =>
  new ChainError('chain/bad-genesis', `genesis not valid at ${path}: ${reason}`, { path, reason });
