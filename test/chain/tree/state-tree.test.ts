// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../protocol/bytes.ts';
import { nodeSha256 } from '../../../src/chain/crypto/node-sha256.ts';
import { EMPTY_ROOT, treeHashing } from '../../../src/chain/tree/hashing.ts';
import { type Child, encodeNode } from '../../../src/chain/tree/node.ts';
import { rootOfProof } from '../../../src/chain/tree/proof.ts';
import { StateTree } from '../../../src/chain/tree/state-tree.ts';
import { readFixture } from '../../support/fixture.ts';

const hashing = treeHashing(nodeSha256);

/** A tree over records in a map, as a store would keep them. */
function storedTree(): { tree: StateTree; records: Map<string, Uint8Array> } {
  const records = new Map<string, Uint8Array>();
  return { tree: new StateTree(hashing, (hash) => records.get(toHex(hash))), records };
}

type Change = readonly [key: Uint8Array, value: Uint8Array | undefined];

function apply(
  { tree, records }: ReturnType<typeof storedTree>,
  root: Child,
  changes: readonly Change[],
): Child {
  const last = new Map(changes.map(([key, value]) => [toHex(key), { keyHash: nodeSha256(key), value }]));
  const update = tree.update(root, [...last.values()]);
  for (const node of update.created)
    records.set(
      toHex(node.hash),
      encodeNode(node, (child) => tree.hashOf(child)),
    );
  return update.root;
}

// The definition of docs/proof-format.md, word for word, over all entries at once.
const sha = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const bit = (path: Uint8Array, depth: number): number =>
  Number((BigInt(`0x${toHex(path)}`) >> BigInt(255 - depth)) & 1n);
function subtree(entries: readonly (readonly [path: Buffer, value: Buffer])[], depth = 0): Buffer {
  const [first] = entries;
  if (first === undefined) return Buffer.alloc(32);
  if (entries.length === 1) return sha(Uint8Array.of(0), first[0], first[1]);
  const side = (which: number) => entries.filter(([path]) => bit(path, depth) === which);
  return sha(Uint8Array.of(1), subtree(side(0), depth + 1), subtree(side(1), depth + 1));
}
const naiveRoot = (entries: ReadonlyMap<string, Uint8Array>): string =>
  toHex(subtree([...entries].map(([key, value]) => [sha(fromHex(key)), sha(value)])));

const keys = fc.constantFrom(...Array.from({ length: 60 }, (_, i) => utf8(`key ${i}`)));
const change = fc.tuple(keys, fc.option(fc.uint8Array({ maxLength: 6 }), { nil: undefined, freq: 3 }));
const batches = fc.array(fc.array(change, { maxLength: 25 }), { maxLength: 8 });

describe('a state tree', () => {
  it('has the root of its definition after any batches of changes, and each root stays readable', () => {
    fc.assert(
      fc.property(batches, fc.nat(4), (list, shrinkDepth) => {
        const stored = storedTree();
        const { tree } = stored;
        const entries = new Map<string, Uint8Array>();
        const history: { readonly hash: Uint8Array; readonly entries: ReadonlyMap<string, Uint8Array> }[] =
          [];
        let root: Child;
        for (const batch of list) {
          root = apply(stored, root, batch);
          for (const [key, value] of batch)
            if (value === undefined) entries.delete(toHex(key));
            else entries.set(toHex(key), value);
          expect(toHex(tree.hashOf(root))).toBe(naiveRoot(entries));
          history.push({ hash: tree.hashOf(root), entries: new Map(entries) });
          tree.shrink([root], shrinkDepth);
        }
        for (const { hash, entries: then } of history)
          for (let i = 0; i < 60; i++) {
            const key = utf8(`key ${i}`);
            const found = tree.get(tree.at(hash), nodeSha256(key));
            expect(found && toHex(found)).toBe(
              then.has(toHex(key)) ? toHex(then.get(toHex(key)) as Uint8Array) : undefined,
            );
          }
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on the order of changes or on how they are batched', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(change, { selector: ([key]) => toHex(key), maxLength: 40 }),
        fc.nat(),
        (list, at) => {
          const value = ([key, item]: Change): Change => [key, item ?? Uint8Array.of(7)];
          const changes = list.map(value);
          const once = storedTree();
          const twice = storedTree();
          const whole = once.tree.hashOf(apply(once, undefined, changes));
          const cut = changes.length === 0 ? 0 : at % changes.length;
          const half = apply(twice, undefined, changes.slice(cut).reverse());
          expect(twice.tree.hashOf(apply(twice, half, changes.slice(0, cut)))).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('returns to the empty root when every key is removed', () => {
    const stored = storedTree();
    const list = Array.from({ length: 50 }, (_, i): Change => [utf8(`key ${i}`), utf8('value')]);
    const root = apply(stored, undefined, list);
    const empty = apply(
      stored,
      root,
      list.map(([key]): Change => [key, undefined]),
    );
    expect(stored.tree.hashOf(empty)).toEqual(EMPTY_ROOT);
  });

  it('makes no new node for a change that changes nothing', () => {
    const { tree, ...stored } = storedTree();
    const list = Array.from({ length: 50 }, (_, i): Change => [utf8(`key ${i}`), utf8('value')]);
    const root = apply({ tree, ...stored }, undefined, list);
    const again = tree.update(root, [
      { keyHash: nodeSha256(utf8('key 3')), value: utf8('value') },
      { keyHash: nodeSha256(utf8('absent')), value: undefined },
    ]);
    expect(again.created).toEqual([]);
    expect(again.root).toBe(root);
  });

  it('hashes each new inner node once per batch', () => {
    let hashed = 0;
    const counting = treeHashing((bytes) => {
      if (bytes.length === 65 && bytes[0] === 1) hashed += 1;
      return nodeSha256(bytes);
    });
    const tree = new StateTree(counting, () => undefined);
    const list = Array.from({ length: 1000 }, (_, i) => ({
      keyHash: nodeSha256(utf8(`${i}`)),
      value: utf8('v'),
    }));
    const { created } = tree.update(undefined, list);
    expect(hashed).toBe(created.filter((node) => node.kind === 'inner').length);
  });

  it('never uses a record that was changed: any byte of it is found', () => {
    const stored = storedTree();
    const root = apply(
      stored,
      undefined,
      Array.from({ length: 20 }, (_, i): Change => [utf8(`key ${i}`), utf8(`value ${i}`)]),
    );
    const hash = stored.tree.hashOf(root);
    const names = [...stored.records.keys()];
    fc.assert(
      fc.property(fc.nat(names.length - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (which, at, flip) => {
        const name = names[which] as string;
        const record = Uint8Array.from(stored.records.get(name) as Uint8Array);
        const place = at % record.length;
        record[place] = (record[place] as number) ^ flip;
        const damaged = new Map(stored.records).set(name, record);
        const tree = new StateTree(hashing, (found) => damaged.get(toHex(found)));
        const readAll = () => {
          for (let i = 0; i < 20; i++) tree.get(tree.at(hash), nodeSha256(utf8(`key ${i}`)));
        };
        expect(readAll).toThrow(expect.objectContaining({ code: 'chain/data-damaged' }));
      }),
    );
  });

  it('names a node that is missing', () => {
    const tree = new StateTree(hashing, () => undefined);
    expect(() => tree.get(tree.at(nodeSha256(utf8('x'))), nodeSha256(utf8('y')))).toThrow(
      expect.objectContaining({ code: 'chain/data-damaged' }),
    );
  });
});

type Vector = {
  readonly comment: string;
  readonly state: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly moduleRoots: Readonly<Record<string, string>>;
};

describe('roots of another program', () => {
  it.each(readFixture<{ readonly vectors: readonly Vector[] }>('chain/state-proofs.json').vectors)(
    'are the same: $comment',
    ({ state, moduleRoots }) => {
      for (const [name, entries] of Object.entries(state)) {
        const stored = storedTree();
        const root = apply(
          stored,
          undefined,
          Object.entries(entries).map(([key, value]): Change => [fromHex(key), fromHex(value)]),
        );
        expect(toHex(stored.tree.hashOf(root))).toBe(moduleRoots[name]);
      }
    },
  );
});

describe('a proof from a tree', () => {
  it('leads to the root for keys that are there and keys that are not, after any batches', () => {
    fc.assert(
      fc.property(batches, (list) => {
        const stored = storedTree();
        const entries = new Map<string, Uint8Array>();
        let root: Child;
        for (const batch of list) {
          root = apply(stored, root, batch);
          for (const [key, value] of batch)
            if (value === undefined) entries.delete(toHex(key));
            else entries.set(toHex(key), value);
        }
        for (let i = 0; i < 60; i++) {
          const key = utf8(`key ${i}`);
          const proof = stored.tree.prove(root, nodeSha256(key));
          expect(rootOfProof(key, proof, hashing)).toEqual(stored.tree.hashOf(root));
          expect(proof.terminal.kind === 'value').toBe(entries.has(toHex(key)));
        }
      }),
      { numRuns: 40 },
    );
  });
});
