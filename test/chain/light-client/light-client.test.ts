// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../protocol/bytes.ts';
import { signHeader } from '../../../src/chain/block.ts';
import { nodeVerifySignature } from '../../../src/chain/crypto/node-verify.ts';
import { parseGenesis } from '../../../src/chain/genesis.ts';
import {
  ACCOUNTS,
  createLightClient,
  decodeSequence,
  LightClientError,
  laneKey,
} from '../../../src/chain/light-client/index.ts';
import { merkleLeaf } from '../../../src/chain/merkle.ts';
import type { Node, ProvenTransaction } from '../../../src/chain/node.ts';
import { encodeReceipt } from '../../../src/chain/receipt.ts';
import { portableSha256 } from '../../../src/chain/sha256.ts';
import { decodeStateProof, encodeStateProof } from '../../../src/chain/state-proof.ts';
import { decodeTransactionProof, encodeTransactionProof } from '../../../src/chain/transaction-proof.ts';
import { treeHashing } from '../../../src/chain/tree/hashing.ts';
import { StateTree } from '../../../src/chain/tree/state-tree.ts';
import { balanceKey, decodeBalance } from '../../../src/modules/money/index.ts';
import {
  accountOf,
  payment,
  producer,
  startTestNode,
  testGenesis,
  testSigner,
  testTransaction,
  XTS,
} from '../../support/chain.ts';
import { readFixture } from '../../support/fixture.ts';

type Vector = {
  readonly genesis: object;
  readonly signedHeader: string;
  readonly headerHash: string;
  readonly transactionProofs: readonly { readonly transaction: string; readonly proof: string }[];
  readonly stateProof: {
    readonly module: string;
    readonly key: string;
    readonly value: string;
    readonly proof: string;
  };
};
const vector = readFixture<Vector>('chain/headers.json');
const alice = testSigner('alice');
const bob = accountOf(testSigner('bob'));
const genesis = testGenesis([[alice, 1000n]]);
const key = balanceKey(XTS, bob);

let node: Node;
let proven: readonly ProvenTransaction[];
beforeAll(async () => {
  node = await startTestNode(genesis);
  const sent = [];
  for (let i = 0n; i < 7n; i++)
    sent.push(
      await node.submit(
        await testTransaction(alice, [payment(bob, i === 5n ? 5000n : 10n)], { sequence: i }),
      ),
    );
  await Promise.all(sent.map(({ hash }) => node.waitFor(hash)));
  proven = sent.map(({ hash }) => node.transaction(hash) as ProvenTransaction);
});
afterAll(() => node.close());

const client = createLightClient(genesis);
const code = (name: string) => expect.objectContaining({ code: `light-client/${name}` });

/** The bytes with one of them changed. */
const changedBytes = (bytes: Uint8Array, at: number, flip: number): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ flip;
  return changed;
};

describe('headers and proofs of another program', () => {
  const other = createLightClient(parseGenesis(JSON.stringify(vector.genesis)));
  const header = fromHex(vector.signedHeader);

  it('verify', () => {
    expect(toHex(other.verifyHeader(header).hash)).toBe(vector.headerHash);
    const { module, key: name, value, proof } = vector.stateProof;
    expect(toHex(other.verifyState(header, fromHex(proof), module, fromHex(name)).value as Uint8Array)).toBe(
      value,
    );
    for (const [index, { transaction, proof: path }] of vector.transactionProofs.entries())
      expect(other.verifyTransaction(header, fromHex(transaction), fromHex(path)).index).toBe(index);
  });

  it('are refused by the light client of another chain', () => {
    expect(() => client.verifyHeader(header)).toThrow(code('wrong-chain'));
  });
});

describe('a header', () => {
  it('verifies with nothing but the genesis, with either backend', () => {
    const fast = createLightClient(parseGenesis(genesis.text), { verify: nodeVerifySignature });
    for (const verifier of [client, fast])
      expect(verifier.verifyHeader(node.signedHeader()).height).toBe(node.status().height);
  });

  it('is refused with any byte changed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        expect(() => client.verifyHeader(changedBytes(node.signedHeader(), at, flip))).toThrow(
          LightClientError,
        );
      }),
      { numRuns: 150 },
    );
  });

  it('is refused when another key signed it', async () => {
    const { header } = node.block(2n);
    for (const signer of [alice, testSigner('producer', 'secp256k1'), testSigner('producer', 'Ed25519')]) {
      const forged = await signHeader(signer, header);
      expect(() => client.verifyHeader(forged)).toThrow(code('bad-signature'));
    }
  });

  it('is refused when it is of another chain or genesis with the same producer', async () => {
    const { header } = node.block(2n);
    const other = await signHeader(producer, { ...header, genesisHash: new Uint8Array(32) });
    expect(() => client.verifyHeader(other)).toThrow(code('wrong-chain'));
    const named = await signHeader(producer, { ...header, chainId: 'other' as typeof header.chainId });
    expect(() => client.verifyHeader(named)).toThrow(code('wrong-chain'));
  });

  it('is refused when it cannot follow the genesis, though the producer signed it', async () => {
    const { header } = node.block(1n);
    for (const change of [{ height: 0n }, { time: genesis.time }, { parent: new Uint8Array(32) }]) {
      const wrong = await signHeader(producer, { ...header, ...change });
      expect(() => client.verifyHeader(wrong)).toThrow(code('bad-header'));
    }
  });

  it('is refused when it is something else', () => {
    for (const bytes of [new Uint8Array(0), proven[0]?.bytes as Uint8Array, utf8('header')])
      expect(() => client.verifyHeader(bytes)).toThrow(code('bad-header'));
  });
});

describe('a state proof', () => {
  it('gives a value, an absence, and the sequence of an account', () => {
    const { signedHeader, proof } = node.prove('money', key);
    const verified = client.verifyState(signedHeader, proof, 'money', key);
    expect(decodeBalance(verified.value)).toBe(60n);
    expect(verified.header.height).toBe(node.status().height);
    const nobody = balanceKey(XTS, accountOf(testSigner('nobody')));
    const absent = node.prove('money', nobody);
    expect(client.verifyState(absent.signedHeader, absent.proof, 'money', nobody).value).toBeUndefined();
    const lane = laneKey(accountOf(alice), 0);
    const account = node.prove(ACCOUNTS, lane);
    expect(
      decodeSequence(client.verifyState(account.signedHeader, account.proof, ACCOUNTS, lane).value),
    ).toBe(7n);
  });

  it('gives the absence of anything in a namespace without entries', () => {
    const empty = node.prove('identity', utf8('x'));
    expect(client.verifyState(empty.signedHeader, empty.proof, 'identity', utf8('x')).value).toBeUndefined();
  });

  it('is refused with any byte changed', () => {
    const { signedHeader, proof } = node.prove('money', key);
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        expect(() => client.verifyState(signedHeader, changedBytes(proof, at, flip), 'money', key)).toThrow(
          LightClientError,
        );
      }),
      { numRuns: 150 },
    );
  });

  it('is refused for another key, module or height', () => {
    const { signedHeader, proof } = node.prove('money', key);
    const mine = balanceKey(XTS, accountOf(alice));
    expect(() => client.verifyState(signedHeader, proof, 'money', mine)).toThrow(code('proof-mismatch'));
    expect(() => client.verifyState(signedHeader, proof, ACCOUNTS, key)).toThrow(code('proof-mismatch'));
    expect(() => client.verifyState(signedHeader, proof, 'none', key)).toThrow(code('proof-mismatch'));
    expect(() => client.verifyState(node.signedHeader(1n), proof, 'money', key)).toThrow(
      code('proof-mismatch'),
    );
  });

  it('cannot make a key absent by a module that does not exist', () => {
    // An honest proof that the tree of modules has no such name, which is no statement about a key.
    const names = [ACCOUNTS, 'identity', 'money'];
    const changes = names.map((name) => {
      const { terminal } = decodeStateProof(node.prove(name, utf8('x')).proof).module;
      return {
        keyHash: portableSha256(utf8(name)),
        value: terminal.kind === 'value' ? terminal.value : undefined,
      };
    });
    const tree = new StateTree(treeHashing(portableSha256), () => undefined);
    const { root } = tree.update(undefined, changes);
    expect(toHex(tree.hashOf(root))).toBe(toHex(node.status().stateRoot));
    const proof = encodeStateProof({
      module: tree.prove(root, portableSha256(utf8('nothing'))),
      key: { siblings: [], terminal: { kind: 'empty' } },
    });
    expect(() => client.verifyState(node.signedHeader(), proof, 'nothing', key)).toThrow(
      code('proof-mismatch'),
    );
  });
});

describe('a transaction proof', () => {
  it('gives the transaction, its place and its receipt, also of a failed one', () => {
    for (const [i, { signedHeader, bytes, proof, index }] of proven.entries()) {
      const verified = client.verifyTransaction(signedHeader, bytes, proof);
      expect(verified.index).toBe(index);
      expect(verified.receipt.code).toBe(i === 5 ? 'money/insufficient-funds' : 'ok');
      expect(verified.transaction.sequence).toBe(BigInt(i));
    }
  });

  it('is refused with any byte changed, of the proof or of the transaction', () => {
    fc.assert(
      fc.property(
        fc.nat(proven.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (which, at, flip, inProof) => {
          const { signedHeader, bytes, proof } = proven[which] as ProvenTransaction;
          const changed = inProof
            ? [bytes, changedBytes(proof, at, flip)]
            : [changedBytes(bytes, at, flip), proof];
          expect(() =>
            client.verifyTransaction(signedHeader, changed[0] as Uint8Array, changed[1] as Uint8Array),
          ).toThrow(LightClientError);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is refused with the receipt of another transaction', () => {
    const [failed, good] = [proven[5], proven[6]] as [ProvenTransaction, ProvenTransaction];
    const parts = decodeTransactionProof(failed.proof);
    const { receipt, receiptPath } = decodeTransactionProof(good.proof);
    const mixed = encodeTransactionProof({ ...parts, receipt, receiptPath });
    expect(() => client.verifyTransaction(failed.signedHeader, failed.bytes, mixed)).toThrow(
      code('proof-mismatch'),
    );
  });

  it('is refused when the producer put something else than a valid transaction into a block', async () => {
    const { header } = node.block(2n);
    const { bytes } = proven[0] as ProvenTransaction;
    const forged = changedBytes(bytes, bytes.length - 1, 1);
    const receipt = encodeReceipt({ code: 'ok', log: '', events: [] });
    for (const [entry, result, name] of [
      [forged, receipt, 'bad-signature'],
      [utf8('no transaction'), receipt, 'bad-transaction'],
      [bytes, utf8('no receipt'), 'bad-proof'],
    ] as const) {
      const roots = { transactionRoot: merkleLeaf(entry), receiptRoot: merkleLeaf(result) };
      const signedHeader = await signHeader(producer, { ...header, ...roots, transactionCount: 1 });
      const proof = encodeTransactionProof({
        index: 0,
        transactionPath: [],
        receipt: result,
        receiptPath: [],
      });
      expect(() => client.verifyTransaction(signedHeader, entry, proof)).toThrow(code(name));
    }
  });

  it('is refused for another block', () => {
    const { bytes, proof } = proven[3] as ProvenTransaction;
    expect(() => client.verifyTransaction(node.signedHeader(1n), bytes, proof)).toThrow(
      code('proof-mismatch'),
    );
  });

  it('raises only its typed errors on any bytes', () => {
    const { signedHeader, bytes } = proven[0] as ProvenTransaction;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (proof) => {
        expect(() => client.verifyTransaction(signedHeader, bytes, proof)).toThrow(code('bad-proof'));
      }),
      { numRuns: 50 },
    );
  });
});
