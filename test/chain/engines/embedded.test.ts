// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import type { Node } from '../../../src/chain/node.ts';
import { openLevelStore } from '../../../src/chain/store/level.ts';
import { openMemoryStore } from '../../../src/chain/store/memory.ts';
import type { Store, StoreOperation } from '../../../src/chain/store/store.ts';
import { decodeTransaction } from '../../../src/chain/transaction.ts';
import { modules } from '../../../src/modules/index.ts';
import { conformanceGenesis, describeEngine } from '../../conformance/engine.ts';
import {
  accountOf,
  GENESIS_TIME,
  payment,
  producer,
  startTestNode,
  testGenesis,
  testSigner,
  testTransaction,
} from '../../support/chain.ts';
import { temporaryDirectory } from '../../support/cli.ts';

describeEngine('in memory', () => ({
  start: () => startTestNode(conformanceGenesis),
  remove: () => undefined,
}));

describeEngine('on LevelDB', () => {
  const directory = temporaryDirectory();
  return {
    start: async () =>
      startTestNode(conformanceGenesis, { store: await openLevelStore(directory.at('data')) }),
    remove: directory.remove,
  };
});

const alice = testSigner('alice');
const bob = accountOf(testSigner('bob'));
const genesis = testGenesis([[alice, 1_000_000n]], { expiryWindow: 50 });
const pay = (sequence: bigint, expiry = 40n, lane = 0) =>
  testTransaction(alice, [payment(bob, 1n)], { sequence, expiry, lane });

type GatedStore = Store & {
  hold(): void;
  /** Resolves when a write waits at the gate. */
  held(): Promise<void>;
  release(): void;
  failNext(): void;
  readonly writes: number;
};

/** A memory store whose writes wait for a gate, and can be made to fail. */
function gatedStore(): GatedStore {
  const store = openMemoryStore();
  let gate: Promise<void> = Promise.resolve();
  let open: () => void = () => undefined;
  let arrive: () => void = () => undefined;
  let arrival: Promise<void> = Promise.resolve();
  let fail = false;
  let writes = 0;
  return {
    ...store,
    get writes() {
      return writes;
    },
    async write(operations: readonly StoreOperation[]) {
      arrive();
      await gate;
      if (fail) throw new Error('no space left on device');
      writes += 1;
      await store.write(operations);
    },
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      arrival = new Promise((resolve) => {
        arrive = resolve;
      });
    },
    held: () => arrival,
    release: () => open(),
    failNext() {
      fail = true;
    },
  };
}

describe('a block', () => {
  it('takes everything that waits, and is one write', async () => {
    const store = gatedStore();
    const node = await startTestNode(genesis, { store });
    expect(store.writes).toBe(1);
    store.hold();
    const hashes = [];
    for (let i = 0n; i < 30n; i++) hashes.push((await node.submit(await pay(i))).hash);
    store.release();
    await Promise.all(hashes.map((hash) => node.waitFor(hash)));
    // What came first went at once; all others waited for its write and went together.
    expect(store.writes).toBe(3);
    const sizes = [2n, 3n].map((height) => node.block(height).transactions.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(30);
    expect(sizes[1]).toBeGreaterThan(20);
    await node.close();
  });

  it('holds at most what the genesis allows, in the order of arrival', async () => {
    const limited = testGenesis([[alice, 1_000_000n]], { expiryWindow: 50, maxBlockTransactions: 4 });
    const store = gatedStore();
    const node = await startTestNode(limited, { store });
    store.hold();
    const hashes = [];
    for (let i = 0n; i < 10n; i++) hashes.push((await node.submit(await pay(i))).hash);
    store.release();
    await Promise.all(hashes.map((hash) => node.waitFor(hash)));
    const blocks = [];
    for (let height = 2n; height <= node.status().height; height++)
      blocks.push(node.block(height).transactions.map((bytes) => decodeTransaction(bytes).sequence));
    expect(Math.max(...blocks.map((sequences) => sequences.length))).toBe(4);
    expect(blocks.flat()).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
    await node.close();
  });

  it('holds at most the bytes that the genesis allows', async () => {
    const limited = testGenesis([[alice, 1_000_000n]], { expiryWindow: 50, maxBlockBytes: 65_536 });
    const store = gatedStore();
    const node = await startTestNode(limited, { store });
    const messages = Array.from({ length: 16 }, () => payment(bob, 1n));
    store.hold();
    const hashes = [];
    let sent = 0;
    for (let i = 0n; i < 100n; i++) {
      const bytes = await testTransaction(alice, messages, { sequence: i, expiry: 40n });
      sent += bytes.length;
      hashes.push((await node.submit(bytes)).hash);
    }
    store.release();
    await Promise.all(hashes.map((hash) => node.waitFor(hash)));
    expect(sent).toBeGreaterThan(65_536);
    const { height } = node.status();
    for (let at = 2n; at <= height; at++) {
      const size = node.block(at).transactions.reduce((sum, bytes) => sum + bytes.length, 0);
      expect(size).toBeLessThanOrEqual(65_536);
    }
    expect(height).toBeGreaterThan(3n);
    await node.close();
  });

  it('has a time above its parent, also when the clock stands still or goes back', async () => {
    const times = [GENESIS_TIME + 10n, GENESIS_TIME + 10n, 0n, GENESIS_TIME + 500n];
    const node = await startTestNode(genesis, { clock: () => times.shift() ?? 0n });
    for (let i = 0n; i < 3n; i++) await node.waitFor((await node.submit(await pay(i))).hash);
    expect([1n, 2n, 3n, 4n].map((height) => node.block(height).header.time - GENESIS_TIME)).toEqual([
      10n,
      11n,
      12n,
      500n,
    ]);
    await node.close();
  });
});

describe('nobody is told of a transaction', () => {
  it('before the write of its block has ended', async () => {
    const store = gatedStore();
    const node = await startTestNode(genesis, { store });
    store.hold();
    const { hash } = await node.submit(await pay(0n));
    let told = false;
    const waiting = node.waitFor(hash).then(() => {
      told = true;
    });
    node.subscribe(() => {
      told = true;
    });
    await store.held();
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect(told).toBe(false);
    expect(node.status().height).toBe(1n);
    expect(node.transaction(hash)).toBeUndefined();
    expect(node.isPending(hash)).toBe(true);
    store.release();
    await waiting;
    expect(node.isPending(hash)).toBe(false);
    await node.close();
  });
});

describe('when a write fails', () => {
  it('the node stops, says why, keeps the last state readable and acknowledges nothing', async () => {
    const store = gatedStore();
    const node = await startTestNode(genesis, { store });
    store.failNext();
    const { hash } = await node.submit(await pay(0n));
    const told = await node.waitFor(hash).catch((error: unknown) => error);
    expect(told).toMatchObject({ code: 'chain/stopped', cause: { message: 'no space left on device' } });
    await expect(node.submit(await pay(1n))).rejects.toMatchObject({ code: 'chain/stopped' });
    await expect(node.waitFor(hash)).rejects.toMatchObject({ code: 'chain/stopped' });
    expect(await node.failed).toMatchObject({ code: 'chain/stopped' });
    expect(node.status().height).toBe(1n);
    expect(node.state('money').height).toBe(1n);
    await node.close();
  });
});

describe('the mempool of a node', () => {
  const limits = { mempoolTransactions: 5, mempoolBytes: 1_000_000 };

  it('refuses more transactions than it has room for, and takes them again later', async () => {
    const store = gatedStore();
    const node = await startTestNode(genesis, { store, limits });
    store.hold();
    const hashes = [];
    for (let i = 0n; i < 5n; i++) hashes.push((await node.submit(await pay(i))).hash);
    await expect(node.submit(await pay(5n))).rejects.toMatchObject({
      code: 'chain/mempool-full',
      details: { transactions: 5, retryAfterMs: 1000 },
    });
    expect(node.status().mempool.transactions).toBe(5);
    store.release();
    await Promise.all(hashes.map((hash) => node.waitFor(hash)));
    expect(node.status().mempool).toEqual({ transactions: 0, bytes: 0 });
    await node.waitFor((await node.submit(await pay(5n))).hash);
    await node.close();
  });

  it('refuses more bytes than it has room for', async () => {
    const one = (await pay(0n)).length;
    const node = await startTestNode(genesis, {
      limits: { mempoolTransactions: 100, mempoolBytes: one - 1 },
    });
    await expect(node.submit(await pay(0n))).rejects.toMatchObject({ code: 'chain/mempool-full' });
    await node.close();
  });

  it('counts what is still being verified, and gives the room back when it is refused', async () => {
    const node = await startTestNode(genesis, { limits });
    const bad = await Promise.all(
      [0, 1, 2, 3, 4].map(async (lane) => {
        const bytes = await pay(0n, 40n, lane);
        bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
        return bytes;
      }),
    );
    const verdicts = bad.map((bytes) => node.submit(bytes).catch((error: { code: string }) => error.code));
    await expect(node.submit(await pay(0n, 40n, 9))).rejects.toMatchObject({ code: 'chain/mempool-full' });
    expect(await Promise.all(verdicts)).toEqual(Array(5).fill('chain/bad-signature'));
    expect(node.status().mempool).toEqual({ transactions: 0, bytes: 0 });
    await node.close();
  });

  it('lets transactions of a lane in by their order of arrival, however long each is verified', async () => {
    const store = gatedStore();
    const node = await startTestNode(genesis, { store });
    const bytes = await Promise.all(Array.from({ length: 40 }, (_, i) => pay(BigInt(i))));
    // Not awaited one by one: all are in the threads at once.
    const sent = await Promise.all(bytes.map((one) => node.submit(one)));
    await Promise.all(sent.map(({ hash }) => node.waitFor(hash)));
    expect(node.account(accountOf(alice)).sequence).toBe(40n);
    await node.close();
  });

  it('refuses what comes after one of its lane that is refused', async () => {
    const node = await startTestNode(genesis);
    const bad = await pay(0n);
    bad[bad.length - 1] = (bad.at(-1) as number) ^ 1;
    const first = node.submit(bad);
    const second = node.submit(await pay(1n));
    await expect(first).rejects.toMatchObject({ code: 'chain/bad-signature' });
    await expect(second).rejects.toMatchObject({ code: 'chain/wrong-sequence' });
    await node.close();
  });

  it('drops what expired while it waited, and what waits behind it in its lane', async () => {
    const limited = testGenesis([[alice, 1_000_000n]], { expiryWindow: 50, maxBlockTransactions: 1 });
    const store = gatedStore();
    const node = await startTestNode(limited, { store });
    store.hold();
    // The first goes into block 2, which is held; the second may go into block 3 at most, but lane 1 takes that one.
    const first = await node.submit(await pay(0n, 40n, 1));
    const between = await node.submit(await pay(1n, 40n, 1));
    const expiring = await node.submit(await pay(0n, 3n));
    const behind = await node.submit(await pay(1n, 40n));
    const other = await node.submit(await pay(0n, 40n, 2));
    const told = [expiring, behind].map(({ hash }) => node.waitFor(hash).catch((error: unknown) => error));
    store.release();
    await Promise.all([first, between, other].map(({ hash }) => node.waitFor(hash)));
    for (const error of await Promise.all(told))
      expect(error).toMatchObject({ code: 'chain/dropped', details: { code: 'chain/expired' } });
    expect(node.status().mempool).toEqual({ transactions: 0, bytes: 0 });
    expect(node.account(accountOf(alice))).toMatchObject({ sequence: 0n, pendingSequence: 0n });
    await node.waitFor((await node.submit(await pay(0n))).hash);
    await node.close();
  });
});

describe('closing a node', () => {
  it('ends after the block in work and tells those who still wait', async () => {
    const store = gatedStore();
    const node = await startTestNode(genesis, { store });
    store.hold();
    const first = await node.submit(await pay(0n));
    await store.held();
    const second = await node.submit(await pay(1n));
    const told = [first, second].map(({ hash }) =>
      node.waitFor(hash).then(
        ({ receipt }) => receipt.code,
        (error: { code: string }) => error.code,
      ),
    );
    const closing = node.close();
    store.release();
    await closing;
    expect(await Promise.all(told)).toEqual(['ok', 'chain/stopped']);
  });
});

describe('two nodes that execute the same blocks', () => {
  it('have the same roots at every height, whatever their stores', async () => {
    const directory = temporaryDirectory();
    const nodes: Node[] = [
      await startTestNode(genesis),
      await startTestNode(genesis, { store: await openLevelStore(directory.at('data')) }),
    ];
    for (const node of nodes)
      for (let i = 0n; i < 10n; i++) {
        const bytes = await testTransaction(alice, [payment(bob, i === 4n ? 2_000_000n : i + 1n)], {
          sequence: i,
          expiry: 40n,
        });
        await node.waitFor((await node.submit(bytes)).hash);
      }
    const roots = nodes.map((node) =>
      Array.from({ length: 11 }, (_, i) => {
        const { stateRoot, receiptRoot, transactionRoot } = node.block(BigInt(i + 1)).header;
        return [stateRoot, receiptRoot, transactionRoot].map(toHex);
      }),
    );
    expect(roots[0]).toEqual(roots[1]);
    for (const node of nodes) await node.close();
    directory.remove();
  });
});

describe('a signer of headers that fails', () => {
  it('stops the node before a header that does not verify becomes part of the chain', async () => {
    let broken = false;
    const unreliable = {
      publicKey: producer.publicKey,
      sign: async (message: Uint8Array) => {
        const signature = await producer.sign(message);
        if (broken) signature[40] = (signature[40] as number) ^ 1;
        return signature;
      },
    };
    const node = await startTestNode(genesis, { producer: unreliable, modules });
    broken = true;
    const { hash } = await node.submit(await pay(0n));
    await expect(node.waitFor(hash)).rejects.toMatchObject({ code: 'chain/stopped' });
    expect(node.status().height).toBe(1n);
    await node.close();
  });
});
