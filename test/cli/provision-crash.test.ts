// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOrder } from '../../host/provisioning/order-file.ts';
import {
  bsim,
  bsimCommand,
  bsimJson,
  makeTransportKey,
  type RunningNode,
  startNode,
  temporaryDirectory,
} from '../support/cli.ts';
import { startProcess } from '../support/line-process.ts';

const ORDER = 'fixtures/provisioning/order.csv';
const place = temporaryDirectory();
let node: RunningNode;

beforeAll(async () => {
  makeTransportKey(place.at);
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
    let done = false;
    // Each time killed some steps further and at another moment within the step; 20 cards have 80 steps.
    for (let attempt = 0; attempt < 40 && !done; attempt++) {
      const begun = journalLines();
      const resume = begun > 0 ? ['--resume'] : [];
      const child = startProcess('env', bsimCommand([...provision, ...resume]));
      const ended = child.ended(60_000);
      await reached(begun + 1 + (attempt % 5), ended);
      await new Promise((resolve) => setTimeout(resolve, (attempt * 7) % 25));
      child.kill('SIGKILL');
      const { signal, code, stderr } = await ended;
      if (signal === null) expect({ code, stderr }).toMatchObject({ code: 0 });
      if (signal === null) done = true;
      else kills++;
    }
    expect(kills).toBeGreaterThan(10);
    expect(done || (await bsim([...provision, '--resume'])).code === 0).toBe(true);

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

function journalLines(): number {
  try {
    return readFileSync(place.at('cards/batch.journal'), 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

/** Settles when the journal has so many lines, or the process has ended. */
async function reached(lines: number, ended: Promise<unknown>): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && journalLines() < lines) await new Promise((resolve) => setTimeout(resolve, 1));
}
