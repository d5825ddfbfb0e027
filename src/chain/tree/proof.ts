// SPDX-License-Identifier: Apache-2.0
import { compareBytes, equalBytes } from '../../../protocol/bytes.ts';
import { asArray, asBytes, type CborValue } from '../../../protocol/cbor.ts';
import { ChainError } from '../errors.ts';
import { HASH_LENGTH } from '../hash.ts';
import { bitAt, EMPTY_ROOT, MAX_DEPTH, type TreeHashing } from './hashing.ts';

/** Where the path of a key ends in a state tree. */
export type Terminal =
  /** The key is there with this value. */
  | { readonly kind: 'value'; readonly value: Uint8Array }
  /** Nothing is there, so the key is absent. */
  | { readonly kind: 'empty' }
  /** The leaf of another key is there, so this key is absent. */
  | { readonly kind: 'other'; readonly keyHash: Uint8Array; readonly valueHash: Uint8Array };

/** Proof that a state tree holds a key with a value, or does not hold it. */
export type TreeProof = {
  /** Hashes beside the path, from the root down. */
  readonly siblings: readonly Uint8Array[];
  readonly terminal: Terminal;
};

/**
 * The root that a proof leads to for a key, or undefined when the proof can be of no tree: the other leaf is not on
 * the key's path, or is the key's own.
 */
export function rootOfProof(key: Uint8Array, proof: TreeProof, hashing: TreeHashing): Uint8Array | undefined {
  const { siblings, terminal } = proof;
  const keyHash = hashing.sha256(key);
  let node = EMPTY_ROOT;
  if (terminal.kind === 'value') node = hashing.leaf(keyHash, hashing.sha256(terminal.value));
  if (terminal.kind === 'other') {
    if (equalBytes(terminal.keyHash, keyHash)) return undefined;
    for (let depth = 0; depth < siblings.length; depth++)
      if (bitAt(terminal.keyHash, depth) !== bitAt(keyHash, depth)) return undefined;
    node = hashing.leaf(terminal.keyHash, terminal.valueHash);
  }
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as Uint8Array;
    node = bitAt(keyHash, depth) === 0 ? hashing.inner(node, sibling) : hashing.inner(sibling, node);
  }
  return node;
}

/** CBOR form [siblings, terminal]: an empty sibling is h'', a terminal is [], [value] or [key hash, value hash]. */
export const treeProofToCbor = ({ siblings, terminal }: TreeProof): CborValue => [
  siblings.map((hash) => (equalBytes(hash, EMPTY_ROOT) ? new Uint8Array(0) : hash)),
  terminal.kind === 'empty'
    ? []
    : terminal.kind === 'value'
      ? [terminal.value]
      : [terminal.keyHash, terminal.valueHash],
];

/** The proof of its CBOR form. Throws `chain/bad-proof` or `protocol/bad-cbor`. */
export function treeProofFromCbor(value: CborValue | undefined): TreeProof {
  const parts = asArray(value, 'tree proof');
  if (parts.length !== 2) throw badProof(`a tree proof of ${parts.length} elements, expected 2`);
  const list = asArray(parts[0], 'siblings');
  if (list.length > MAX_DEPTH) throw badProof(`${list.length} siblings, expected at most ${MAX_DEPTH}`);
  const siblings = list.map((item) => {
    const hash = asBytes(item, 'sibling');
    if (hash.length === 0) return EMPTY_ROOT;
    if (hash.length !== HASH_LENGTH || compareBytes(hash, EMPTY_ROOT) === 0)
      throw badProof('a sibling of another form');
    return hash;
  });
  const end = asArray(parts[1], 'terminal');
  if (end.length > 2) throw badProof(`a terminal of ${end.length} elements, expected at most 2`);
  if (end.length === 0) return { siblings, terminal: { kind: 'empty' } };
  if (end.length === 1) return { siblings, terminal: { kind: 'value', value: asBytes(end[0], 'value') } };
  return {
    siblings,
    terminal: {
      kind: 'other',
      keyHash: asBytes(end[0], 'key hash', HASH_LENGTH),
      valueHash: asBytes(end[1], 'value hash', HASH_LENGTH),
    },
  };
}

function badProof(reason: string): ChainError {
  return new ChainError('chain/bad-proof', `proof not read: found ${reason}`, { reason });
}
