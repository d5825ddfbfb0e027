// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { nodeSha256 } from '../../src/chain/crypto/node-sha256.ts';
import {
  EMPTY_MERKLE_ROOT,
  merkleLeaf,
  merklePath,
  merkleRoot,
  merkleRootOfPath,
} from '../../src/chain/merkle.ts';
import { portableSha256 } from '../../src/chain/sha256.ts';
import { readFixture } from '../support/fixture.ts';

const { entries, trees } = readFixture<{
  readonly entries: readonly string[];
  readonly trees: readonly { readonly root: string; readonly paths: readonly (readonly string[])[] }[];
}>('chain/merkle.json');

describe.each([
  ['portable', portableSha256],
  ['node:crypto', nodeSha256],
])('the Merkle tree hash with %s SHA-256', (_name, sha256) => {
  const leaves = entries.map((entry) => merkleLeaf(fromHex(entry), sha256));

  it.each(trees.map((tree, index) => ({ size: index + 1, ...tree })))(
    'has the published root and paths for $size entries',
    ({ size, root, paths }) => {
      const list = leaves.slice(0, size);
      expect(toHex(merkleRoot(list, sha256))).toBe(root);
      for (const [index, path] of paths.entries()) {
        expect(merklePath(list, index, sha256).map(toHex)).toEqual(path);
        const found = merkleRootOfPath(leaves[index] as Uint8Array, index, size, path.map(fromHex), sha256);
        expect(found && toHex(found)).toBe(root);
      }
    },
  );
});

describe('the Merkle tree hash', () => {
  it('of no entries is SHA-256 of nothing', () => {
    // Source: FIPS 180-4, the digest of the empty message.
    const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(toHex(merkleRoot([]))).toBe(digest);
    expect(toHex(EMPTY_MERKLE_ROOT)).toBe(digest);
  });
});

describe('an inclusion path', () => {
  const list = (size: number) => Array.from({ length: size }, (_, i) => merkleLeaf(Uint8Array.of(i >> 8, i)));

  it('leads to the root for every entry, and for no other place, size or entry', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat(),
        fc.nat(80),
        fc.integer({ min: -1, max: 80 }),
        (size, at, otherSize, otherIndex) => {
          const leaves = list(size);
          const index = at % size;
          const leaf = leaves[index] as Uint8Array;
          const path = merklePath(leaves, index);
          const root = merkleRoot(leaves);
          expect(merkleRootOfPath(leaf, index, size, path)).toEqual(root);
          if (otherIndex !== index) expect(merkleRootOfPath(leaf, otherIndex, size, path)).not.toEqual(root);
          if (otherIndex >= 0 && otherIndex < size && otherIndex !== index)
            expect(merkleRootOfPath(leaves[otherIndex] as Uint8Array, index, size, path)).not.toEqual(root);
          if (path.length > 0) {
            expect(merkleRootOfPath(leaf, index, size, path.slice(1))).toBeUndefined();
            expect(merkleRootOfPath(leaf, index, size, [...path, leaf])).toBeUndefined();
          }
          if (otherSize <= index) expect(merkleRootOfPath(leaf, index, otherSize, path)).toBeUndefined();
        },
      ),
    );
  });
});
