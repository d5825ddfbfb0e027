// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../host/provisioning/journal.ts';
import { parseOrder } from '../../host/provisioning/order-file.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { type Batch, provisionBatch } from '../../src/cli/batch.ts';
import { openPrinter } from '../../src/cli/print.ts';
import { temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
const order = 'fixtures/provisioning/order.csv';
const print = openPrinter({ json: true });
const freshTransportKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
const transportKey = freshTransportKey();
const anotherKey = freshTransportKey();
afterAll(() => place.remove());

describe('a batch', () => {
  it('is run by one process at a time, and its journal stays whole when a second begins', async () => {
    const refused: unknown[] = [];
    const batch: Batch = {
      order,
      cards: place.at('cards'),
      response: place.at('response.csv'),
      transportKey,
      binding: ['a chain'],
      resume: false,
      anchor: async () => {
        const second = provisionBatch({ ...batch, resume: true }, print);
        refused.push(await second.catch((error: unknown) => error));
        return { did: 'did:bsim:x', height: 1n };
      },
    };
    expect(await provisionBatch(batch, print)).toHaveLength(20);
    expect(refused).toHaveLength(20);
    for (const error of refused)
      expect(error).toMatchObject({ code: 'cli/batch-running', details: { directory: place.at('cards') } });

    const bytes = readFileSync(order);
    const journal = openJournal(
      place.at('cards/batch.journal'),
      [bytes, utf8(transportKey), utf8('a chain')],
      {
        resume: true,
      },
    );
    for (const { iccid } of parseOrder(bytes, order))
      expect(journal.progress(iccid)).toMatchObject({ personalised: true });
    journal.close();
    expect(await provisionBatch({ ...batch, resume: true }, print)).toHaveLength(20);
    for (const other of [{ binding: ['another chain'] }, { transportKey: anotherKey }])
      await expect(provisionBatch({ ...batch, ...other, resume: true }, print)).rejects.toMatchObject({
        code: 'provisioning/other-batch',
      });
  });

  it('writes no response over its order or journal', async () => {
    const none = async () => ({ did: 'did:bsim:x', height: 1n });
    const batch = { order, cards: place.at('c'), transportKey, binding: [], resume: false, anchor: none };
    for (const response of [order, `./${order}`, place.at('c/batch.journal')])
      await expect(provisionBatch({ ...batch, response }, print)).rejects.toMatchObject({
        code: 'cli/bad-option',
      });
  });
});
