// SPDX-License-Identifier: Apache-2.0
import { equalBytes, toHex } from '../../../protocol/bytes.ts';
import { type VerifySignature, verifySignature } from '../../../protocol/crypto/verify.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { type BlockHeader, decodeSignedHeader, type ReadHeader } from '../block.ts';
import { ChainError } from '../errors.ts';
import type { Genesis } from '../genesis.ts';
import { merkleLeaf, merkleRootOfPath } from '../merkle.ts';
import { decodeReceipt, type Receipt } from '../receipt.ts';
import { portableSha256 } from '../sha256.ts';
import { decodeStateProof, moduleKey } from '../state-proof.ts';
import { decodeTransaction, type Transaction } from '../transaction.ts';
import { decodeTransactionProof } from '../transaction-proof.ts';
import { treeHashing } from '../tree/hashing.ts';
import { rootOfProof, type TreeProof } from '../tree/proof.ts';
import { LightClientError } from './errors.ts';

/** A header that the producer of the genesis has signed. */
export type VerifiedHeader = BlockHeader & { readonly hash: Uint8Array };

/** A key of the state as it was after a block. */
export type VerifiedState = {
  readonly header: VerifiedHeader;
  /** Undefined when the key is proven to be absent. */
  readonly value: Uint8Array | undefined;
};

/** A transaction with its result, as a block holds them. */
export type VerifiedTransaction = {
  readonly header: VerifiedHeader;
  readonly transaction: Transaction;
  /** Place within the block, from 0. */
  readonly index: number;
  /** A code other than `ok` says that the transaction failed and changed nothing but its sequence. */
  readonly receipt: Receipt;
};

/**
 * Checks what any node says of a chain, with nothing but the chain's genesis. Pure: no network, no clock, no memory
 * of earlier headers; how old a header may be is for the caller, by its height and time.
 */
export type LightClient = {
  readonly genesis: Genesis;
  /** Throws `light-client/bad-header`, `light-client/wrong-chain` or `light-client/bad-signature`. */
  verifyHeader(signedHeader: Uint8Array): VerifiedHeader;
  /**
   * The value of a module's key, or its absence, after the block of that header.
   * Throws as {@link LightClient.verifyHeader} and `light-client/bad-proof` or `light-client/proof-mismatch`.
   */
  verifyState(signedHeader: Uint8Array, proof: Uint8Array, module: string, key: Uint8Array): VerifiedState;
  /**
   * A transaction in the block of that header, with its receipt; its own signature is verified too.
   * Throws as {@link LightClient.verifyState} and `light-client/bad-transaction`.
   */
  verifyTransaction(signedHeader: Uint8Array, bytes: Uint8Array, proof: Uint8Array): VerifiedTransaction;
};

/** What a light client may be given. */
export type LightClientOptions = {
  /** Verifies signatures in place of the portable code, with the same verdicts. */
  readonly verify?: VerifySignature;
};

/** A light client of the chain of a genesis, which it trusts and nothing else. */
export function createLightClient(genesis: Genesis, options: LightClientOptions = {}): LightClient {
  const { verify = verifySignature } = options;
  const verifyHeader = (signedHeader: Uint8Array): VerifiedHeader => {
    const read = readHeader(signedHeader);
    requireChain(genesis, read);
    if (read.curve !== genesis.producer.curve || !verify(genesis.producer, read.signedBytes, read.signature))
      throw badSignature('the header', 'one by the producer that the genesis names');
    return { ...read.header, hash: read.hash };
  };
  return {
    genesis,
    verifyHeader,
    verifyState(signedHeader, proof, module, key) {
      const header = verifyHeader(signedHeader);
      const parts = reading('light-client/bad-proof', 'proof', () => decodeStateProof(proof));
      requireRoot(
        parts.module,
        moduleKey(module),
        header.stateRoot,
        `the root of module ${module.slice(0, 64)}`,
      );
      const { terminal } = parts.module;
      // The tree of modules holds every module, so one that is absent there does not exist at all.
      if (terminal.kind !== 'value') throw mismatch(`no module ${module.slice(0, 64)}`);
      requireRoot(parts.key, key, terminal.value, 'the key');
      return { header, value: parts.key.terminal.kind === 'value' ? parts.key.terminal.value : undefined };
    },
    verifyTransaction(signedHeader, bytes, proof) {
      const header = verifyHeader(signedHeader);
      const { index, ...parts } = reading('light-client/bad-proof', 'proof', () =>
        decodeTransactionProof(proof),
      );
      const lead = (entry: Uint8Array, path: readonly Uint8Array[], root: Uint8Array, what: string): void => {
        const found = merkleRootOfPath(merkleLeaf(entry), index, header.transactionCount, path);
        if (found === undefined || !equalBytes(found, root)) throw mismatch(what);
      };
      lead(bytes, parts.transactionPath, header.transactionRoot, 'the transaction');
      lead(parts.receipt, parts.receiptPath, header.receiptRoot, 'the receipt');
      const transaction = reading('light-client/bad-transaction', 'transaction', () =>
        decodeTransaction(bytes),
      );
      if (!verify(transaction.signer, transaction.signedBytes, transaction.signature))
        throw badSignature('the transaction', 'one by the key in its payload');
      const receipt = reading('light-client/bad-proof', 'receipt', () => decodeReceipt(parts.receipt));
      return { header, transaction, index, receipt };
    },
  };
}

const hashing = treeHashing(portableSha256);

function requireRoot(proof: TreeProof, key: Uint8Array, root: Uint8Array, what: string): void {
  const found = rootOfProof(key, proof, hashing);
  if (found === undefined || !equalBytes(found, root)) throw mismatch(what);
}

function readHeader(signedHeader: Uint8Array): ReadHeader {
  return reading('light-client/bad-header', 'header', () => decodeSignedHeader(signedHeader));
}

function requireChain(genesis: Genesis, { header }: ReadHeader): void {
  const { chainId, genesisHash, height, time, parent } = header;
  if (chainId !== genesis.chainId) throw wrongChain(chainId, genesis.chainId);
  if (!equalBytes(genesisHash, genesis.hash)) throw wrongChain(toHex(genesisHash), toHex(genesis.hash));
  const first = height === 1n && !equalBytes(parent, genesis.hash);
  if (height < 1n || time <= genesis.time || first) {
    const reason = `height ${height} and time ${time} or a parent that cannot follow the genesis`;
    throw new LightClientError('light-client/bad-header', `header refused: found ${reason}`, { reason });
  }
}

function reading<Value>(
  code: 'light-client/bad-header' | 'light-client/bad-proof' | 'light-client/bad-transaction',
  what: string,
  read: () => Value,
): Value {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ChainError || cause instanceof ProtocolError)) throw cause;
    const reason = cause.message;
    throw new LightClientError(code, `${what} refused: ${reason}`, { reason }, { cause });
  }
}

const wrongChain = (found: string, expected: string): LightClientError =>
  new LightClientError(
    'light-client/wrong-chain',
    `header refused: found chain ${found}, expected ${expected}`,
    { found, expected },
  );

const badSignature = (what: string, expected: string): LightClientError =>
  new LightClientError(
    'light-client/bad-signature',
    `${what} refused: found a signature that is not valid, expected ${expected}`,
    { what },
  );

const mismatch = (what: string): LightClientError =>
  new LightClientError(
    'light-client/proof-mismatch',
    `proof refused: found another root for ${what}, expected the one in the header`,
    { what },
  );
