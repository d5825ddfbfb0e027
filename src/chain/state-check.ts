// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes } from '../../protocol/bytes.ts';
import type { Application } from './application.ts';
import { readHead, readHeader } from './block-store.ts';
import { nodeSha256 } from './crypto/node-sha256.ts';
import { ChainError } from './errors.ts';
import type { Module, StateScanner } from './module.ts';
import { rangeOf, statePrefix } from './store/layout.ts';
import type { Store, StoreReader } from './store/store.ts';
import { treeHashing } from './tree/hashing.ts';
import { StateTree, type TreeChange } from './tree/state-tree.ts';

/**
 * Checks that the entries stored for the head give its roots, and that every module's invariants hold for them.
 * Rejects with `chain/data-damaged` or `chain/invariant-broken`.
 */
export async function checkState(
  store: Store,
  modules: readonly Module[],
  application: Application,
): Promise<void> {
  const snapshot = store.snapshot();
  try {
    const height = readHead(snapshot) ?? 0n;
    const roots = application.moduleRoots(readHeader(snapshot, height).header.stateRoot);
    for (const [name, root] of roots) {
      if (equalBytes(await rootOf(scannerOf(snapshot, name, height)), root)) continue;
      const what = `entries of ${name} that do not give its root`;
      throw new ChainError('chain/data-damaged', `state not right: found ${what}`, { what });
    }
    for (const { name, invariants } of modules)
      for (const [invariant, check] of Object.entries(invariants)) {
        const reason = await check(scannerOf(snapshot, name, height));
        if (reason === undefined) continue;
        const facts = { module: name, invariant, reason };
        throw new ChainError('chain/invariant-broken', `${name}: ${invariant}: ${reason}`, facts);
      }
  } finally {
    await snapshot.close();
  }
}

/** A namespace as it is in a snapshot of the store. */
export function scannerOf(snapshot: StoreReader, namespace: string, height: bigint): StateScanner {
  const start = statePrefix(namespace);
  return {
    height,
    get: (key) => snapshot.get(concat(start, key)),
    async *entries(prefix) {
      for await (const [key, value] of snapshot.entries(rangeOf(concat(start, prefix))))
        yield [key.subarray(start.length), value];
    },
  };
}

async function rootOf(scanner: StateScanner): Promise<Uint8Array> {
  const tree = new StateTree(treeHashing(nodeSha256), () => undefined);
  const changes: TreeChange[] = [];
  for await (const [key, value] of scanner.entries(new Uint8Array(0)))
    changes.push({ keyHash: nodeSha256(key), value });
  return tree.hashOf(tree.update(undefined, changes).root);
}
