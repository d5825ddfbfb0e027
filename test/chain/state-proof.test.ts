// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equalBytes, fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { nodeSha256 } from '../../src/chain/crypto/node-sha256.ts';
import { State } from '../../src/chain/state.ts';
import { decodeStateProof, encodeStateProof } from '../../src/chain/state-proof.ts';
import { nodeKey } from '../../src/chain/store/layout.ts';
import { treeHashing } from '../../src/chain/tree/hashing.ts';
import { rootOfProof } from '../../src/chain/tree/proof.ts';
import { readFixture } from '../support/fixture.ts';

type Vector = {
  readonly comment: string;
  readonly state: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly stateRoot: string;
  readonly proofs: readonly {
    readonly module: string;
    readonly key: string;
    readonly value: string | null;
    readonly proof: string;
  }[];
};
const { vectors } = readFixture<{ readonly vectors: readonly Vector[] }>('chain/state-proofs.json');

function stateOf(entries: Vector['state']): { readonly state: State; readonly root: Uint8Array } {
  const records = new Map<string, Uint8Array>();
  const state = new State(Object.keys(entries), nodeSha256, (hash) => records.get(toHex(nodeKey(hash))));
  const draft = state.draft();
  for (const [name, values] of Object.entries(entries))
    for (const [key, value] of Object.entries(values)) draft.writer(name).set(fromHex(key), fromHex(value));
  draft.keep();
  const finished = draft.finish();
  for (const { key, value } of finished.operations) if (value) records.set(toHex(key), value);
  state.adopt(finished);
  return { state, root: finished.stateRoot };
}

/** What a proof says: the value, `absent`, or that it is refused. */
function verdict(root: Uint8Array, proof: Uint8Array, module: string, key: Uint8Array): string {
  const hashing = treeHashing(nodeSha256);
  const { module: first, key: second } = decodeStateProof(proof);
  const top = rootOfProof(utf8(module), first, hashing);
  if (first.terminal.kind !== 'value' || top === undefined || !equalBytes(top, root)) return 'refused';
  const below = rootOfProof(key, second, hashing);
  if (below === undefined || !equalBytes(below, first.terminal.value)) return 'refused';
  return second.terminal.kind === 'value' ? toHex(second.terminal.value) : 'absent';
}

// A verifier written from docs/proof-format.md alone: its own CBOR, its own bits, node:crypto.
const sha = (...parts: readonly Uint8Array[]): Buffer =>
  createHash('sha256')
    .update(concat(...parts))
    .digest();

function readCbor(bytes: Buffer): unknown {
  let at = 0;
  const item = (): unknown => {
    const initial = bytes.readUInt8(at++);
    const short = initial & 31;
    const size = short < 24 ? 0 : 1 << (short - 24);
    const length = size === 0 ? short : bytes.readUIntBE(at, size);
    at += size;
    if (initial >> 5 === 2) {
      at += length;
      return bytes.subarray(at - length, at);
    }
    return Array.from({ length }, item);
  };
  return item();
}

function verifyByTheDocument(
  root: Uint8Array,
  proof: Uint8Array,
  namespace: string,
  key: Uint8Array,
): string {
  type TreeProof = [Buffer[], Buffer[]];
  const follow = ([siblings, terminal]: TreeProof, name: Uint8Array): Buffer | undefined => {
    const path = sha(name);
    const bits = (hash: Buffer) => [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    let node: Buffer = Buffer.alloc(32);
    const [first, second] = terminal;
    if (first !== undefined && second === undefined) node = sha(Uint8Array.of(0), path, sha(first));
    if (first !== undefined && second !== undefined) {
      if (first.equals(path)) return undefined;
      if (bits(first).slice(0, siblings.length) !== bits(path).slice(0, siblings.length)) return undefined;
      node = sha(Uint8Array.of(0), first, second);
    }
    for (let depth = siblings.length - 1; depth >= 0; depth--) {
      const written = siblings[depth] as Buffer;
      const sibling = written.length === 0 ? Buffer.alloc(32) : written;
      node =
        bits(path)[depth] === '0'
          ? sha(Uint8Array.of(1), node, sibling)
          : sha(Uint8Array.of(1), sibling, node);
    }
    return node;
  };
  const [first, second] = readCbor(Buffer.from(proof)) as [TreeProof, TreeProof];
  if (!follow(first, Buffer.from(namespace, 'utf8'))?.equals(root) || first[1].length !== 1) return 'refused';
  if (!follow(second, key)?.equals(first[1][0] as Buffer)) return 'refused';
  return second[1].length === 1 ? toHex(second[1][0] as Buffer) : 'absent';
}

describe.each(vectors)(
  'state proofs of another program: $comment',
  ({ state: entries, stateRoot, proofs }) => {
    it('are ours byte for byte, and give value or absence', () => {
      const { state, root } = stateOf(entries);
      expect(toHex(root)).toBe(stateRoot);
      for (const { module, key, value, proof } of proofs) {
        expect(toHex(encodeStateProof(state.prove(module, fromHex(key), root)))).toBe(proof);
        expect(verdict(root, fromHex(proof), module, fromHex(key))).toBe(value ?? 'absent');
        expect(verifyByTheDocument(root, fromHex(proof), module, fromHex(key))).toBe(value ?? 'absent');
      }
    });
  },
);

describe('a state proof', () => {
  const { state: entries } = vectors[3] as Vector;
  const { state, root } = stateOf(entries);
  const moneyKeys = Object.keys(entries.money as object).map(fromHex);
  const anyKey = fc.oneof(fc.constantFrom(...moneyKeys), fc.uint8Array({ maxLength: 5 }));

  it('is accepted by a verifier written from the document, for any key', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const proof = encodeStateProof(state.prove('money', key, root));
        const value = state.reader('money').get(key);
        expect(verifyByTheDocument(root, proof, 'money', key)).toBe(value ? toHex(value) : 'absent');
      }),
      { numRuns: 100 },
    );
  });

  it('is refused with any byte changed, added or removed', () => {
    fc.assert(
      fc.property(
        anyKey,
        fc.nat(),
        fc.nat(255),
        fc.constantFrom('change', 'add', 'remove'),
        (key, place, byte, how) => {
          const proof = encodeStateProof(state.prove('money', key, root));
          const at = place % proof.length;
          fc.pre(how !== 'change' || proof[at] !== byte);
          const changed =
            how === 'change'
              ? Uint8Array.from(proof).fill(byte, at, at + 1)
              : how === 'add'
                ? concat(proof.subarray(0, at), Uint8Array.of(byte), proof.subarray(at))
                : concat(proof.subarray(0, at), proof.subarray(at + 1));
          let found: string;
          try {
            found = verdict(root, changed, 'money', key);
          } catch (error) {
            expect(error).toBeInstanceOf(ToolkitError);
            expect(error).toHaveProperty('code', 'chain/bad-proof');
            return;
          }
          // To add a byte before its equal gives the proof itself.
          expect(found).toBe(equalBytes(changed, proof) ? verdict(root, proof, 'money', key) : 'refused');
        },
      ),
      { numRuns: 400 },
    );
  });

  it('of one key, module or root is refused for another', () => {
    const [first, second] = moneyKeys as [Uint8Array, Uint8Array];
    const proof = encodeStateProof(state.prove('money', first, root));
    expect(verdict(root, proof, 'money', second)).toBe('refused');
    expect(verdict(root, proof, 'identity', first)).toBe('refused');
    expect(verdict(sha(root), proof, 'money', first)).toBe('refused');
  });

  it('cannot show an existing key absent by its own leaf or by a leaf off its path', () => {
    const [key] = moneyKeys as [Uint8Array];
    const honest = state.prove('money', key, root);
    const value = state.reader('money').get(key) as Uint8Array;
    const own = encodeStateProof({
      ...honest,
      key: {
        ...honest.key,
        terminal: { kind: 'other', keyHash: nodeSha256(key), valueHash: nodeSha256(value) },
      },
    });
    expect(verdict(root, own, 'money', key)).toBe('refused');
    expect(verifyByTheDocument(root, own, 'money', key)).toBe('refused');
    const elsewhere = moneyKeys.find(
      (other) => (nodeSha256(other)[0] ?? 0) >> 7 !== (nodeSha256(key)[0] ?? 0) >> 7,
    );
    const other = state.prove('money', elsewhere as Uint8Array, root).key;
    const leaf = {
      kind: 'other',
      keyHash: nodeSha256(elsewhere as Uint8Array),
      valueHash: nodeSha256(state.reader('money').get(elsewhere as Uint8Array) as Uint8Array),
    } as const;
    const off = encodeStateProof({ ...honest, key: { siblings: other.siblings, terminal: leaf } });
    expect(verdict(root, off, 'money', key)).toBe('refused');
  });

  it('is never built for a namespace that does not exist', () => {
    expect(() => state.prove('nothing', utf8('x'), root)).toThrow(
      expect.objectContaining({ code: 'chain/unknown-module' }),
    );
  });

  it('raises only its typed error on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeStateProof(bytes)).toThrow(expect.objectContaining({ code: 'chain/bad-proof' }));
      }),
    );
  });
});
