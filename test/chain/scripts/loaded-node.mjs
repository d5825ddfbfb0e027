// SPDX-License-Identifier: Apache-2.0
// Runs the node of a directory under load and prints the hash of each transaction once it is acknowledged as durable.
// Arguments: directory, PEM file of the payer. Ends only when it is killed.
import { readFileSync } from 'node:fs';
import {
  addressFromBytes,
  addressOf,
  openNode,
  signerOfPem,
  signTransaction,
} from '../../../dist/src/chain/index.js';
import { modules } from '../../../dist/src/modules/index.js';
import { parseCurrency, transferMessage } from '../../../dist/src/modules/money/index.js';

const LANES = 8;
const [directory, payerFile] = process.argv.slice(2);
const payer = signerOfPem(readFileSync(payerFile, 'utf8'));
const address = addressOf(payer.publicKey);
const to = addressFromBytes(new Uint8Array(32).fill(7));
const node = await openNode({ directory, modules });
process.stdout.write('open\n');

async function load(lane) {
  for (;;) {
    const { pendingSequence: sequence, height } = node.account(address, { lane });
    const bytes = await signTransaction(payer, {
      chainId: node.genesis.chainId,
      lane,
      sequence,
      expiry: height + 100n,
      messages: [transferMessage({ to, currency: parseCurrency('XTS'), amount: 1n })],
    });
    const { hash } = await node.submit(bytes);
    await node.waitFor(hash);
    process.stdout.write(`${Buffer.from(hash).toString('hex')}\n`);
  }
}

await Promise.all(Array.from({ length: LANES }, (_, lane) => load(lane)));
