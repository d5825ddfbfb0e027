// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../protocol/bytes.ts';
import { ChainError } from './errors.ts';
import type { StateReader, StateWriter } from './module.ts';
import type { Sha256 } from './sha256.ts';
import { moduleKey, type StateProof } from './state-proof.ts';
import { nodeKey, statePrefix } from './store/layout.ts';
import type { StoreOperation } from './store/store.ts';
import { treeHashing } from './tree/hashing.ts';
import { type Child, encodeNode, type ReadRecord, type TreeNode } from './tree/node.ts';
import { StateTree, type TreeChange } from './tree/state-tree.ts';

/** How many tree nodes stay in memory before all but the upper levels are forgotten; about 200 bytes each. */
const MAX_RESIDENT_NODES = 500_000;
const KEPT_DEPTH = 12;

/** The state after a block, with what has to be stored for it. */
export type FinishedState = {
  readonly height: bigint;
  readonly stateRoot: Uint8Array;
  readonly operations: readonly StoreOperation[];
  readonly roots: ReadonlyMap<string, Child>;
  readonly top: Child;
};

/** The committed state: one tree per module, and a tree that maps each module's name to its root. */
export class State {
  readonly #names: readonly string[];
  readonly #sha256: Sha256;
  readonly #tree: StateTree;
  #height = 0n;
  #roots: ReadonlyMap<string, Child>;
  #top: Child;

  /** The empty state before genesis, over the records of a store. */
  constructor(names: readonly string[], sha256: Sha256, read: ReadRecord) {
    this.#names = [...names].sort();
    this.#sha256 = sha256;
    this.#tree = new StateTree(treeHashing(sha256), read);
    this.#roots = new Map();
    this.#top = undefined;
  }

  get height(): bigint {
    return this.#height;
  }

  get root(): Uint8Array {
    return this.#tree.hashOf(this.#top);
  }

  /** Goes to a stored state. Throws `chain/data-damaged`. */
  restore(height: bigint, stateRoot: Uint8Array): void {
    this.#top = this.#tree.at(stateRoot);
    this.#roots = new Map(
      this.#names.map((name) => [name, this.#tree.at(this.#moduleRoot(this.#top, name))]),
    );
    this.#height = height;
  }

  /** The state of a module in the head. Throws `chain/unknown-module`. */
  reader(module: string): StateReader {
    this.#requireModule(module);
    this.#tidy();
    return this.#readerAt(this.#height, this.#roots.get(module));
  }

  /** The state of a module under an older root. Throws `chain/unknown-module` or `chain/data-damaged`. */
  readerAt(module: string, height: bigint, stateRoot: Uint8Array): StateReader {
    this.#requireModule(module);
    return this.#readerAt(height, this.#tree.at(this.#moduleRoot(this.#tree.at(stateRoot), module)));
  }

  /** Proof of a key under a root of any height. Throws `chain/unknown-module` or `chain/data-damaged`. */
  prove(module: string, key: Uint8Array, stateRoot: Uint8Array): StateProof {
    this.#requireModule(module);
    const top = this.#tree.at(stateRoot);
    const root = this.#tree.at(this.#moduleRoot(top, module));
    return {
      module: this.#tree.prove(top, this.#sha256(moduleKey(module))),
      key: this.#tree.prove(root, this.#sha256(key)),
    };
  }

  /** The value of a key in the head. */
  get(module: string, key: Uint8Array): Uint8Array | undefined {
    return this.#tree.get(this.#roots.get(module), this.#sha256(key));
  }

  /** Changes on top of the head; nothing of them is seen here before {@link State.adopt}. */
  draft(): StateDraft {
    return new StateDraft(this);
  }

  /** The state with these changes by module; nothing is stored or adopted yet. */
  finish(changes: StateChanges): FinishedState {
    const operations: StoreOperation[] = [];
    const roots = new Map(this.#names.map((name) => [name, this.#roots.get(name)]));
    const touched = this.#height === 0n ? this.#names : this.#names.filter((name) => changes.get(name)?.size);
    for (const name of touched) {
      const entries = [...(changes.get(name)?.values() ?? [])];
      const { root, created } = this.#tree.update(roots.get(name), entries.map(this.#treeChange));
      roots.set(name, root);
      this.#store(created, operations);
      const prefix = statePrefix(name);
      for (const { key, value } of entries)
        operations.push({ key: concat(prefix, key), ...(value && { value }) });
    }
    const { root: top, created } = this.#tree.update(
      this.#top,
      touched.map((name) =>
        this.#treeChange({ key: moduleKey(name), value: this.#tree.hashOf(roots.get(name)) }),
      ),
    );
    this.#store(created, operations);
    return { height: this.#height + 1n, stateRoot: this.#tree.hashOf(top), operations, roots, top };
  }

  /** Makes a finished state the head, once its operations are stored. */
  adopt(finished: FinishedState): void {
    this.#height = finished.height;
    this.#roots = finished.roots;
    this.#top = finished.top;
    this.#tidy();
  }

  /** Root of each module, to name the one that differs. */
  moduleRoots(stateRoot: Uint8Array): ReadonlyMap<string, Uint8Array> {
    const top = this.#tree.at(stateRoot);
    return new Map(this.#names.map((name) => [name, this.#moduleRoot(top, name)]));
  }

  readonly #treeChange = ({ key, value }: StateChange): TreeChange => ({ keyHash: this.#sha256(key), value });

  #store(created: readonly TreeNode[], operations: StoreOperation[]): void {
    for (const node of created)
      operations.push({
        key: nodeKey(node.hash),
        value: encodeNode(node, (child) => this.#tree.hashOf(child)),
      });
  }

  #readerAt(height: bigint, root: Child): StateReader {
    return { height, get: (key) => this.#tree.get(root, this.#sha256(key)) };
  }

  #moduleRoot(top: Child, name: string): Uint8Array {
    const root = this.#tree.get(top, this.#sha256(moduleKey(name)));
    if (root === undefined) {
      const what = `a state without the module ${name}`;
      throw new ChainError('chain/data-damaged', `state not read: found ${what}`, { what });
    }
    return root;
  }

  #requireModule(module: string): void {
    if (this.#names.includes(module)) return;
    throw new ChainError(
      'chain/unknown-module',
      `module not found: found ${module.slice(0, 64)}, expected one of ${this.#names.join(', ')}`,
      { module },
    );
  }

  #tidy(): void {
    if (this.#tree.resident > MAX_RESIDENT_NODES)
      this.#tree.shrink([this.#top, ...this.#roots.values()], KEPT_DEPTH);
  }
}

/** One changed key; an undefined value removes it. */
export type StateChange = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };

/** Changed keys by module and key. */
export type StateChanges = ReadonlyMap<string, ReadonlyMap<string, StateChange>>;

/** Changes that a block collects, transaction by transaction: each is kept whole or reverted whole. */
export class StateDraft {
  readonly #base: State;
  readonly #kept = new Map<string, Map<string, StateChange>>();
  /** What was read of the head: many transactions of a block read the same keys. */
  readonly #read = new Map<string, Map<string, Uint8Array | undefined>>();
  #open = new Map<string, Map<string, StateChange>>();

  constructor(base: State) {
    this.#base = base;
  }

  /** A module's view: reads see what was written before. */
  writer(module: string): StateWriter {
    const read = this.#read.get(module) ?? new Map<string, Uint8Array | undefined>();
    this.#read.set(module, read);
    return {
      get: (key) => {
        const name = textOf(key);
        const change = this.#open.get(module)?.get(name) ?? this.#kept.get(module)?.get(name);
        if (change !== undefined) return change.value;
        const known = read.get(name);
        if (known !== undefined || read.has(name)) return known;
        const value = this.#base.get(module, key);
        read.set(name, value);
        return value;
      },
      set: (key, value) => this.#write(module, { key, value }),
      delete: (key) => this.#write(module, { key, value: undefined }),
    };
  }

  /** Keeps what was written since the last call of this or of {@link StateDraft.revert}. */
  keep(): void {
    for (const [module, changes] of this.#open)
      for (const [name, change] of changes) put(this.#kept, module, name, change);
    this.#open = new Map();
  }

  /** Forgets what was written since then. */
  revert(): void {
    this.#open = new Map();
  }

  /** The state with everything kept. */
  finish(): FinishedState {
    return this.#base.finish(this.#kept);
  }

  #write(module: string, change: StateChange): void {
    put(this.#open, module, textOf(change.key), change);
  }
}

function put(
  changes: Map<string, Map<string, StateChange>>,
  module: string,
  name: string,
  change: StateChange,
): void {
  const own = changes.get(module);
  if (own === undefined) changes.set(module, new Map([[name, change]]));
  else own.set(name, change);
}

const textOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
