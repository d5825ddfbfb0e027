// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../protocol/bytes.ts';
import { ChainError } from '../errors.ts';
import { HASH_LENGTH } from '../hash.ts';
import type { TreeHashing } from './hashing.ts';

/** A key's place in a tree; it stands at the shallowest depth where no other key shares its path. */
export type Leaf = {
  readonly kind: 'leaf';
  readonly hash: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly value: Uint8Array;
};

/** Two subtrees; at least two keys are below. A child that is not in memory is known by its hash. */
export type Inner = {
  readonly kind: 'inner';
  readonly hash: Uint8Array;
  left: Child;
  right: Child;
};

/** A node in memory. */
export type TreeNode = Leaf | Inner;

/** A subtree: empty, in memory, or known by its hash. */
export type Child = undefined | TreeNode | Uint8Array;

/** Whether a subtree is known by its hash only. */
export const isStub = (child: Child): child is Uint8Array => child instanceof Uint8Array;

/** Reads the stored record of a node; throws or returns undefined when it is not there. */
export type ReadRecord = (hash: Uint8Array) => Uint8Array | undefined;

const LEAF = 0;
const INNER = 1;

/** Stored form of a node: 00 ‖ key hash ‖ value, or 01 ‖ hash of left ‖ hash of right. */
export function encodeNode(node: TreeNode, hashOf: (child: Child) => Uint8Array): Uint8Array {
  if (node.kind === 'leaf') {
    const record = new Uint8Array(1 + HASH_LENGTH + node.value.length);
    record[0] = LEAF;
    record.set(node.keyHash, 1);
    record.set(node.value, 1 + HASH_LENGTH);
    return record;
  }
  const record = new Uint8Array(1 + 2 * HASH_LENGTH);
  record[0] = INNER;
  record.set(hashOf(node.left), 1);
  record.set(hashOf(node.right), 1 + HASH_LENGTH);
  return record;
}

/**
 * The node of a hash from its stored form. Throws `chain/data-damaged` when the record is missing or does not hash to
 * what it is stored under, so a damaged node is never used.
 */
export function loadNode(hash: Uint8Array, read: ReadRecord, hashing: TreeHashing): TreeNode {
  const record = read(hash);
  if (record === undefined) throw damaged('a tree node that is missing');
  const first = record.subarray(1, 1 + HASH_LENGTH);
  const rest = record.subarray(1 + HASH_LENGTH);
  if (record[0] === LEAF && first.length === HASH_LENGTH) {
    if (equalBytes(hashing.leaf(first, hashing.sha256(rest)), hash))
      return { kind: 'leaf', hash, keyHash: first, value: rest };
  } else if (record[0] === INNER && rest.length === HASH_LENGTH) {
    if (equalBytes(hashing.inner(first, rest), hash))
      return { kind: 'inner', hash, left: childOf(first), right: childOf(rest) };
  }
  throw damaged('a tree node with other bytes than its hash says');
}

const childOf = (hash: Uint8Array): Child => (hash.some((byte) => byte !== 0) ? hash : undefined);

function damaged(what: string): ChainError {
  return new ChainError('chain/data-damaged', `state not read: found ${what}`, { what });
}
