// SPDX-License-Identifier: Apache-2.0
import { asArray, asBytes, asUint, type CborValue, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ChainError } from './errors.ts';
import { HASH_LENGTH } from './hash.ts';

/** Proof that a block holds a transaction with a receipt at the same place. */
export type TransactionProof = {
  /** Place within the block, from 0. */
  readonly index: number;
  /** Inclusion path of the transaction, lowest first. */
  readonly transactionPath: readonly Uint8Array[];
  /** Bytes of the receipt. */
  readonly receipt: Uint8Array;
  /** Inclusion path of the receipt, lowest first. */
  readonly receiptPath: readonly Uint8Array[];
};

/** A path in a list of 2^32 entries has no more hashes. */
const MAX_PATH = 32;

/** Deterministic CBOR [index, transaction path, receipt, receipt path]; layout in docs/proof-format.md. */
export const encodeTransactionProof = (proof: TransactionProof): Uint8Array =>
  encodeCbor([proof.index, proof.transactionPath, proof.receipt, proof.receiptPath]);

/** The proof of such bytes. Throws `chain/bad-proof`, whose cause says more. */
export function decodeTransactionProof(bytes: Uint8Array): TransactionProof {
  try {
    const parts = asArray(decodeCbor(bytes), 'transaction proof');
    if (parts.length !== 4) throw badProof(`${parts.length} elements, expected 4`);
    const index = asUint(parts[0], 'index');
    if (index > 0xffff_ffffn) throw badProof(`index ${index}, expected less than 2^32`);
    return {
      index: Number(index),
      transactionPath: pathOf(parts[1], 'transaction path'),
      receipt: asBytes(parts[2], 'receipt'),
      receiptPath: pathOf(parts[3], 'receipt path'),
    };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw badProof(cause.message, { cause });
    throw cause;
  }
}

function pathOf(value: CborValue | undefined, name: string): readonly Uint8Array[] {
  const path = asArray(value, name);
  if (path.length > MAX_PATH)
    throw badProof(`a ${name} of ${path.length} hashes, expected at most ${MAX_PATH}`);
  return path.map((hash) => asBytes(hash, name, HASH_LENGTH));
}

function badProof(reason: string, options: { readonly cause?: unknown } = {}): ChainError {
  return new ChainError(
    'chain/bad-proof',
    `transaction proof not read: found ${reason}`,
    { reason },
    options,
  );
}
