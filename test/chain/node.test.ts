// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../protocol/bytes.ts';
import { formatAddress } from '../../src/chain/address.ts';
import { generatePrivateKeyPem, signerOfPem } from '../../src/chain/crypto/node-signer.ts';
import { type InitOptions, initNode, type Node, openNode } from '../../src/chain/node.ts';
import { modules } from '../../src/modules/index.ts';
import { balanceOf, moneyGenesis } from '../../src/modules/money/index.ts';
import {
  accountOf,
  CHAIN_ID,
  payment,
  startTestNode,
  testGenesis,
  testSigner,
  testTransaction,
  XTS,
} from '../support/chain.ts';
import { temporaryDirectory } from '../support/cli.ts';

const alice = testSigner('alice');
const bob = accountOf(testSigner('bob'));
const init: InitOptions = {
  chainId: CHAIN_ID,
  modules: {
    money: moneyGenesis([
      { code: XTS, minorUnitDigits: 2, balances: { [formatAddress(accountOf(alice))]: 1_000_000n } },
    ]),
  },
};

let directory: ReturnType<typeof temporaryDirectory>;
const open: Node[] = [];
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(async () => {
  for (const node of open.splice(0)) await node.close();
  directory.remove();
});

async function opened(path = directory.path): Promise<Node> {
  const node = await openNode({ directory: path, modules });
  open.push(node);
  return node;
}

async function pay(node: Node, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { pendingSequence: sequence, height } = node.account(accountOf(alice));
    const bytes = await testTransaction(alice, [payment(bob, 1n)], { sequence, expiry: height + 10n });
    await node.waitFor((await node.submit(bytes)).hash);
  }
}

describe('making a node', () => {
  it('writes a genesis for people and a producer key that only its owner reads', async () => {
    const genesis = await initNode(directory.at('node'), init);
    expect(readdirSync(directory.at('node')).sort()).toEqual(['genesis.json', 'producer.pem']);
    expect(statSync(directory.at('node/producer.pem')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(directory.at('node/genesis.json'), 'utf8'))).toMatchObject({
      chainId: CHAIN_ID,
      producer: { curve: 'P-256', publicKey: toHex(genesis.producer.bytes) },
    });
    const pem = readFileSync(directory.at('node/producer.pem'), 'utf8');
    expect(signerOfPem(pem).publicKey).toEqual(genesis.producer);
  });

  it('takes a producer key that is given', async () => {
    const producerPem = generatePrivateKeyPem('Ed25519');
    const genesis = await initNode(directory.path, { ...init, producerPem });
    expect(genesis.producer).toEqual(signerOfPem(producerPem).publicKey);
    expect((await opened()).status().height).toBe(1n);
  });

  it.each(['genesis.json', 'producer.pem', 'data', 'head'])(
    'refuses a directory with %s, and changes nothing',
    async (name) => {
      writeFileSync(directory.at(name), 'old');
      await expect(initNode(directory.path, init)).rejects.toMatchObject({
        code: 'chain/already-initialised',
      });
      expect(readdirSync(directory.path)).toEqual([name]);
      expect(readFileSync(directory.at(name), 'utf8')).toBe('old');
    },
  );

  it('leaves nothing behind when the options are wrong', async () => {
    const parameters = { expiryWindow: 0 };
    await expect(initNode(directory.at('node'), { ...init, parameters })).rejects.toMatchObject({
      code: 'chain/bad-genesis',
    });
    await expect(initNode(directory.at('node'), { ...init, producerPem: 'x' })).rejects.toMatchObject({
      code: 'chain/bad-producer-key',
    });
    expect(existsSync(directory.at('node'))).toBe(false);
  });
});

describe('opening a node', () => {
  it('goes on where it was closed', async () => {
    await initNode(directory.path, init);
    const first = await opened();
    await pay(first, 5);
    const status = first.status();
    await first.close();
    const second = await opened();
    expect(second.status()).toEqual(status);
    expect(balanceOf(second.state('money'), XTS, bob)).toBe(5n);
    expect(balanceOf(second.state('money', { height: 3n }), XTS, bob)).toBe(2n);
    await pay(second, 2);
    expect(second.status().height).toBe(8n);
    expect(await second.verifyChain()).toMatchObject({ height: 8n, transactions: 7n });
  });

  it('refuses a directory without a node, and makes nothing there', async () => {
    await expect(opened()).rejects.toMatchObject({ code: 'chain/not-initialised' });
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it('refuses a directory that another node has open', async () => {
    await initNode(directory.path, init);
    const first = await opened();
    await expect(opened()).rejects.toMatchObject({ code: 'chain/data-directory-in-use' });
    await pay(first, 1);
  });

  it('refuses another genesis than that of the data', async () => {
    await initNode(directory.path, init);
    await (await opened()).close();
    const path = directory.at('genesis.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"expiryWindow": 1000', '"expiryWindow": 1001'));
    await expect(opened()).rejects.toMatchObject({ code: 'chain/genesis-mismatch' });
  });

  it('refuses another key than that of the genesis, and lets the data go', async () => {
    await initNode(directory.path, init);
    const path = directory.at('producer.pem');
    const pem = readFileSync(path, 'utf8');
    writeFileSync(path, generatePrivateKeyPem('P-256'));
    await expect(opened()).rejects.toMatchObject({ code: 'chain/wrong-producer-key' });
    writeFileSync(path, pem);
    await pay(await opened(), 1);
  });

  it('refuses a key file of another form without quoting it', async () => {
    await initNode(directory.path, init);
    const path = directory.at('producer.pem');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.map((line, i) => (i === 1 ? line.replace(/./, '!') : line)).join('\n'));
    const error: Error = await opened().then(
      () => new Error('opened'),
      (cause) => cause,
    );
    expect(error).toMatchObject({ code: 'chain/bad-producer-key' });
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain(lines[1]?.slice(1, 20));
  });

  it('refuses a genesis whose module section is wrong', async () => {
    await expect(
      startTestNode(
        testGenesis([
          [alice, 2n ** 63n],
          [testSigner('bob'), 2n ** 63n],
        ]),
      ),
    ).rejects.toMatchObject({
      code: 'chain/bad-genesis',
      details: { path: 'modules.money.currencies[0].balances' },
    });
  });

  it('refuses a genesis with a section for a module that it does not have', async () => {
    await expect(startTestNode(testGenesis(), { modules: [] })).rejects.toMatchObject({
      code: 'chain/bad-module',
      details: { module: 'money' },
    });
  });
});

describe('data that was damaged', () => {
  /** A node with 30 blocks, closed; its files are then changed. */
  async function closedNode(): Promise<void> {
    await initNode(directory.path, init);
    const node = await opened();
    await pay(node, 30);
    await node.close();
  }
  const logFile = (): string => {
    const name = readdirSync(directory.at('data')).find((file) => file.endsWith('.log'));
    return join(directory.at('data'), name as string);
  };

  /** The database as it is on the disk; the head mark is not part of it. */
  const readFiles = (): ReadonlyMap<string, Buffer> =>
    new Map(
      readdirSync(directory.at('data')).map((name) => [name, readFileSync(join(directory.at('data'), name))]),
    );
  function restoreFiles(files: ReadonlyMap<string, Buffer>): void {
    rmSync(directory.at('data'), { recursive: true });
    mkdirSync(directory.at('data'));
    for (const [name, content] of files) writeFileSync(join(directory.at('data'), name), content);
  }

  it('by cutting the end of the log is found: acknowledged blocks are missing', async () => {
    await closedNode();
    const files = readFiles();
    const log = readFileSync(logFile());
    for (const cut of [1, 40, 1500, log.length - 10]) {
      restoreFiles(files);
      writeFileSync(logFile(), log.subarray(0, log.length - cut));
      await expect(opened()).rejects.toMatchObject({ code: 'chain/data-damaged' });
    }
    restoreFiles(files);
    expect((await opened()).status().height).toBe(31n);
  });

  it('by changing a byte anywhere in the log is found', async () => {
    await closedNode();
    const files = readFiles();
    const log = readFileSync(logFile());
    for (let at = 11; at < log.length; at += Math.floor(log.length / 17)) {
      restoreFiles(files);
      const changed = Buffer.from(log);
      changed[at] = (changed[at] as number) ^ 0xff;
      writeFileSync(logFile(), changed);
      await expect(opened()).rejects.toMatchObject({ code: 'chain/data-damaged' });
    }
  });

  it('by taking all of it away is found', async () => {
    await closedNode();
    rmSync(directory.at('data'), { recursive: true });
    await expect(opened()).rejects.toMatchObject({ code: 'chain/data-damaged' });
  });

  it('in the head mark is found', async () => {
    await closedNode();
    const mark = readFileSync(directory.at('head'));
    mark[20] = (mark[20] as number) ^ 1;
    writeFileSync(directory.at('head'), mark);
    await expect(opened()).rejects.toMatchObject({ code: 'chain/data-damaged' });
  });

  it('by putting an older copy of the database back is found', async () => {
    await initNode(directory.path, init);
    const first = await opened();
    await pay(first, 3);
    await first.close();
    const copy = readFiles();
    const second = await opened();
    await pay(second, 3);
    await second.close();
    restoreFiles(copy);
    await expect(opened()).rejects.toMatchObject({
      code: 'chain/data-damaged',
      message: expect.stringContaining('ends at height 4, expected the acknowledged block 7'),
    });
  });
});

describe('a data directory that cannot be written', () => {
  it('says so with its typed error', async () => {
    // Root may write anywhere: a file in the way stands for missing rights.
    await initNode(directory.path, init);
    writeFileSync(directory.at('data'), 'in the way');
    chmodSync(directory.at('data'), 0o400);
    await expect(opened()).rejects.toMatchObject({ code: 'chain/store-failed' });
  });
});
