// SPDX-License-Identifier: Apache-2.0
import { afterAll, describe, expect, it } from 'vitest';
import { createNodeClient } from '../../src/api/client.ts';
import { addressOf } from '../../src/chain/address.ts';
import { readOperatorKey } from '../../src/cli/operator-key.ts';
import { sendTransaction } from '../../src/cli/send-transaction.ts';
import { transferMessage } from '../../src/modules/money/index.ts';
import { bsim, bsimCommand, bsimJson, startNode, temporaryDirectory } from '../support/cli.ts';
import { startProcess } from '../support/line-process.ts';
import { freshSigner, XTS } from '../support/memory-chain.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

describe('a node whose disk takes no more', () => {
  it('ends with the reason and exit code 5, and starts again with all that it acknowledged', async () => {
    const directory = place.at('chain');
    await bsimJson(['node', 'init', directory]);
    // A limit on the size of files, of 512 bytes each unit, refuses writes as a full disk does and needs no root.
    const command = bsimCommand(['node', 'start', directory, '--port', '0']);
    const child = startProcess('sh', ['-c', 'ulimit -f 64; exec env "$@"', 'sh', ...command]);
    const url = /API at (\S+);/.exec(await child.line())?.[1] ?? '';
    const operator = readOperatorKey(place.at('chain/operator.pem'));
    const client = createNodeClient(url);
    const acknowledged: string[] = [];
    let refusal: unknown;
    while (refusal === undefined && acknowledged.length < 500) {
      const to = addressOf(freshSigner().publicKey);
      const messages = async () => [transferMessage({ to, currency: XTS, amount: 1n })];
      await sendTransaction(client, operator, messages).then(
        ({ hash }) => acknowledged.push(hash),
        (error: unknown) => {
          refusal = error;
        },
      );
    }
    expect(refusal).toMatchObject({
      code: expect.stringMatching(/^(chain\/stopped|api\/node-not-reached)$/),
    });
    expect(acknowledged.length).toBeGreaterThan(3);
    expect(await child.ended()).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('error chain/stopped: '),
    });

    const again = await startNode(directory);
    for (const hash of acknowledged)
      expect(await createNodeClient(again.url).transaction(hash)).toMatchObject({
        state: 'committed',
        receipt: { code: 'ok' },
      });
    await again.stop();
    expect((await bsim(['node', 'verify', directory])).code).toBe(0);
  }, 120_000);
});
