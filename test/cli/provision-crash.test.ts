// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOrder } from '../../host/provisioning/order-file.ts';
import {
  bsim,
  bsimCommand,
  bsimJson,
  type RunningNode,
  startNode,
  temporaryDirectory,
} from '../support/cli.ts';
import { startProcess } from '../support/line-process.ts';

const ORDER = 'fixtures/provisioning/order.csv';
const place = temporaryDirectory();
let node: RunningNode;

beforeAll(async () => {
  const key = [
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-out',
    place.at('transport.pem'),
  ];
  execFileSync('openssl', key, { stdio: 'ignore' });
  execFileSync('openssl', [
    'pkey',
    '-in',
    place.at('transport.pem'),
    '-pubout',
    '-out',
    place.at('public.pem'),
  ]);
  await bsimJson(['node', 'init', place.at('chain')]);
  node = await startNode(place.at('chain'));
}, 60_000);
afterAll(async () => {
  await node?.stop();
  place.remove();
});

describe('a batch killed again and again', () => {
  it('loses no card, makes none twice, and every PIN that it hands over opens its card', async () => {
    const provision = [
      ...['provision', ORDER, '--cards', place.at('cards'), '--node', node.url],
      ...['--operator-key', place.at('chain/operator.pem'), '--transport-key', place.at('public.pem')],
    ];
    let kills = 0;
    let resume: string[] = [];
    // Killed a little later each time, so that the kills fall on different steps; bounded by the count.
    for (let attempt = 0; attempt < 40; attempt++) {
      const child = startProcess('env', bsimCommand([...provision, ...resume]));
      const timer = setTimeout(() => process.kill(child.pid, 'SIGKILL'), 300 + 15 * attempt);
      const { signal, code, stderr } = await child.ended();
      clearTimeout(timer);
      if (signal === null) {
        expect({ code, stderr }).toMatchObject({ code: 0 });
        break;
      }
      kills++;
      resume = hasJournal() ? ['--resume'] : [];
    }
    expect(kills).toBeGreaterThan(2);
    if (resume.length > 0) expect((await bsim([...provision, '--resume'])).code).toBe(0);

    const rows = parseOrder(readFileSync(ORDER), ORDER);
    const response = readFileSync(place.at('cards/response.csv'), 'utf8').trim().split('\n').slice(1);
    expect(response.map((line) => line.split(',')[0])).toEqual(rows.map((row) => row.iccid));
    for (const line of response) {
      const [iccid = '', , , publicKey, did = ''] = line.split(',');
      const reader = `emulator:${place.at(`cards/${iccid}.card`)}`;
      const opened = [
        'response',
        'open',
        place.at('cards/response.csv'),
        iccid,
        '--transport-key',
        place.at('transport.pem'),
      ];
      const { pin } = await bsimJson<{ pin: string }>(opened);
      expect((await bsim(['pin', 'verify', '--reader', reader], { BSIM_PIN: pin })).code).toBe(0);
      const { keys } = await bsimJson<{ keys: object[] }>(['key', 'list', '--reader', reader]);
      expect(keys).toMatchObject([{ publicKey }]);
      const genesis = place.at('chain/genesis.json');
      expect(
        await bsimJson(['identity', 'resolve', did, '--genesis', genesis, '--node', node.url]),
      ).toMatchObject({ proven: true });
    }
  }, 240_000);
});

function hasJournal(): boolean {
  try {
    return readFileSync(place.at('cards/batch.journal')).includes('\n');
  } catch {
    return false;
  }
}
