// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../protocol/bytes.ts';
import { createApplication } from '../../../src/chain/application.ts';
import { startEmbeddedEngine } from '../../../src/chain/engines/embedded.ts';
import { defaultLimits } from '../../../src/chain/node.ts';
import { openMemoryStore } from '../../../src/chain/store/memory.ts';
import { modules } from '../../../src/modules/index.ts';
import {
  accountOf,
  GENESIS_TIME,
  payment,
  producer,
  testGenesis,
  testSigner,
  testTransaction,
} from '../../support/chain.ts';

const alice = testSigner('alice');
const genesis = testGenesis([[alice, 1000n]]);

describe('waiting for a transaction', () => {
  it('gives the result of a transaction in a block while its twin is still verified', async () => {
    const pay = () => testTransaction(alice, [payment(accountOf(producer), 1n)]);
    const store = openMemoryStore();
    const application = createApplication(genesis, modules, store);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const [bytes, twin] = await Promise.all([pay(), pay()]);
    twin[twin.length - 1] = (twin.at(-1) as number) ^ 1;
    const engine = await startEmbeddedEngine({
      genesis,
      application: {
        ...application,
        verifyTx: async (read) => {
          if (toHex(read.bytes) === toHex(twin)) await gate;
          await application.verifyTx(read);
        },
      },
      producer,
      store,
      limits: defaultLimits,
      clock: () => GENESIS_TIME,
      head: undefined,
      onDurable: () => undefined,
      onFault: () => undefined,
    });
    const committed = new Promise<void>((resolve) => engine.subscribe(() => resolve()));
    const sent = engine.submit(bytes);
    const second = engine.submit(twin).catch((error: { code: string }) => error.code);
    const { hash } = await sent;
    await committed;
    expect(engine.isPending(hash)).toBe(true);
    expect(await engine.waitFor(hash, 1)).toMatchObject({ hash, height: 2n });
    open();
    expect(await second).toBe('chain/bad-signature');
    expect(engine.waiting).toEqual({ transactions: 0, bytes: 0 });
    await engine.close();
  });
});
