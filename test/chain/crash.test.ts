// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { addressFromBytes, addressOf, formatAddress } from '../../src/chain/address.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../src/chain/crypto/node-signer.ts';
import { parseTxHash } from '../../src/chain/hash.ts';
import { initNode, openNode } from '../../src/chain/node.ts';
import { modules } from '../../src/modules/index.ts';
import { balanceOf, moneyGenesis } from '../../src/modules/money/index.ts';
import { CHAIN_ID, XTS } from '../support/chain.ts';
import { temporaryDirectory } from '../support/cli.ts';

const SCRIPT = fileURLToPath(new URL('scripts/loaded-node.mjs', import.meta.url));
const KILLS = 24;

/**
 * Runs a node under load and kills it `afterMs` from its line of that number: 1 says that it is open, each later one
 * acknowledges a transaction. Gives the acknowledgements that came whole.
 */
function runAndKill(
  directory: string,
  payer: string,
  line: number,
  afterMs: number,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [SCRIPT, directory, payer], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stderr.on('data', (part) => {
    errors += part;
  });
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (part) => {
      const before = output.split('\n').length;
      output += part;
      if (before <= line && output.split('\n').length > line)
        setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(output.split('\n').slice(1, -1));
      else reject(new Error(`the node ended by itself: ${errors}`));
    });
  });
}

/** Kills a node while it starts: `afterMs` from the start of the process, whatever it has done by then. */
function startAndKill(directory: string, payer: string, afterMs: number): Promise<void> {
  const child = spawn(process.execPath, [SCRIPT, directory, payer], { stdio: 'ignore' });
  setTimeout(() => child.kill('SIGKILL'), afterMs);
  return new Promise((resolve) => child.on('close', () => resolve()));
}

describe('a node that is killed with kill -9', () => {
  it(`has every acknowledged transaction after each of ${KILLS} kills, and the roots of a replay`, async () => {
    const directory = temporaryDirectory();
    const payerFile = directory.at('payer.pem');
    const pem = generatePrivateKeyPem('P-256');
    writeFileSync(payerFile, pem);
    const payer = addressOf(signerOfPem(pem).publicKey);
    const balances = { [formatAddress(payer)]: 10n ** 15n };
    await initNode(directory.at('node'), {
      chainId: CHAIN_ID,
      modules: { money: moneyGenesis([{ code: XTS, minorUnitDigits: 2, balances }]) },
    });
    const acknowledged = new Set<string>();
    // The first kills hit the making of the first block, the later ones work at full load.
    for (const afterMs of [150, 250, 300, 350]) await startAndKill(directory.at('node'), payerFile, afterMs);
    for (let kill = 0; kill < KILLS; kill++) {
      const before = acknowledged.size;
      const atOpen = kill % 4 === 0;
      const lines = await runAndKill(directory.at('node'), payerFile, atOpen ? 1 : 2, Math.random() * 200);
      for (const line of lines) acknowledged.add(line);
      if (!atOpen) expect(acknowledged.size).toBeGreaterThan(before);
      const node = await openNode({ directory: directory.at('node'), modules });
      const missing = [...acknowledged].filter(
        (line) => node.transaction(parseTxHash(line))?.receipt.code !== 'ok',
      );
      expect(missing).toEqual([]);
      await node.close();
    }
    const node = await openNode({ directory: directory.at('node'), modules });
    const report = await node.verifyChain();
    expect(toHex(report.stateRoot)).toBe(toHex(node.status().stateRoot));
    expect(report.transactions).toBeGreaterThanOrEqual(BigInt(acknowledged.size));
    const to = addressFromBytes(new Uint8Array(32).fill(7));
    expect(balanceOf(node.state('money'), XTS, to)).toBe(report.transactions);
    await node.close();
    directory.remove();
  }, 180_000);
});
