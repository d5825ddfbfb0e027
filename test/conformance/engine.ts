// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { parseChainId } from '../../src/chain/chain-id.ts';
import { createLightClient } from '../../src/chain/light-client/index.ts';
import type { Node } from '../../src/chain/node.ts';
import { decodeTransaction } from '../../src/chain/transaction.ts';
import { balanceKey, balanceOf, decodeBalance } from '../../src/modules/money/index.ts';
import { accountOf, payment, testGenesis, testSigner, testTransaction, XTS } from '../support/chain.ts';

/** A way to run a chain of `testGenesis`, and to stop and start it again on the same data. */
export type EngineUnderTest = {
  start(): Promise<Node>;
  remove(): void;
};

const alice = testSigner('alice');
const bob = testSigner('bob');
const carol = testSigner('carol', 'Ed25519');

/** The genesis that the engine under test must run. */
export const conformanceGenesis = testGenesis(
  [
    [alice, 1000n],
    [carol, 500n],
  ],
  { expiryWindow: 50 },
);

/** What every engine must do, whatever it keeps its blocks in. */
export function describeEngine(name: string, open: () => EngineUnderTest): void {
  describe(`the engine ${name}`, () => {
    const running = async (work: (node: Node, under: EngineUnderTest) => Promise<void>): Promise<void> => {
      const under = open();
      const node = await under.start();
      try {
        await work(node, under);
      } finally {
        await node.close();
        under.remove();
      }
    };
    const pay = (node: Node, amount: bigint, sequence: bigint, signer = alice): Promise<Uint8Array> =>
      testTransaction(signer, [payment(accountOf(bob), amount)], {
        sequence,
        expiry: node.status().height + 20n,
      });
    const sendAndWait = async (node: Node, bytes: Uint8Array) => {
      const { hash } = await node.submit(bytes);
      return node.waitFor(hash);
    };
    const balance = (node: Node, height?: bigint): bigint =>
      balanceOf(node.state('money', height === undefined ? {} : { height }), XTS, accountOf(bob));

    it('makes a first, empty block whose signed header verifies from the genesis', () =>
      running(async (node) => {
        const header = createLightClient(node.genesis).verifyHeader(node.signedHeader());
        expect(header).toMatchObject({ height: 1n, transactionCount: 0 });
        expect(header.parent).toEqual(node.genesis.hash);
        expect(toHex(header.stateRoot)).toBe(toHex(node.status().stateRoot));
      }));

    it('brings transactions into blocks, one after the other of a lane, and changes the state', () =>
      running(async (node) => {
        const hashes = [];
        for (let i = 0n; i < 5n; i++) hashes.push((await node.submit(await pay(node, 10n, i))).hash);
        const done = await Promise.all(hashes.map((hash) => node.waitFor(hash)));
        expect(done.map(({ receipt }) => receipt.code)).toEqual(Array(5).fill('ok'));
        expect(balance(node)).toBe(50n);
        expect(node.account(accountOf(alice))).toMatchObject({ sequence: 5n, pendingSequence: 5n });
      }));

    it('puts a failed transaction into a block, takes its sequence and nothing else', () =>
      running(async (node) => {
        const { receipt, height, hash } = await sendAndWait(node, await pay(node, 1001n, 0n));
        expect(receipt).toMatchObject({ code: 'money/insufficient-funds', events: [] });
        expect(receipt.log).toContain('found a balance of 1000,');
        expect(balance(node)).toBe(0n);
        expect(node.account(accountOf(alice)).sequence).toBe(1n);
        expect(node.transaction(hash)?.receipt.code).toBe('money/insufficient-funds');
        expect(node.block(height).receipts[0]?.code).toBe('money/insufficient-funds');
      }));

    it('reverts all messages of a transaction when one fails', () =>
      running(async (node) => {
        const messages = [payment(accountOf(bob), 600n), payment(accountOf(bob), 600n)];
        const { receipt } = await sendAndWait(node, await testTransaction(alice, messages, { expiry: 20n }));
        expect(receipt.code).toBe('money/insufficient-funds');
        expect(balance(node)).toBe(0n);
        const enough = [payment(accountOf(bob), 600n), payment(accountOf(bob), 400n)];
        const next = await testTransaction(alice, enough, { sequence: 1n, expiry: 20n });
        expect((await sendAndWait(node, next)).receipt.events).toHaveLength(2);
        expect(balance(node)).toBe(1000n);
      }));

    it('takes lanes independently of one another', () =>
      running(async (node) => {
        const lanes = [0, 1, 7, 0xffff_ffff];
        const sent = await Promise.all(
          lanes.map(async (lane) =>
            node.submit(await testTransaction(alice, [payment(accountOf(bob), 1n)], { lane, expiry: 20n })),
          ),
        );
        await Promise.all(sent.map(({ hash }) => node.waitFor(hash)));
        for (const lane of lanes) expect(node.account(accountOf(alice), { lane }).sequence).toBe(1n);
        expect(balance(node)).toBe(4n);
      }));

    it.each(['P-256', 'secp256k1', 'Ed25519'] satisfies Curve[])('takes a signer on %s', (curve) =>
      running(async (node) => {
        const signer = testSigner('someone', curve);
        const { receipt } = await sendAndWait(node, await pay(node, 1n, 0n, signer));
        expect(receipt.code).toBe('money/insufficient-funds');
        expect(node.account(accountOf(signer)).sequence).toBe(1n);
      }),
    );

    it.each<[string, string, (node: Node) => Promise<Uint8Array>]>([
      [
        'for another chain',
        'chain/wrong-chain',
        () =>
          testTransaction(alice, [payment(accountOf(bob), 1n)], {
            chainId: parseChainId('other'),
            expiry: 20n,
          }),
      ],
      [
        'that expired',
        'chain/expired',
        () => testTransaction(alice, [payment(accountOf(bob), 1n)], { expiry: 1n }),
      ],
      [
        'that expires too far ahead',
        'chain/expiry-too-far',
        () => testTransaction(alice, [payment(accountOf(bob), 1n)], { expiry: 53n }),
      ],
      ['with a sequence to come', 'chain/wrong-sequence', (node) => pay(node, 1n, 1n)],
      [
        'with an unknown message',
        'chain/unknown-message',
        () => testTransaction(alice, [{ name: 'money/print', body: new Map() }], { expiry: 20n }),
      ],
      [
        'of an unknown module',
        'chain/unknown-message',
        () => testTransaction(alice, [{ name: 'accounts/set', body: new Map() }], { expiry: 20n }),
      ],
      [
        'with a message of another form',
        'chain/bad-message',
        () => testTransaction(alice, [{ name: 'money/transfer', body: new Map([[1, 2]]) }], { expiry: 20n }),
      ],
      ['that its module refuses', 'money/bad-amount', (node) => pay(node, 0n, 0n)],
      [
        'with a changed signature',
        'chain/bad-signature',
        async (node) => {
          const bytes = await pay(node, 1n, 0n);
          bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
          return bytes;
        },
      ],
      ['that is no transaction', 'chain/bad-transaction', async () => new Uint8Array(100)],
      ['of no bytes', 'chain/bad-transaction', async () => new Uint8Array(0)],
      ['of too many bytes', 'chain/transaction-too-large', async () => new Uint8Array(65_537)],
    ])('refuses a transaction %s, and no block has it', (_what, code, make) =>
      running(async (node) => {
        await expect(make(node).then((bytes) => node.submit(bytes))).rejects.toMatchObject({ code });
        expect(node.status()).toMatchObject({ height: 1n, mempool: { transactions: 0, bytes: 0 } });
        // The lane is as before.
        expect((await sendAndWait(node, await pay(node, 1n, 0n))).receipt.code).toBe('ok');
      }),
    );

    it('takes expiry at the last height of the window', () =>
      running(async (node) => {
        const bytes = await testTransaction(alice, [payment(accountOf(bob), 1n)], { expiry: 52n });
        expect((await sendAndWait(node, bytes)).height).toBe(2n);
        const atOnce = await testTransaction(alice, [payment(accountOf(bob), 1n)], {
          sequence: 1n,
          expiry: 3n,
        });
        expect((await sendAndWait(node, atOnce)).height).toBe(3n);
      }));

    it('refuses the same transaction again, waiting or committed, and an old sequence', () =>
      running(async (node) => {
        const bytes = await pay(node, 1n, 0n);
        const first = node.submit(bytes);
        await expect(node.submit(bytes)).rejects.toMatchObject({ code: 'chain/duplicate-transaction' });
        await node.waitFor((await first).hash);
        await expect(node.submit(bytes)).rejects.toMatchObject({ code: 'chain/duplicate-transaction' });
        await expect(node.submit(await pay(node, 2n, 0n))).rejects.toMatchObject({
          code: 'chain/wrong-sequence',
          details: { lane: 0, found: 0n, expected: 1n },
        });
      }));

    it('takes a transaction though a forged copy of it is being verified', () =>
      running(async (node) => {
        const bytes = await pay(node, 1n, 0n);
        const forged = Uint8Array.from(bytes);
        forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
        const refused = node.submit(forged);
        const taken = node.submit(bytes);
        await expect(refused).rejects.toMatchObject({ code: 'chain/bad-signature' });
        expect((await node.waitFor((await taken).hash)).receipt.code).toBe('ok');
        expect(node.status().mempool).toEqual({ transactions: 0, bytes: 0 });
      }));

    it('verifies what it stores: the buffer may be changed while it is checked', () =>
      running(async (node) => {
        const bytes = await pay(node, 1n, 0n);
        const copy = Uint8Array.from(bytes);
        const submitted = node.submit(bytes);
        bytes.fill(0);
        const { hash } = await submitted;
        await node.waitFor(hash);
        expect(toHex(node.transaction(hash)?.bytes as Uint8Array)).toBe(toHex(copy));
      }));

    it('gives blocks with rising heights and times, each linked to the one before', () =>
      running(async (node) => {
        for (let i = 0n; i < 4n; i++) await sendAndWait(node, await pay(node, 1n, i));
        let parent = node.block(1n);
        for (let height = 2n; height <= node.status().height; height++) {
          const block = node.block(height);
          expect(block.header.height).toBe(height);
          expect(block.header.time > parent.header.time).toBe(true);
          expect(toHex(block.header.parent)).toBe(toHex(parent.hash));
          expect(block.transactions.length).toBe(block.header.transactionCount);
          parent = block;
        }
      }));

    it('reads older heights as they were', () =>
      running(async (node) => {
        for (let i = 0n; i < 6n; i++) await sendAndWait(node, await pay(node, 10n, i));
        for (let height = 1n; height <= 7n; height++) expect(balance(node, height)).toBe((height - 1n) * 10n);
        const old = node.prove('money', balanceKey(XTS, accountOf(bob)), { height: 3n });
        const client = createLightClient(node.genesis);
        const { value, header } = client.verifyState(
          old.signedHeader,
          old.proof,
          'money',
          balanceKey(XTS, accountOf(bob)),
        );
        expect(header.height).toBe(3n);
        expect(decodeBalance(value)).toBe(20n);
      }));

    it('lets a reader see one height while blocks are made', () =>
      running(async (node) => {
        const before = node.state('money');
        await sendAndWait(node, await pay(node, 10n, 0n));
        expect(before.height).toBe(1n);
        expect(balanceOf(before, XTS, accountOf(bob))).toBe(0n);
        expect(balance(node)).toBe(10n);
      }));

    it('refuses heights and modules that it does not have', () =>
      running(async (node) => {
        for (const height of [-1n, 0n, 2n]) {
          expect(() => node.block(height)).toThrow(expect.objectContaining({ code: 'chain/unknown-height' }));
          expect(() => node.signedHeader(height)).toThrow(
            expect.objectContaining({ code: 'chain/unknown-height' }),
          );
          expect(() => node.state('money', { height })).toThrow(
            expect.objectContaining({ code: 'chain/unknown-height' }),
          );
        }
        for (const read of [() => node.state('none'), () => node.prove('none', new Uint8Array(1))])
          expect(read).toThrow(expect.objectContaining({ code: 'chain/unknown-module' }));
      }));

    it('proves each committed transaction with its receipt to a light client', () =>
      running(async (node) => {
        const sent = await Promise.all([0n, 1n, 2n].map(async (i) => node.submit(await pay(node, 400n, i))));
        const client = createLightClient(node.genesis);
        for (const { hash } of sent) {
          const { height, index } = await node.waitFor(hash);
          const proven = node.transaction(hash);
          if (proven === undefined) throw new Error('the transaction is not there');
          const verified = client.verifyTransaction(proven.signedHeader, proven.bytes, proven.proof);
          expect(verified.header.height).toBe(height);
          expect(verified.index).toBe(index);
          expect(verified.transaction.hash).toEqual(decodeTransaction(proven.bytes).hash);
          expect(verified.receipt).toEqual(proven.receipt);
        }
      }));

    it('knows nothing of a transaction that it never saw', () =>
      running(async (node) => {
        const { hash } = decodeTransaction(await pay(node, 1n, 0n));
        expect(node.transaction(hash)).toBeUndefined();
        expect(node.isPending(hash)).toBe(false);
        await expect(node.waitFor(hash, { timeoutMs: 5 })).rejects.toMatchObject({
          code: 'chain/wait-timeout',
        });
      }));

    it('answers who waits before the transaction comes', () =>
      running(async (node) => {
        const bytes = await pay(node, 1n, 0n);
        const waiting = node.waitFor(decodeTransaction(bytes).hash);
        await node.submit(bytes);
        expect((await waiting).receipt.code).toBe('ok');
      }));

    it('tells listeners of each block in order, until they leave', () =>
      running(async (node) => {
        const heights: bigint[] = [];
        const leave = node.subscribe(({ header }) => heights.push(header.height));
        for (let i = 0n; i < 3n; i++) await sendAndWait(node, await pay(node, 1n, i));
        leave();
        await sendAndWait(node, await pay(node, 1n, 3n));
        expect(heights).toEqual([2n, 3n, 4n]);
      }));

    it('gives the same roots in a replay from genesis', () =>
      running(async (node) => {
        for (let i = 0n; i < 5n; i++) await sendAndWait(node, await pay(node, 300n, i));
        const heights: bigint[] = [];
        const report = await node.verifyChain({ onProgress: (height) => heights.push(height) });
        expect(report).toMatchObject({ height: 6n, transactions: 5n });
        expect(toHex(report.stateRoot)).toBe(toHex(node.status().stateRoot));
        expect(heights).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
      }));

    it('refuses work after it was closed, and closes twice', () =>
      running(async (node) => {
        const bytes = await pay(node, 1n, 0n);
        await node.close();
        await node.close();
        await expect(node.submit(bytes)).rejects.toMatchObject({ code: 'chain/stopped' });
      }));
  });
}
