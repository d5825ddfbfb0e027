// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, bench, describe } from 'vitest';
import { toBeSigned } from '../protocol/cose.ts';
import type { Signer } from '../protocol/signer.ts';
import { TRANSACTION_TYPE } from '../protocol/signer.ts';
import { addressOf, formatAddress } from '../src/chain/address.ts';
import { parseChainId } from '../src/chain/chain-id.ts';
import { generatePrivateKeyPem, signerOfPem } from '../src/chain/crypto/node-signer.ts';
import { createLightClient } from '../src/chain/light-client/index.ts';
import { initNode, type Node, openNode } from '../src/chain/node.ts';
import { signTransaction } from '../src/chain/transaction.ts';
import { modules } from '../src/modules/index.ts';
import { balanceKey, moneyGenesis, parseCurrency, transferMessage } from '../src/modules/money/index.ts';

/** How many transactions or signatures one sample has: a figure a second is this ÷ the mean time of a sample. */
const BATCH = 2000;
const SAMPLES = 7;
const WARM_UP = 2;
const ACCOUNTS = 500;
const OPTIONS = { iterations: SAMPLES, time: 0, warmupIterations: WARM_UP, warmupTime: 0 };

const XTS = parseCurrency('XTS');
const chainId = parseChainId('bsim-bench');

type Load = { readonly node: Node; readonly batches: Uint8Array[][]; close(): Promise<void> };

/** A node on disk, and batches of transfers signed beforehand by many accounts, in the order of their sequences. */
async function prepare(signers: readonly Signer[]): Promise<Load> {
  const directory = mkdtempSync(join(tmpdir(), 'bsim-bench-'));
  const addresses = signers.map(({ publicKey }) => addressOf(publicKey));
  const balances = Object.fromEntries(addresses.map((address) => [formatAddress(address), 1_000_000n]));
  await initNode(directory, {
    chainId,
    modules: { money: moneyGenesis([{ code: XTS, minorUnitDigits: 2, balances }]) },
  });
  const node = await openNode({ directory, modules });
  const next = signers.map(() => 0n);
  const batches: Uint8Array[][] = [];
  for (let batch = 0; batch < SAMPLES + WARM_UP; batch++) {
    const transactions: Uint8Array[] = [];
    for (let i = 0; i < BATCH; i++) {
      const who = i % signers.length;
      const to = addresses[(i * 7 + batch) % signers.length] ?? addresses[0];
      const signer = signers[who];
      if (signer === undefined || to === undefined) break;
      const sequence = next[who] ?? 0n;
      next[who] = sequence + 1n;
      const messages = [transferMessage({ to, currency: XTS, amount: 1n })];
      transactions.push(
        await signTransaction(signer, { chainId, lane: 0, sequence, expiry: 900n, messages }),
      );
    }
    batches.push(transactions);
  }
  const close = async (): Promise<void> => {
    await node.close();
    rmSync(directory, { recursive: true });
  };
  return { node, batches, close };
}

const load = await prepare(
  Array.from({ length: ACCOUNTS }, () => signerOfPem(generatePrivateKeyPem('P-256'))),
);
afterAll(() => load.close());

describe(`${BATCH} individually signed P-256 transfers of ${ACCOUNTS} accounts`, () => {
  const message = toBeSigned('P-256', TRANSACTION_TYPE, new Uint8Array(140));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = {
    key: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })),
    dsaEncoding: 'ieee-p1363',
  } as const;
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });

  bench(
    'raw: node:crypto verifies as many signatures, one thread',
    () => {
      for (let i = 0; i < BATCH; i++) verify('sha256', message, key, signature);
    },
    OPTIONS,
  );

  bench(
    'embedded engine: submitted, verified, executed, durable on disk',
    async () => {
      const { node, batches } = load;
      const sent = await Promise.all((batches.shift() ?? []).map((bytes) => node.submit(bytes)));
      await Promise.all(sent.map(({ hash }) => node.waitFor(hash)));
    },
    OPTIONS,
  );
});

describe('the light client, portable code', () => {
  const client = createLightClient(load.node.genesis);
  const key = balanceKey(XTS, addressOf(signerOfPem(generatePrivateKeyPem('P-256')).publicKey));
  const { signedHeader, proof } = load.node.prove('money', key);

  bench('verifies a header and a state proof', () => {
    client.verifyState(signedHeader, proof, 'money', key);
  });
});
