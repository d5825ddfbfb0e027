// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { type Application, createApplication } from '../../src/chain/application.ts';
import { openMemoryStore } from '../../src/chain/store/memory.ts';
import { modules } from '../../src/modules/index.ts';
import { balanceOf } from '../../src/modules/money/index.ts';
import {
  accountOf,
  GENESIS_TIME,
  payment,
  testGenesis,
  testSigner,
  testTransaction,
  XTS,
} from '../support/chain.ts';

const alice = testSigner('alice');
const bob = accountOf(testSigner('bob'));
const genesis = testGenesis([[alice, 1000n]], { expiryWindow: 50, maxBlockTransactions: 3 });
const pay = (sequence: bigint, amount = 1n, expiry = 40n) =>
  testTransaction(alice, [payment(bob, amount)], { sequence, expiry });

async function started(): Promise<Application> {
  const application = createApplication(genesis, modules, openMemoryStore());
  application.finalizeBlock({ height: 1n, time: GENESIS_TIME + 1n, transactions: [] });
  await application.commit([]);
  return application;
}
const reads = async (application: Application, ...sequences: readonly bigint[]) =>
  Promise.all(sequences.map(async (sequence) => application.readTx(await pay(sequence))));
const invalid = expect.objectContaining({ code: 'chain/invalid-block' });

describe('the application', () => {
  it('gives the state root of the genesis before its first block, and that block has it', async () => {
    const application = createApplication(genesis, modules, openMemoryStore());
    expect(application.info().height).toBe(0n);
    const { stateRoot } = application.initChain();
    const first = application.finalizeBlock({ height: 1n, time: GENESIS_TIME + 1n, transactions: [] });
    expect(toHex(first.stateRoot)).toBe(toHex(stateRoot));
    await application.commit([]);
    expect(toHex(application.info().stateRoot)).toBe(toHex(stateRoot));
  });

  it('changes nothing before a block is committed, and can execute another in its place', async () => {
    const application = await started();
    const before = application.info();
    const one = application.finalizeBlock({
      height: 2n,
      time: GENESIS_TIME + 2n,
      transactions: await reads(application, 0n),
    });
    expect(application.info()).toEqual(before);
    expect(balanceOf(application.query('money'), XTS, bob)).toBe(0n);
    const other = application.finalizeBlock({ height: 2n, time: GENESIS_TIME + 2n, transactions: [] });
    expect(toHex(other.stateRoot)).not.toBe(toHex(one.stateRoot));
    const again = application.finalizeBlock({
      height: 2n,
      time: GENESIS_TIME + 2n,
      transactions: await reads(application, 0n),
    });
    expect(toHex(again.stateRoot)).toBe(toHex(one.stateRoot));
    await application.commit([]);
    expect(application.info().height).toBe(2n);
    expect(balanceOf(application.query('money'), XTS, bob)).toBe(1n);
  });

  it('proposes what fits in the order given, and leaves out what is expired or out of sequence', async () => {
    const application = await started();
    const [first, second, third, fourth] = await reads(application, 0n, 1n, 2n, 3n);
    const [gap] = await reads(application, 9n);
    const late = application.readTx(await pay(0n, 1n, 1n));
    const chosen = application.prepareProposal(
      2n,
      [late, gap, first, gap, second, third, fourth].flatMap((read) => read ?? []),
    );
    expect(chosen).toEqual([first, second, third]);
  });

  it('takes a foreign block whose transactions are all valid', async () => {
    const application = await started();
    const block = await Promise.all([0n, 1n, 2n].map((sequence) => pay(sequence)));
    const accepted = await application.processProposal(2n, block);
    expect(accepted.map(({ transaction }) => transaction.sequence)).toEqual([0n, 1n, 2n]);
  });

  it.each<[string, () => Promise<readonly Uint8Array[]>]>([
    ['too many transactions', () => Promise.all([0n, 1n, 2n, 3n].map((sequence) => pay(sequence)))],
    ['a gap in a lane', () => Promise.all([0n, 2n].map((sequence) => pay(sequence)))],
    ['the same transaction twice', () => Promise.all([0n, 0n].map((sequence) => pay(sequence)))],
    ['one that expired', async () => [await pay(0n, 1n, 1n)]],
    ['one that expires too far ahead', async () => [await pay(0n, 1n, 53n)]],
    ['one that its module refuses', async () => [await pay(0n, 0n)]],
    ['one that is no transaction', async () => [new Uint8Array(10)]],
    [
      'one with a changed signature',
      async () => {
        const bytes = await pay(0n);
        bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
        return [bytes];
      },
    ],
  ])('refuses a foreign block with %s', async (_what, make) => {
    const application = await started();
    await expect(application.processProposal(2n, await make())).rejects.toEqual(invalid);
  });

  it('refuses a block of another height than the next, and a commit without a block', async () => {
    const application = await started();
    for (const height of [1n, 3n])
      expect(() => application.finalizeBlock({ height, time: GENESIS_TIME + 5n, transactions: [] })).toThrow(
        invalid,
      );
    await expect(application.commit([])).rejects.toEqual(invalid);
  });

  it('restores a state that was stored before', async () => {
    const store = openMemoryStore();
    const first = createApplication(genesis, modules, store);
    first.finalizeBlock({ height: 1n, time: GENESIS_TIME + 1n, transactions: [] });
    await first.commit([]);
    const second = createApplication(genesis, modules, store);
    const { height, stateRoot } = first.info();
    second.restore(height, stateRoot);
    expect(balanceOf(second.query('money'), XTS, accountOf(alice))).toBe(1000n);
    expect(() => second.restore(1n, new Uint8Array(32).fill(1))).toThrow(
      expect.objectContaining({ code: 'chain/data-damaged' }),
    );
  });
});
