// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { createNodeClient, type NodeClient } from '../../src/api/client.ts';
import { type Api, CONNECTIONS_MAX, serveApi } from '../../src/api/server.ts';
import { addressOf, formatAddress } from '../../src/chain/address.ts';
import { parseChainId } from '../../src/chain/chain-id.ts';
import { didOf } from '../../src/chain/did.ts';
import { parseGenesis } from '../../src/chain/genesis.ts';
import { createLightClient } from '../../src/chain/light-client/index.ts';
import { openMemoryStore } from '../../src/chain/store/memory.ts';
import { createMessage, deactivateMessage, possessionProof } from '../../src/modules/identity/index.ts';
import { balanceKey, decodeBalance, transferMessage } from '../../src/modules/money/index.ts';
import { freshSigner, type MemoryChain, memoryChain, XTS } from '../support/memory-chain.ts';

let chain: MemoryChain;
let api: Api;
let client: NodeClient;
beforeAll(async () => {
  chain = await memoryChain();
  api = await serveApi(chain.node, { port: 0 });
  client = createNodeClient(api.url);
});
afterAll(async () => {
  await api.close();
  await chain.node.close();
});

const get = (path: string): Promise<Response> => fetch(`${api.url}${path}`);
const post = (body: Uint8Array, type = 'application/cose'): Promise<Response> =>
  fetch(`${api.url}/v1/transactions`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: Uint8Array.from(body),
  });
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code;
const transfer = (amount: bigint, to = addressOf(freshSigner().publicKey)) =>
  transferMessage({ to, currency: XTS, amount });

describe('a transaction over HTTP', () => {
  it('is committed with its receipt, found by hash, and proven to a light client', async () => {
    const to = addressOf(freshSigner().publicKey);
    const sent = await client.sendAndWait(await chain.transaction(chain.rich, [transfer(1234n, to)]));
    expect(sent).toMatchObject({ state: 'committed', receipt: { code: 'ok' } });
    const shown = await client.transaction(sent.hash);
    if (shown.state !== 'committed') throw new Error('not committed');
    const light = createLightClient(parseGenesis(await client.genesis()));
    const [header, bytes, proof] = [shown.signedHeader, shown.transaction, shown.proof].map(fromHex);
    const proven = light.verifyTransaction(header as Uint8Array, bytes as Uint8Array, proof as Uint8Array);
    expect(toHex(proven.transaction.hash)).toBe(sent.hash);
    const state = await client.state('money', toHex(balanceKey(XTS, to)));
    const { value } = light.verifyState(
      fromHex(state.signedHeader),
      fromHex(state.proof),
      'money',
      balanceKey(XTS, to),
    );
    expect(decodeBalance(value)).toBe(1234n);
    expect(await client.account(formatAddress(to))).toMatchObject({
      balances: [{ currency: 'XTS', amount: '1234' }],
    });
  });

  it('has one receipt, whether it was waited for or asked for later', async () => {
    for (const amount of [7n, 2n ** 63n]) {
      const sent = await client.sendAndWait(await chain.transaction(chain.rich, [transfer(amount)]));
      expect(await client.transaction(sent.hash)).toMatchObject({
        receipt: sent.receipt,
        messages: [{ body: { 3: String(amount) } }],
      });
    }
  });

  it('that fails is a result with its code, not an error of the API', async () => {
    const poor = freshSigner();
    const sent = await client.sendAndWait(await chain.transaction(poor, [transfer(1n)]));
    expect(sent.receipt).toMatchObject({ code: 'money/insufficient-funds', events: [] });
    expect(await client.account(formatAddress(addressOf(poor.publicKey)))).toMatchObject({ sequence: '1' });
  });

  it('sent twice is a conflict, and so is a wrong sequence', async () => {
    const bytes = await chain.transaction(chain.rich, [transfer(1n)]);
    await client.sendAndWait(bytes);
    expect((await post(bytes)).status).toBe(409);
  });

  it('that is unknown is not found', async () => {
    const response = await get(`/v1/transactions/${'00'.repeat(32)}`);
    expect(response.status).toBe(404);
    expect(await codeOf(response)).toBe('api/not-found');
  });
});

describe('a DID over HTTP', () => {
  it('is not found, then resolves, then is gone after its deactivation', async () => {
    const holder = freshSigner();
    const did = didOf(chain.chainId, addressOf(holder.publicKey));
    expect((await get(`/v1/dids/${did}`)).status).toBe(404);
    const elsewhere = didOf(parseChainId('elsewhere'), addressOf(holder.publicKey));
    const fields = {
      chainId: chain.chainId,
      sender: addressOf(holder.publicKey),
      expiry: chain.node.status().height + 50n,
    };
    const create = createMessage(holder.publicKey, await possessionProof(holder, fields));
    await client.sendAndWait(await chain.transaction(holder, [create]));
    const live = await get(`/v1/dids/${did}`);
    expect([live.status, ((await live.json()) as { didDocument: { id: string } }).didDocument.id]).toEqual([
      200,
      did,
    ]);
    const other = await get(`/v1/dids/${elsewhere}`);
    expect([other.status, await other.json()]).toMatchObject([
      404,
      { didDocument: null, didResolutionMetadata: { error: 'notFound' } },
    ]);
    await client.sendAndWait(await chain.transaction(holder, [deactivateMessage(did)]));
    const gone = await get(`/v1/dids/${did}`);
    expect(gone.status).toBe(410);
    expect(await gone.json()).toMatchObject({ didDocumentMetadata: { deactivated: true } });
  });

  it('of another syntax is an invalidDid', async () => {
    const response = await get('/v1/dids/did:web:example.org');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ didResolutionMetadata: { error: 'invalidDid' } });
  });
});

describe('requests at fault', () => {
  it.each([
    ['/v1/nothing', 404, 'api/not-found'],
    ['/v1/blocks/0', 404, 'chain/unknown-height'],
    ['/v1/blocks/99999999999', 404, 'chain/unknown-height'],
    ['/v1/blocks/x', 400, 'api/bad-request'],
    ['/v1/transactions/xyz', 400, 'chain/bad-hash'],
    ['/v1/accounts/bsim1qqqq', 400, 'chain/bad-address'],
    ['/v1/currencies/EUR', 404, 'money/unknown-currency'],
    ['/v1/state/nobody/00', 404, 'chain/unknown-module'],
    ['/v1/state/money/0', 400, 'protocol/bad-hex'],
    [`/v1/state/money/${'00'.repeat(600)}`, 400, 'api/bad-request'],
    ['/v1/state/money/00?height=-1', 400, 'api/bad-request'],
    ['/%ff', 400, 'api/bad-request'],
  ])('GET %s is answered %i %s', async (path, status, code) => {
    const response = await get(path);
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  it('refuses another media type, and a body that is too large without reading it', async () => {
    const other = await post(new Uint8Array(10), 'application/json');
    expect([other.status, await codeOf(other)]).toEqual([415, 'api/unsupported-media-type']);
    const large = await post(new Uint8Array(70_000));
    expect([large.status, await codeOf(large)]).toEqual([413, 'api/too-large']);
  });

  it('ends a body that claims to be endless at the limit', async () => {
    const { port } = new URL(api.url);
    const status = await new Promise<number | undefined>((resolve) => {
      const sending = request({
        port,
        method: 'POST',
        path: '/v1/transactions',
        headers: { 'content-type': 'application/cose' },
      });
      sending.on('response', (response) => resolve(response.statusCode));
      sending.on('error', () => resolve(413));
      const pour = (left: number): void => {
        if (left > 0 && !sending.destroyed) sending.write(new Uint8Array(16_384), () => pour(left - 1));
      };
      pour(64);
    });
    expect(status).toBe(413);
  });

  it('answers any bytes as a transaction with a typed refusal and an unchanged chain', async () => {
    const { stateRoot } = chain.node.status();
    const good = await chain.transaction(chain.rich, [transfer(1n)]);
    const mutated = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const bytes = Uint8Array.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), async (bytes) => {
        const response = await post(bytes);
        // A changed sequence is a conflict before its signature is looked at.
        expect([400, 409]).toContain(response.status);
        expect(await codeOf(response)).toMatch(/^(chain|money|api)\//);
      }),
      { numRuns: 150 },
    );
    expect(chain.node.status().stateRoot).toEqual(stateRoot);
  }, 30_000);

  it.each([
    ['bytes that are no HTTP', '\x00\x01 garbage\r\n\r\n', 400, 'api/bad-request'],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n`, 431, 'api/bad-request'],
  ])('answers %s with a typed error', async (_what, sent, status, code) => {
    const { port, hostname } = new URL(api.url);
    const answer = await new Promise<string>((resolve) => {
      let received = '';
      const socket = connect(Number(port), hostname, () => socket.write(sent));
      socket.on('data', (part) => {
        received += part.toString();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(received));
    });
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(body)).toMatchObject({ error: { code, remedy: expect.any(String) } });
    expect((await get('/v1/status')).status).toBe(200);
  });
});

describe('a node under more than it takes', () => {
  it('hangs up on a connection too many, and serves the others and those after', async () => {
    const { port, hostname } = new URL(api.url);
    const sockets: Socket[] = [];
    // One after the other: a burst would overrun the system's queue of connections not yet accepted.
    while (sockets.length < CONNECTIONS_MAX + 50) {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      sockets.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    for (const socket of sockets.slice(1)) socket.resume();
    const open = (): number => sockets.filter(({ closed }) => !closed).length;
    await expect.poll(open, { timeout: 10_000 }).toBeLessThanOrEqual(CONNECTIONS_MAX);
    const first = sockets[0] as Socket;
    const answer = once(first, 'data');
    first.write('GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 200 /);
    await Promise.all(sockets.map((socket) => socket.closed || once(socket.destroy(), 'close')));
    const status = () => client.status().catch(() => undefined);
    await expect.poll(status, { timeout: 10_000 }).toMatchObject({ chainId: chain.chainId });
  });

  it('answers 503 with Retry-After, and takes transactions again after a block', async () => {
    const small = await memoryChain({ limits: { mempoolTransactions: 3 } });
    const served = await serveApi(small.node, { port: 0 });
    try {
      const transactions = await Promise.all(
        Array.from({ length: 40 }, (_, lane) => small.transaction(small.rich, [transfer(1n)], lane)),
      );
      const answers = await Promise.all(
        transactions.map((bytes) =>
          fetch(`${served.url}/v1/transactions`, {
            method: 'POST',
            headers: { 'content-type': 'application/cose' },
            body: Uint8Array.from(bytes),
          }),
        ),
      );
      const refused = answers.filter(({ status }) => status === 503);
      expect(answers.every(({ status }) => status === 202 || status === 503)).toBe(true);
      expect(refused.length).toBeGreaterThan(0);
      for (const answer of refused)
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      const later = await createNodeClient(served.url).sendAndWait(
        await small.transaction(small.rich, [transfer(1n)], 50),
      );
      expect(later.receipt.code).toBe('ok');
    } finally {
      await served.close();
      await small.node.close();
    }
  });

  it('says that its port is in use', async () => {
    const port = Number(new URL(api.url).port);
    await expect(serveApi(chain.node, { port })).rejects.toMatchObject({
      code: 'api/address-in-use',
      details: { port },
    });
  });
});

describe('the client', () => {
  it('says that no node answers, and that what answers is none', async () => {
    await expect(createNodeClient('http://127.0.0.1:9').status()).rejects.toMatchObject({
      code: 'api/node-not-reached',
    });
    const { createServer } = await import('node:http');
    const stranger = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => stranger.once('listening', resolve));
    const { port } = stranger.address() as { port: number };
    await expect(createNodeClient(`http://127.0.0.1:${port}`).status()).rejects.toMatchObject({
      code: 'api/unexpected-answer',
    });
    stranger.close();
  });

  it('raises the error of the node with its own code and details', async () => {
    await expect(client.account('bsim1qqqq')).rejects.toMatchObject({
      code: 'chain/bad-address',
      status: 400,
    });
  });
});

describe('a fault of the node itself', () => {
  it('is told to its operator and not to the client', async () => {
    const store = openMemoryStore();
    let broken = false;
    const get: typeof store.get = (key) => {
      if (broken) throw new RangeError('a secret of the machine');
      return store.get(key);
    };
    const faulty = await memoryChain({ store: { ...store, get } });
    const faults: unknown[] = [];
    const served = await serveApi(faulty.node, { port: 0, onFault: (error) => faults.push(error) });
    broken = true;
    const response = await fetch(`${served.url}/v1/transactions/${'11'.repeat(32)}`);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain('"code":"api/fault"');
    expect(text).not.toContain('secret');
    expect(faults).toEqual([expect.objectContaining({ message: 'a secret of the machine' })]);
    broken = false;
    await served.close();
    await faulty.node.close();
  });
});
