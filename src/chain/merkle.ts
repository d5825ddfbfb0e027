// SPDX-License-Identifier: Apache-2.0
import { portableSha256, type Sha256 } from './sha256.ts';

/** Root of a list without entries: SHA-256 of nothing. Source: RFC 9162 §2.1.1. */
export const EMPTY_MERKLE_ROOT: Uint8Array = portableSha256(new Uint8Array(0));

/** Hash of one entry: SHA-256 of 00 ‖ entry. Source: RFC 9162 §2.1.1. */
export function merkleLeaf(entry: Uint8Array, sha256: Sha256 = portableSha256): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return sha256(input);
}

/** Merkle tree hash of a list given by the hashes of its entries. Source: RFC 9162 §2.1.1. */
export function merkleRoot(leaves: readonly Uint8Array[], sha256: Sha256 = portableSha256): Uint8Array {
  let level = leaves;
  while (level.length > 1) level = parents(level, sha256);
  return level[0] ?? EMPTY_MERKLE_ROOT;
}

/**
 * Inclusion path of the entry at `index`: the hashes that lead from it to the root, lowest first.
 * Source: RFC 9162 §2.1.3.1.
 */
export function merklePath(
  leaves: readonly Uint8Array[],
  index: number,
  sha256: Sha256 = portableSha256,
): readonly Uint8Array[] {
  const path: Uint8Array[] = [];
  let level = leaves;
  for (let place = index; level.length > 1; place >>= 1) {
    const sibling = level[place ^ 1];
    // The last node of an odd level has no sibling and moves up as it is.
    if (sibling !== undefined) path.push(sibling);
    level = parents(level, sha256);
  }
  return path;
}

/**
 * The root that an inclusion path leads to from the entry's hash, or undefined when the path has the wrong length for
 * a list of `size` entries. Source: RFC 9162 §2.1.3.2.
 */
export function merkleRootOfPath(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  sha256: Sha256 = portableSha256,
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined;
  let node = leaf;
  let used = 0;
  let place = index;
  for (let last = size - 1; last > 0; last = Math.floor(last / 2)) {
    if (place % 2 === 1 || place < last) {
      const sibling = path[used++];
      if (sibling === undefined) return undefined;
      node = place % 2 === 1 ? parent(sibling, node, sha256) : parent(node, sibling, sha256);
    }
    place = Math.floor(place / 2);
  }
  return used === path.length ? node : undefined;
}

function parents(level: readonly Uint8Array[], sha256: Sha256): readonly Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Uint8Array;
    const right = level[i + 1];
    next.push(right === undefined ? left : parent(left, right, sha256));
  }
  return next;
}

function parent(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const input = new Uint8Array(65);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 33);
  return sha256(input);
}
