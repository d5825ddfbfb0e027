// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { asMap, asUint } from '../../protocol/cbor.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { ChainError } from '../../src/chain/errors.ts';
import { createGenesis } from '../../src/chain/genesis.ts';
import type { ExecuteContext, Module } from '../../src/chain/module.ts';
import { type Node, startNode } from '../../src/chain/node.ts';
import type { ModuleFault } from '../../src/chain/runtime.ts';
import { openMemoryStore } from '../../src/chain/store/memory.ts';
import { modules } from '../../src/modules/index.ts';
import {
  accountOf,
  CHAIN_ID,
  GENESIS_TIME,
  producer,
  startTestNode,
  testClock,
  testGenesis,
  testSigner,
  testTransaction,
} from '../support/chain.ts';

const alice = testSigner('alice');
const COUNTER = utf8('counter');

/** A module whose one message counts up and then does what its number says. */
function counter(
  name: string,
  execute: (context: ExecuteContext, what: bigint) => void = () => undefined,
): Module {
  return {
    name,
    messages: {
      count: {
        decode: (body) => asUint(asMap(body, 'count', [1]).get(1), 'what'),
        validate: () => undefined,
        execute: (context: ExecuteContext, what: bigint) => {
          const old = context.state.get(COUNTER)?.[0] ?? 0;
          context.state.set(COUNTER, Uint8Array.of(old + 1));
          context.emit('counted', new Map([['to', old + 1]]));
          execute(context, what);
        },
      },
    },
    genesis: () => undefined,
    invariants: {},
  };
}

const count = (module: string, what = 0) => ({ name: `${module}/count`, body: new Map([[1, what]]) });
const genesis = createGenesis({
  chainId: CHAIN_ID,
  time: GENESIS_TIME,
  producer: producer.publicKey,
  modules: {},
});

async function withNode(
  own: readonly Module[],
  work: (node: Node, faults: ModuleFault[]) => Promise<void>,
): Promise<void> {
  const faults: ModuleFault[] = [];
  const node = await startNode({
    genesis,
    producer,
    modules: own,
    store: openMemoryStore(),
    clock: testClock(),
    onFault: (fault) => faults.push(fault),
  });
  try {
    await work(node, faults);
  } finally {
    await node.close();
  }
}

async function send(node: Node, ...messages: readonly ReturnType<typeof count>[]) {
  const { pendingSequence: sequence } = node.account(accountOf(alice));
  const { hash } = await node.submit(await testTransaction(alice, messages, { sequence }));
  return (await node.waitFor(hash)).receipt;
}
const counted = (node: Node, module: string): number => node.state(module).get(COUNTER)?.[0] ?? 0;

describe('a module', () => {
  it('has state of its own, though another uses the same key', () =>
    withNode([counter('one'), counter('two')], async (node) => {
      await send(node, count('one'), count('one'), count('two'));
      expect([counted(node, 'one'), counted(node, 'two')]).toEqual([2, 1]);
    }));

  it('sees what earlier messages of the same transaction wrote, and their events come in order', () =>
    withNode([counter('one')], async (node) => {
      const { events } = await send(node, count('one'), count('one'), count('one'));
      expect(events.map(({ attributes }) => attributes.get('to'))).toEqual([1, 2, 3]);
    }));

  it('is told height, time, sender and hash of the transaction, the same in a replay', () => {
    const seen: unknown[] = [];
    const module = counter('one', ({ height, time, sender, chainId, parameters }) =>
      seen.push({ height, time, sender: [...sender], chainId, window: parameters.expiryWindow }),
    );
    return withNode([module], async (node) => {
      await send(node, count('one'));
      const { time } = node.block(2n).header;
      await node.verifyChain();
      expect(seen[0]).toEqual({
        height: 2n,
        time,
        sender: [...accountOf(alice)],
        chainId: CHAIN_ID,
        window: 1000,
      });
      expect(seen[1]).toEqual(seen[0]);
    });
  });

  it('that throws its own error reverts the transaction, and the code is its own', () => {
    const module = counter('one', (_context, what) => {
      if (what === 1n) throw new ToolkitError('one/refused', 'refused: found 1', {}, 'Send 0.');
    });
    return withNode([module, counter('two')], async (node, faults) => {
      const receipt = await send(node, count('two'), count('one', 0), count('one', 1));
      expect(receipt).toEqual({ code: 'one/refused', log: 'refused: found 1', events: [] });
      expect([counted(node, 'one'), counted(node, 'two')]).toEqual([0, 0]);
      expect(faults).toEqual([]);
    });
  });

  it.each([
    ['a TypeError', () => (undefined as unknown as { length: number }).length],
    ['a RangeError', () => new Uint8Array(-1)],
    [
      'an error of another area',
      () => {
        throw new ToolkitError('two/refused', 'x', {}, 'y');
      },
    ],
    [
      'something that is no error',
      () => {
        throw 'text';
      },
    ],
  ])('that fails by %s reverts the transaction under one code, and the operator is told', (_what, fail) =>
    withNode([counter('one', (_context, what) => void (what === 1n && fail()))], async (node, faults) => {
      expect(await send(node, count('one', 1))).toEqual({
        code: 'chain/module-fault',
        log: 'module one failed: found an error that it does not name',
        events: [],
      });
      expect(faults).toMatchObject([{ module: 'one' }]);
      expect((await send(node, count('one', 0))).code).toBe('ok');
      expect(counted(node, 'one')).toBe(1);
    }),
  );

  it('that meets damaged data stops the node instead of writing a result', () => {
    const module = counter('one', () => {
      throw new ChainError('chain/data-damaged', 'state not read: found x', { what: 'x' });
    });
    return withNode([module], async (node) => {
      await expect(send(node, count('one'))).rejects.toMatchObject({
        code: 'chain/stopped',
        cause: { code: 'chain/data-damaged' },
      });
      expect(node.status().height).toBe(1n);
    });
  });

  it.each([
    ['accounts', 'the name of the ledger'],
    ['One', 'a capital letter'],
    ['a/b', 'a slash'],
    ['', 'nothing'],
    ['x'.repeat(33), '33 characters'],
  ])('is not taken with the name "%s": %s', async (name) => {
    await expect(withNode([counter(name)], async () => undefined)).rejects.toMatchObject({
      code: 'chain/bad-module',
    });
  });

  it('is not taken twice', async () => {
    await expect(withNode([counter('one'), counter('one')], async () => undefined)).rejects.toMatchObject({
      code: 'chain/bad-module',
    });
  });
});

describe('an invariant that does not hold', () => {
  it('is named by the check of the chain', async () => {
    const broken = modules.map((module) =>
      module.name === 'money'
        ? { ...module, invariants: { 'never holds': async () => 'found it broken' } }
        : module,
    );
    const node = await startTestNode(testGenesis([[alice, 10n]]), { modules: broken });
    await expect(node.verifyChain()).rejects.toMatchObject({
      code: 'chain/invariant-broken',
      details: { module: 'money', invariant: 'never holds', reason: 'found it broken' },
    });
    await node.close();
  });
});
