// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchOptions,
  bsim,
  bsimJson,
  jsonHere,
  makeIssuer,
  makeTransportKey,
  type RunningNode,
  startNode,
  temporaryDirectory,
} from '../support/cli.ts';

const ORDER = 'fixtures/provisioning/order.csv';
const P256_CARD = '8999901000000000013';
const K1_CARD = '8999901000000000021';
const ED_CARD = '8999901000000000039';

const place = temporaryDirectory();
const cardUri = (iccid: string): string => `emulator:${place.at(`cards/${iccid}.card`)}`;
const genesis = place.at('chain/genesis.json');
let node: RunningNode;
let pins: Record<string, string>;

beforeAll(async () => {
  makeTransportKey(place.at);
  await makeIssuer(place.at);
  await bsimJson(['node', 'init', place.at('chain'), '--chain-id', 'cli-test']);
  node = await startNode(place.at('chain'));
  await bsimJson(['provision', ORDER, ...batch], { BSIM_NODE: node.url });
  pins = Object.fromEntries(
    await Promise.all(
      [P256_CARD, K1_CARD, ED_CARD].map(async (iccid) => {
        const args = [
          'response',
          'open',
          place.at('cards/response.csv'),
          iccid,
          '--transport-key',
          place.at('transport.pem'),
        ];
        return [iccid, (await bsimJson<{ pin: string }>(args)).pin];
      }),
    ),
  );
}, 120_000);

afterAll(async () => {
  await node?.stop();
  place.remove();
});

const batch = batchOptions(place.at, 'cards');

type Card = {
  iccid: string;
  lifeCycle: string;
  keys: { reference: number; curve: string }[];
  pinTries: number;
};
type Key = { key: number; curve: string; address: string };

describe('bsim provision', () => {
  it('leaves 20 personalised cards with the ordered ICCID and one key each', async () => {
    const lines = readFileSync(ORDER, 'utf8').trim().split('\n').slice(1);
    expect(lines).toHaveLength(20);
    for (const line of lines) {
      const [iccid = '', , , , curve] = line.split(',');
      const card = await jsonHere<Card>(['card', 'info', '--reader', cardUri(iccid)]);
      expect(card).toMatchObject({
        iccid,
        lifeCycle: 'personalised',
        keys: [{ reference: 1, curve, role: 'identity', origin: 'generated' }],
        pinTries: 3,
        hasCertificate: true,
      });
    }
  }, 60_000);

  it('writes no PIN, PUK or IMSI in the clear and files that only their owner reads', () => {
    const response = readFileSync(place.at('cards/response.csv'), 'utf8');
    const journal = readFileSync(place.at('cards/batch.journal'), 'utf8');
    expect(response.trim().split('\n')).toHaveLength(21);
    expect(response + journal).not.toMatch(/00101000000|99970000000|99999000000/);
    for (const file of [
      'cards/response.csv',
      'cards/batch.journal',
      `cards/${P256_CARD}.card`,
      'chain/operator.pem',
      'card-keys.json',
    ])
      expect(statSync(place.at(file)).mode & 0o077).toBe(0);
  });

  it('refuses to touch cards that are there, and resumes a finished batch without doing anything', async () => {
    const again = await bsim(['provision', ORDER, ...batch], { BSIM_NODE: node.url });
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('cli/cards-exist');
    const before = readFileSync(place.at('cards/response.csv'));
    const { height } = await bsimJson<{ height: string }>(['node', 'status'], { BSIM_NODE: node.url });
    await bsimJson(['provision', ORDER, ...batch, '--resume'], { BSIM_NODE: node.url });
    expect(readFileSync(place.at('cards/response.csv'))).toEqual(before);
    expect(await bsimJson(['node', 'status'], { BSIM_NODE: node.url })).toMatchObject({ height });
  });

  it('reports every faulty line and provisions nothing', async () => {
    const { code, stderr } = await bsim(
      ['provision', 'fixtures/provisioning/faulty/every-fault.csv', ...batchOptions(place.at, 'none')],
      { BSIM_NODE: node.url },
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/line 3, iccid: .*Luhn/);
    expect(stderr).not.toMatch(/00101000000|at .*\.js:/);
    expect(() => statSync(place.at('none'))).toThrow();
  });
});

describe('an anchored identity', () => {
  const did = (): string => {
    const line = readFileSync(place.at('cards/response.csv'), 'utf8')
      .split('\n')
      .find((row) => row.startsWith(P256_CARD));
    return (line ?? '').split(',')[5] ?? '';
  };

  it('resolves with a proof from the genesis alone, with the key that is on the card', async () => {
    type Resolved = {
      proven: boolean;
      didDocument: { id: string; verificationMethod: { publicKeyJwk: object }[] };
    };
    const resolved = await bsimJson<Resolved>([
      'identity',
      'resolve',
      did(),
      '--genesis',
      genesis,
      '--node',
      node.url,
    ]);
    expect(resolved).toMatchObject({ proven: true, didDocument: { id: did() } });
    const { pem } = await bsimJson<{ pem: string }>(['key', 'export', '--reader', cardUri(P256_CARD)]);
    expect(resolved.didDocument.verificationMethod[0]?.publicKeyJwk).toEqual(
      createPublicKey(pem).export({ format: 'jwk' }),
    );
  });

  it('of another chain is not this one under another name, with a proof or without', async () => {
    const other = did().replace(/^did:bsim:[^:]+/, 'did:bsim:elsewhere');
    for (const proven of [['--genesis', genesis], []]) {
      const { code, stderr } = await bsim(['identity', 'resolve', other, ...proven, '--node', node.url]);
      expect(code).toBeGreaterThan(0);
      expect(stderr).toContain('cli/no-such-identity');
    }
  });

  it('is refused when the genesis is that of another chain', async () => {
    await bsimJson(['node', 'init', place.at('other'), '--chain-id', 'other']);
    const args = [
      'identity',
      'resolve',
      did(),
      '--genesis',
      place.at('other/genesis.json'),
      '--node',
      node.url,
    ];
    const { code, stderr } = await bsim(args);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error /);
  });
});

describe('a payment by card', () => {
  it('is signed after the PIN, committed, shown and proven', async () => {
    const [payer, payee] = [await addressOf(P256_CARD), await addressOf(ED_CARD)];
    const operator = { BSIM_NODE: node.url };
    const poor = await bsim(sendArgs(payee, '1.00', P256_CARD), {
      ...operator,
      BSIM_PIN: pins[P256_CARD] ?? '',
    });
    expect(poor.code).toBe(4);
    expect(poor.stderr).toContain('money/insufficient-funds');
    const fund = ['tx', 'send', '--operator-key', place.at('chain/operator.pem'), '--to', payer];
    await bsimJson([...fund, '--amount', '50.00'], operator);
    type Sent = { hash: string; height: string };
    const sent = await bsimJson<Sent>(sendArgs(payee, '12.34', P256_CARD), {
      ...operator,
      BSIM_PIN: pins[P256_CARD] ?? '',
    });
    const shown = await bsimJson<object>(['tx', 'show', sent.hash, '--genesis', genesis], operator);
    expect(shown).toMatchObject({
      proven: true,
      sender: payer,
      receipt: { code: 'ok' },
      height: sent.height,
    });
    const account = await (await fetch(`${node.url}/v1/accounts/${payee}`)).json();
    expect(account).toMatchObject({ balances: [{ currency: 'XTS', amount: '1234' }] });
  });

  const addressOf = async (iccid: string): Promise<string> =>
    (await bsimJson<{ keys: Key[] }>(['key', 'list', '--reader', cardUri(iccid)])).keys[0]?.address ?? '';
  const sendArgs = (to: string, amount: string, iccid: string): string[] => [
    ...['tx', 'send', '--to', to, '--amount', amount, '--reader', cardUri(iccid)],
  ];
});

describe('a file signed by a card', () => {
  it.each([P256_CARD, K1_CARD])('is accepted by the openssl command line (%s)', async (iccid) => {
    writeFileSync(place.at('document'), 'a document of some bytes');
    const { pem } = await bsimJson<{ pem: string }>(['key', 'export', '--reader', cardUri(iccid)]);
    writeFileSync(place.at('key.pem'), pem);
    await bsimJson(
      ['sign', place.at('document'), '--out', place.at('signature'), '--reader', cardUri(iccid)],
      {
        BSIM_PIN: pins[iccid] ?? '',
      },
    );
    const args = [
      'dgst',
      '-sha256',
      '-verify',
      place.at('key.pem'),
      '-signature',
      place.at('signature'),
      place.at('document'),
    ];
    expect(execFileSync('openssl', args).toString()).toContain('Verified OK');
  });

  it('is accepted by node:crypto for Ed25519', async () => {
    writeFileSync(place.at('document'), 'a document of some bytes');
    const { pem } = await bsimJson<{ pem: string }>(['key', 'export', '--reader', cardUri(ED_CARD)]);
    const { signature } = await bsimJson<{ signature: string }>(
      ['sign', place.at('document'), '--reader', cardUri(ED_CARD)],
      { BSIM_PIN: pins[ED_CARD] ?? '' },
    );
    expect(verify(null, readFileSync(place.at('document')), pem, Buffer.from(signature, 'hex'))).toBe(true);
  });
});
