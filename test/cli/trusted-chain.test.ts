// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeClient, type NodeClient } from '../../src/api/client.ts';
import { type Api, serveApi } from '../../src/api/server.ts';
import type { ProvenTransactionJson } from '../../src/api/types.ts';
import { addressOf } from '../../src/chain/address.ts';
import { didOf } from '../../src/chain/did.ts';
import { anchorIdentity } from '../../src/cli/anchor.ts';
import { checkDemo } from '../../src/cli/demo-check.ts';
import { sendTransaction } from '../../src/cli/send-transaction.ts';
import { openTrustedChain, type TrustedChain, trustGenesis } from '../../src/cli/trusted-chain.ts';
import { transferMessage } from '../../src/modules/money/index.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { freshSigner, type MemoryChain, memoryChain, XTS } from '../support/memory-chain.ts';

const place = temporaryDirectory();
let chain: MemoryChain;
let api: Api;
let client: NodeClient;
let trusted: TrustedChain;
beforeAll(async () => {
  chain = await memoryChain();
  api = await serveApi(chain.node, { port: 0 });
  client = createNodeClient(api.url);
  writeFileSync(place.at('genesis.json'), await client.genesis());
  trusted = trustGenesis(client, place.at('genesis.json'));
});
afterAll(async () => {
  await api.close();
  await chain.node.close();
  place.remove();
});

const pay = (amount: bigint, to = addressOf(freshSigner().publicKey)) =>
  sendTransaction(client, chain.rich, async () => [transferMessage({ to, currency: XTS, amount })]);

describe('anchoring an identity', () => {
  it('is done once: again, after a crash, it gives what the chain has and sends nothing', async () => {
    const holder = freshSigner();
    const first = await anchorIdentity(client, chain.rich, holder);
    const { height } = await client.status();
    expect(first.existed).toBe(false);
    expect(await anchorIdentity(client, chain.rich, holder)).toEqual({ ...first, existed: true });
    expect((await client.status()).height).toBe(height);
  });

  it('is refused when another controls the identity', async () => {
    const holder = freshSigner();
    await anchorIdentity(client, chain.rich, holder);
    await expect(anchorIdentity(client, freshSigner(), holder)).rejects.toMatchObject({
      code: 'cli/identity-taken',
    });
  });
});

describe('a transaction that the chain carries out with an error', () => {
  it('is an error with the code of the receipt', async () => {
    const poor = freshSigner();
    const to = addressOf(chain.rich.publicKey);
    await expect(
      sendTransaction(client, poor, async () => [transferMessage({ to, currency: XTS, amount: 1n })]),
    ).rejects.toMatchObject({
      code: 'cli/transaction-failed',
      details: { code: 'money/insufficient-funds' },
    });
  });
});

describe('what is believed of a node', () => {
  it('is a transaction as the proven bytes say, whatever the node says of it', async () => {
    const { hash } = await pay(5n);
    const shown = (await client.transaction(hash)) as ProvenTransactionJson;
    const lie = {
      ...shown,
      sender: 'someone else',
      receipt: { code: 'ok', log: 'lie', events: [] },
      height: '1',
    };
    expect(trusted.transaction(hash, lie)).toEqual(shown);
  });

  it('is not a proof of another transaction', async () => {
    const { hash } = await pay(6n);
    const other = (await client.transaction((await pay(7n)).hash)) as ProvenTransactionJson;
    expect(() => trusted.transaction(hash, other)).toThrowError(
      expect.objectContaining({ code: 'cli/node-contradicts-proof' }),
    );
  });

  it('is nothing without a genesis', () => {
    expect(openTrustedChain(client)).toBeUndefined();
  });
});

describe('the check at the end of the demo', () => {
  const stranger = () => addressOf(freshSigner().publicKey);

  it('passes for what the chain has and fails for anything else', async () => {
    const holder = freshSigner();
    await anchorIdentity(client, chain.rich, holder);
    const payee = stranger();
    await pay(9n, payee);
    const right = {
      anchored: didOf(chain.chainId, addressOf(holder.publicKey)),
      absent: didOf(chain.chainId, stranger()),
      currency: XTS,
      balances: [[payee, 9n]] as const,
    };
    expect(await checkDemo(trusted, right)).toBe(BigInt((await client.status()).height));
    for (const wrong of [
      { ...right, anchored: right.absent },
      { ...right, absent: right.anchored },
      { ...right, balances: [[payee, 10n]] as const },
    ])
      await expect(checkDemo(trusted, wrong)).rejects.toMatchObject({ code: 'cli/demo-failed' });
  });
});
