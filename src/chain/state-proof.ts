// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '../../protocol/bytes.ts';
import { asArray, decodeCbor, encodeCbor } from '../../protocol/cbor.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { ChainError } from './errors.ts';
import { type TreeProof, treeProofFromCbor, treeProofToCbor } from './tree/proof.ts';

/**
 * Proof of a key of one module against the state root: first that the tree of modules holds the module's root under
 * the module's name, then that the module's tree holds the key or does not.
 */
export type StateProof = { readonly module: TreeProof; readonly key: TreeProof };

/** Key of a module in the tree of modules. */
export const moduleKey = (name: string): Uint8Array => utf8(name);

/** Deterministic CBOR [module's tree proof, key's tree proof]; layout in docs/proof-format.md. */
export const encodeStateProof = (proof: StateProof): Uint8Array =>
  encodeCbor([treeProofToCbor(proof.module), treeProofToCbor(proof.key)]);

/** The proof of such bytes. Throws `chain/bad-proof`, whose cause says more. */
export function decodeStateProof(bytes: Uint8Array): StateProof {
  try {
    const parts = asArray(decodeCbor(bytes), 'state proof');
    if (parts.length !== 2) throw badProof(`${parts.length} elements, expected 2`);
    return { module: treeProofFromCbor(parts[0]), key: treeProofFromCbor(parts[1]) };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw badProof(cause.message, { cause });
    throw cause;
  }
}

function badProof(reason: string, options: { readonly cause?: unknown } = {}): ChainError {
  return new ChainError('chain/bad-proof', `state proof not read: found ${reason}`, { reason }, options);
}
