// SPDX-License-Identifier: Apache-2.0
import { compareBytes, equalBytes } from '../../../protocol/bytes.ts';
import { bitAt, EMPTY_ROOT, type TreeHashing } from './hashing.ts';
import {
  type Child,
  type Inner,
  isStub,
  type Leaf,
  loadNode,
  type ReadRecord,
  type TreeNode,
} from './node.ts';
import type { TreeProof } from './proof.ts';

/** A key's new value, or undefined to remove it. */
export type TreeChange = { readonly keyHash: Uint8Array; readonly value: Uint8Array | undefined };

/** What a change of a tree gives. */
export type TreeUpdate = {
  readonly root: Child;
  /** Nodes that the new tree has and the old one had not. */
  readonly created: readonly TreeNode[];
};

/**
 * Compact sparse Merkle trees over stored nodes. A tree is its root: a change makes a new root that shares what did
 * not change, so older roots stay readable. Nodes are read when they are needed and then kept in their parent.
 */
export class StateTree {
  readonly #hashing: TreeHashing;
  readonly #read: ReadRecord;
  #resident = 0;

  constructor(hashing: TreeHashing, read: ReadRecord) {
    this.#hashing = hashing;
    this.#read = read;
  }

  /** Nodes read or made since the last {@link StateTree.shrink}: a measure of the memory that trees hold. */
  get resident(): number {
    return this.#resident;
  }

  /** A tree by the hash of its root. */
  at(rootHash: Uint8Array): Child {
    return equalBytes(rootHash, EMPTY_ROOT) ? undefined : rootHash;
  }

  /** Hash of a subtree. */
  hashOf(child: Child): Uint8Array {
    if (child === undefined) return EMPTY_ROOT;
    return isStub(child) ? child : child.hash;
  }

  /** The value of a key, undefined when absent. Throws `chain/data-damaged`. */
  get(root: Child, keyHash: Uint8Array): Uint8Array | undefined {
    const end = this.#descend(root, keyHash);
    return end !== undefined && equalBytes(end.keyHash, keyHash) ? end.value : undefined;
  }

  /** Proof that the tree holds the key or does not. Throws `chain/data-damaged`. */
  prove(root: Child, keyHash: Uint8Array): TreeProof {
    const siblings: Uint8Array[] = [];
    const end = this.#descend(root, keyHash, siblings);
    if (end === undefined) return { siblings, terminal: { kind: 'empty' } };
    if (equalBytes(end.keyHash, keyHash)) return { siblings, terminal: { kind: 'value', value: end.value } };
    const valueHash = this.#hashing.sha256(end.value);
    return { siblings, terminal: { kind: 'other', keyHash: end.keyHash, valueHash } };
  }

  /** The tree with all changes, each key at most once; every new node is hashed once. Throws `chain/data-damaged`. */
  update(root: Child, changes: readonly TreeChange[]): TreeUpdate {
    const sorted = [...changes].sort((a, b) => compareBytes(a.keyHash, b.keyHash));
    const created: TreeNode[] = [];
    const next = this.#update(root, sorted, 0, sorted.length, 0, created);
    this.#resident += created.length;
    return { root: next, created };
  }

  /** Forgets what lies deeper than `depth` below roots whose nodes are all stored; it is read again when needed. */
  shrink(roots: Iterable<Child>, depth: number): void {
    this.#resident = 0;
    for (const root of roots) this.#cut(root, depth);
  }

  #cut(child: Child, depth: number): void {
    if (child === undefined || isStub(child) || child.kind === 'leaf') return;
    this.#resident += 1;
    if (depth === 0) {
      if (child.left !== undefined) child.left = this.hashOf(child.left);
      if (child.right !== undefined) child.right = this.hashOf(child.right);
      return;
    }
    this.#cut(child.left, depth - 1);
    this.#cut(child.right, depth - 1);
  }

  #descend(root: Child, keyHash: Uint8Array, siblings?: Uint8Array[]): Leaf | undefined {
    let node = root === undefined ? undefined : this.#load(root);
    for (let depth = 0; node !== undefined && node.kind === 'inner'; depth++) {
      const right = bitAt(keyHash, depth) === 1;
      siblings?.push(this.hashOf(right ? node.left : node.right));
      node = right ? this.#right(node) : this.#left(node);
    }
    return node;
  }

  #update(
    child: Child,
    changes: readonly TreeChange[],
    from: number,
    to: number,
    depth: number,
    created: TreeNode[],
  ): Child {
    if (from === to) return child;
    const node = child === undefined ? undefined : this.#load(child);
    if (node === undefined || node.kind === 'leaf')
      return this.#build(this.#leaves(node, changes, from, to, created), depth, created);
    const middle = split(changes, from, to, depth);
    const oldLeft = from === middle ? node.left : this.#left(node);
    const oldRight = middle === to ? node.right : this.#right(node);
    const left = this.#update(oldLeft, changes, from, middle, depth + 1, created);
    const right = this.#update(oldRight, changes, middle, to, depth + 1, created);
    if (left === oldLeft && right === oldRight) return node;
    return this.#join(left, right, created);
  }

  /** The leaves that stand where one leaf or nothing stood, in the order of their key hashes. */
  #leaves(
    old: Leaf | undefined,
    changes: readonly TreeChange[],
    from: number,
    to: number,
    created: TreeNode[],
  ): readonly Leaf[] {
    const leaves: Leaf[] = [];
    let kept = old;
    for (let i = from; i < to; i++) {
      const { keyHash, value } = changes[i] as TreeChange;
      const order = kept === undefined ? 1 : compareBytes(kept.keyHash, keyHash);
      if (kept !== undefined && order < 0) leaves.push(kept);
      if (order <= 0) kept = undefined;
      if (value === undefined) continue;
      if (order === 0 && old !== undefined && equalBytes(old.value, value)) {
        leaves.push(old);
        continue;
      }
      const hash = this.#hashing.leaf(keyHash, this.#hashing.sha256(value));
      const leaf: Leaf = { kind: 'leaf', hash, keyHash, value };
      created.push(leaf);
      leaves.push(leaf);
    }
    if (kept !== undefined) leaves.push(kept);
    return leaves;
  }

  #build(leaves: readonly Leaf[], depth: number, created: TreeNode[]): Child {
    if (leaves.length <= 1) return leaves[0];
    const middle = split(leaves, 0, leaves.length, depth);
    const left = this.#build(leaves.slice(0, middle), depth + 1, created);
    const right = this.#build(leaves.slice(middle), depth + 1, created);
    return this.#inner(left, right, created);
  }

  /** The subtree over two children, either of which may have become empty: a lone leaf moves up. */
  #join(left: Child, right: Child, created: TreeNode[]): Child {
    if (left === undefined || right === undefined) {
      const only = left ?? right;
      if (only === undefined) return undefined;
      const node = this.#load(only);
      if (node.kind === 'leaf') return node;
    }
    return this.#inner(left, right, created);
  }

  #inner(left: Child, right: Child, created: TreeNode[]): Inner {
    const hash = this.#hashing.inner(this.hashOf(left), this.hashOf(right));
    const node: Inner = { kind: 'inner', hash, left, right };
    created.push(node);
    return node;
  }

  #left(node: Inner): TreeNode | undefined {
    if (isStub(node.left)) node.left = this.#load(node.left);
    return node.left as TreeNode | undefined;
  }

  #right(node: Inner): TreeNode | undefined {
    if (isStub(node.right)) node.right = this.#load(node.right);
    return node.right as TreeNode | undefined;
  }

  #load(child: TreeNode | Uint8Array): TreeNode {
    if (!isStub(child)) return child;
    this.#resident += 1;
    return loadNode(child, this.#read, this.#hashing);
  }
}

/** Index of the first entry whose bit at the depth is 1; the entries are sorted and share the bits before. */
function split(
  entries: readonly { readonly keyHash: Uint8Array }[],
  from: number,
  to: number,
  depth: number,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitAt((entries[middle] as { readonly keyHash: Uint8Array }).keyHash, depth) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
