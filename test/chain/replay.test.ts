// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { type BlockHeader, signHeader } from '../../src/chain/block.ts';
import type { StoredBlock } from '../../src/chain/block-store.ts';
import { merkleLeaf, merkleRoot } from '../../src/chain/merkle.ts';
import type { Node } from '../../src/chain/node.ts';
import { encodeReceipt } from '../../src/chain/receipt.ts';
import { type ReplayOptions, replay } from '../../src/chain/replay.ts';
import { nodeKey, statePrefix } from '../../src/chain/store/layout.ts';
import { openMemoryStore } from '../../src/chain/store/memory.ts';
import { modules } from '../../src/modules/index.ts';
import { balanceKey } from '../../src/modules/money/index.ts';
import {
  accountOf,
  payment,
  producer,
  startTestNode,
  testGenesis,
  testSigner,
  testTransaction,
  XTS,
} from '../support/chain.ts';

const alice = testSigner('alice');
const bob = accountOf(testSigner('bob'));
const genesis = testGenesis([[alice, 1000n]]);

let node: Node;
let blocks: readonly StoredBlock[];
beforeAll(async () => {
  node = await startTestNode(genesis);
  for (let i = 0n; i < 4n; i++)
    await node.waitFor(
      (await node.submit(await testTransaction(alice, [payment(bob, 300n)], { sequence: i }))).hash,
    );
  blocks = [1n, 2n, 3n, 4n, 5n].map((height) => {
    const { signedHeader, transactions, receipts } = node.block(height);
    return { height, signedHeader, transactions, receipts: receipts.map(encodeReceipt) };
  });
});
afterAll(() => node.close());

const run = (list: readonly StoredBlock[], options: Partial<ReplayOptions> = {}) =>
  replay({ genesis, modules, blocks: list, ...options });

/** The chain up to height 3, whose last block is changed and signed again by the producer. */
async function resigned(
  change: (block: StoredBlock, header: BlockHeader) => Promise<[Partial<StoredBlock>, Partial<BlockHeader>]>,
) {
  const block = blocks[2] as StoredBlock;
  const { header } = node.block(3n);
  const [parts, fields] = await change(block, header);
  const signedHeader = await signHeader(producer, { ...header, ...fields });
  return [...blocks.slice(0, 2), { ...block, ...parts, signedHeader }];
}
const rootOf = (entries: readonly Uint8Array[]) => merkleRoot(entries.map((entry) => merkleLeaf(entry)));

describe('a replay', () => {
  it('agrees with the chain that it replays', async () => {
    expect(await run(blocks)).toMatchObject({
      height: 5n,
      transactions: 4n,
      stateRoot: node.status().stateRoot,
    });
  });

  it.each<[string, Parameters<typeof resigned>[0]]>([
    ['height', async () => [{}, { height: 4n }]],
    ['genesis', async () => [{}, { genesisHash: new Uint8Array(32) }]],
    ['hash of the parent', async () => [{}, { parent: new Uint8Array(32) }]],
    ['time', async () => [{}, { time: node.block(2n).header.time }]],
    ['number of transactions', async () => [{}, { transactionCount: 2 }]],
    ['transaction root', async () => [{}, { transactionRoot: new Uint8Array(32) }]],
    ['receipt root', async () => [{}, { receiptRoot: new Uint8Array(32) }]],
    [
      'receipt 0',
      async () => {
        const receipts = [encodeReceipt({ code: 'ok', log: 'another', events: [] })];
        return [{ receipts }, { receiptRoot: rootOf(receipts) }];
      },
    ],
    [
      'number of receipts',
      async ({ receipts: [own] }) => {
        const receipts = [own as Uint8Array, encodeReceipt({ code: 'ok', log: '', events: [] })];
        return [{ receipts }, { receiptRoot: rootOf(receipts) }];
      },
    ],
    [
      'validity of its transactions',
      async () => {
        const transactions = [await testTransaction(alice, [payment(bob, 1n)], { sequence: 5n })];
        return [{ transactions }, { transactionRoot: rootOf(transactions) }];
      },
    ],
    [
      'validity of its transactions',
      async (block) => {
        const bytes = Uint8Array.from(block.transactions[0] as Uint8Array);
        bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
        return [{ transactions: [bytes] }, { transactionRoot: rootOf([bytes]) }];
      },
    ],
  ])('finds another %s, though the producer signed it', async (what, change) => {
    await expect(run(await resigned(change))).rejects.toMatchObject({
      code: 'chain/replay-mismatch',
      details: { height: 3n, what },
    });
  });

  it('finds another state root and names the module that differs', async () => {
    const other = await startTestNode(
      testGenesis([
        [alice, 1000n],
        [testSigner('carol'), 1n],
      ]),
    );
    const { stateRoot } = other.status();
    const list = await resigned(async () => [{}, { stateRoot }]);
    const moduleRoots = () =>
      new Map([
        ['accounts', stateRoot],
        ['money', stateRoot],
      ]);
    await expect(run(list, { moduleRoots })).rejects.toMatchObject({
      code: 'chain/replay-mismatch',
      details: { height: 3n, module: 'accounts' },
    });
    await other.close();
  });

  it('finds a header that the producer did not sign, and a block that is missing', async () => {
    const forged = await signHeader(alice, node.block(3n).header);
    const list = [...blocks.slice(0, 2), { ...(blocks[2] as StoredBlock), signedHeader: forged }];
    await expect(run(list)).rejects.toMatchObject({ details: { what: 'signature of the header' } });
    await expect(run(blocks.slice(1))).rejects.toMatchObject({ details: { height: 2n, what: 'height' } });
  });
});

describe('the check of a chain', () => {
  it('finds an entry of the state that was changed behind the tree', async () => {
    const store = openMemoryStore();
    const own = await startTestNode(genesis, { store });
    await store.write([
      { key: Uint8Array.of(...statePrefix('money'), ...balanceKey(XTS, bob)), value: utf8('12345678') },
    ]);
    await expect(own.verifyChain()).rejects.toMatchObject({
      code: 'chain/data-damaged',
      details: { what: 'entries of money that do not give its root' },
    });
    await own.close();
  });

  it('finds a tree node that is missing when it is read', async () => {
    const store = openMemoryStore();
    const first = await startTestNode(genesis, { store: { ...store, close: async () => undefined } });
    const { stateRoot } = first.status();
    await first.close();
    await store.write([{ key: nodeKey(stateRoot) }]);
    await expect(startTestNode(genesis, { store })).rejects.toMatchObject({ code: 'chain/data-damaged' });
  });
});
