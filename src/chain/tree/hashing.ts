// SPDX-License-Identifier: Apache-2.0
import type { Sha256 } from '../sha256.ts';

/** Hash of an empty subtree: 32 zero bytes. */
export const EMPTY_ROOT: Uint8Array = new Uint8Array(32);

/** Most levels below the root: one per bit of a key's hash. */
export const MAX_DEPTH = 256;

/** The hashes that a state tree is made of. */
export type TreeHashing = {
  readonly sha256: Sha256;
  /** SHA-256 of 00 ‖ key hash ‖ value hash. */
  leaf(keyHash: Uint8Array, valueHash: Uint8Array): Uint8Array;
  /** SHA-256 of 01 ‖ left ‖ right. */
  inner(left: Uint8Array, right: Uint8Array): Uint8Array;
};

/** The tree's hashes over an implementation of SHA-256. */
export function treeHashing(sha256: Sha256): TreeHashing {
  // One buffer for every node: a block hashes thousands.
  const input = new Uint8Array(65);
  const pair = (tag: number, first: Uint8Array, second: Uint8Array): Uint8Array => {
    input[0] = tag;
    input.set(first, 1);
    input.set(second, 33);
    return sha256(input);
  };
  return {
    sha256,
    leaf: (keyHash, valueHash) => pair(0, keyHash, valueHash),
    inner: (left, right) => pair(1, left, right),
  };
}

/** Bit of a key's hash that chooses the child at a depth: 0 left, 1 right; most significant bit first. */
export const bitAt = (keyHash: Uint8Array, depth: number): number =>
  ((keyHash[depth >> 3] as number) >> (7 - (depth & 7))) & 1;
