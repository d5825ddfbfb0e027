// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCard, volatileMemory } from '../../applet-sim/index.ts';
import { openBlockchainSim } from '../../host/clients/blockchain-sim.ts';
import { CardError } from '../../host/errors.ts';
import { parseOrder } from '../../host/provisioning/order-file.ts';
import { emulatorTransport } from '../../host/transports/emulator.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { fixedKeys, masterKey, publicTestKeys } from '../../src/cli/admin-keys.ts';
import { type Batch, provisionBatch } from '../../src/cli/batch.ts';
import { emulatedCards } from '../../src/cli/card-source.ts';
import { cardsInReader } from '../../src/cli/cards-in-reader.ts';
import { makeIssuingCa, openIssuingCa } from '../../src/cli/issuing-ca.ts';
import { openPrinter } from '../../src/cli/print.ts';
import { testKeys } from '../support/cards.ts';
import { refusalHere, temporaryDirectory } from '../support/cli.ts';

const place = temporaryDirectory();
const order = 'fixtures/provisioning/order.csv';
const print = openPrinter({ json: true });
const freshTransportKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
const transportKey = freshTransportKey();
const anotherKey = freshTransportKey();
/** An operator's authority in a directory of its own. */
async function issuer(name: string): Promise<Pick<Batch, 'authority' | 'root'>> {
  const { root } = await makeIssuingCa(place.at(name), { root: 'Test root', issuing: 'Test CA' });
  return { root, authority: openIssuingCa(place.at(name)) };
}
const keys = () => ({
  initialKeys: publicTestKeys(),
  cardKeys: masterKey(0x31, new Uint8Array(16).fill(7)),
});
/** Emulated cards in a directory of that name. */
const emulated = (name: string, initialKeys = publicTestKeys()): Pick<Batch, 'cards' | 'source'> => ({
  cards: place.at(name),
  source: emulatedCards(place.at(name), initialKeys),
});
let ours: Pick<Batch, 'authority' | 'root'>;
let another: Pick<Batch, 'authority' | 'root'>;
beforeAll(async () => {
  ours = await issuer('ca');
  another = await issuer('another-ca');
});
afterAll(() => place.remove());

describe('a batch', () => {
  it('is run by one process at a time, and its journal stays whole when a second begins', async () => {
    const refused: unknown[] = [];
    const batch: Batch = {
      order,
      ...emulated('cards'),
      response: place.at('response.csv'),
      transportKey,
      ...keys(),
      ...ours,
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

    const lines = readFileSync(place.at('cards/batch.journal'), 'utf8').trim().split('\n').slice(1);
    const finished = lines
      .map((line) => JSON.parse(line) as { iccid: string; personalised?: true })
      .filter(({ personalised }) => personalised === true)
      .map(({ iccid }) => iccid);
    expect(finished).toEqual(parseOrder(readFileSync(order), order).map(({ iccid }) => iccid));
    expect(await provisionBatch({ ...batch, resume: true }, print)).toHaveLength(20);
    for (const other of [
      { binding: ['another chain'] },
      { transportKey: anotherKey },
      { authority: another.authority },
      { cardKeys: masterKey(0x31, new Uint8Array(16).fill(8)) },
      { cardKeys: masterKey(0x32, new Uint8Array(16).fill(7)) },
    ])
      await expect(provisionBatch({ ...batch, ...other, resume: true }, print)).rejects.toMatchObject({
        code: 'provisioning/other-batch',
      });
  });

  it('writes no response over its order or journal', async () => {
    const none = async () => ({ did: 'did:bsim:x', height: 1n });
    const batch = {
      ...{ order, ...emulated('c'), transportKey, ...keys(), ...ours },
      ...{ binding: [], resume: false, anchor: none },
    };
    for (const response of [order, `./${order}`, place.at('c/batch.journal')])
      await expect(provisionBatch({ ...batch, response }, print)).rejects.toMatchObject({
        code: 'cli/bad-option',
      });
  });

  it('gives no card keys that others have, nor such as it could not tell from those of blank cards', async () => {
    const anchor = async () => ({ did: 'did:bsim:x', height: 1n });
    const batch = {
      ...{ order, ...emulated('d'), response: place.at('d.csv'), transportKey, ...keys(), ...ours },
      ...{ binding: [], resume: false, anchor },
    };
    for (const cardKeys of [fixedKeys(testKeys(0x31)), masterKey(0x30, new Uint8Array(16).fill(7))])
      await expect(provisionBatch({ ...batch, cardKeys }, print)).rejects.toMatchObject({
        code: 'cli/bad-option',
        details: { option: '--card-keys' },
      });
  });

  it('is made of cards that come with other keys than the public ones, when these are told', async () => {
    const anchor = async () => ({ did: 'did:bsim:x', height: 1n });
    const initialKeys = fixedKeys({ ...testKeys(0x41), enc: new Uint8Array(16).fill(9) });
    const batch = {
      ...{
        order,
        ...emulated('e', initialKeys),
        response: place.at('e.csv'),
        transportKey,
        ...keys(),
        ...ours,
      },
      ...{ binding: [], resume: false, anchor, initialKeys },
    };
    expect(await provisionBatch(batch, print)).toHaveLength(20);
  });

  describe('of cards that are put into a reader', () => {
    const anchor = async () => ({ did: 'did:bsim:x', height: 1n });
    const [header = '', ...rows] = readFileSync(order, 'utf8').trim().split('\n');
    const three = place.at('three.csv');
    writeFileSync(three, `${[header, ...rows.slice(0, 3)].join('\n')}\n`);
    const batchOf = (name: string, inReader: () => ReturnType<typeof createCard> | undefined): Batch => {
      const open = async () => {
        const card = inReader();
        if (card === undefined) throw new CardError('card/no-card', 'no card', { reader: 'a reader' });
        card.reset();
        return { ...emulatorTransport(card), close: async () => {} };
      };
      return {
        ...{
          order: three,
          cards: place.at(name),
          response: place.at(`${name}.csv`),
          transportKey,
          ...keys(),
        },
        ...{ ...ours, binding: [], resume: false, anchor, source: cardsInReader(open, print) },
      };
    };

    it('takes one after the other, and waits while the last one is still there, and while there is none', async () => {
      const cards = [createCard(), createCard(), createCard()];
      // Each card is seen once more when it is finished, and then nothing twice.
      const seen = cards.flatMap((card) => [card, card, undefined, undefined]);
      const finished = await provisionBatch(
        batchOf('r', () => seen.shift()),
        print,
      );
      expect(finished).toHaveLength(3);
      expect(new Set(finished.map(({ publicKey }) => publicKey)).size).toBe(3);
      expect(seen).toHaveLength(3);
    }, 20_000);

    it('refuses a card that is somebody else’s, and goes on with the same batch and no other', async () => {
      const others = createCard({ memory: volatileMemory() });
      const own = [createCard(), createCard(), createCard()];
      await provisionBatch({ ...batchOf('others', () => others), order: orderOf(rows[4] as string) }, print);
      let inReader = [own[0], others];
      const batch = batchOf('s', () => inReader.shift());
      await expect(provisionBatch(batch, print)).rejects.toMatchObject({
        code: 'provisioning/card-mismatch',
      });
      await expect(provisionBatch({ ...batch, resume: true, ...emulated('s') }, print)).rejects.toMatchObject(
        { code: 'provisioning/other-batch' },
      );
      inReader = own.slice(1);
      expect(await provisionBatch({ ...batch, resume: true }, print)).toHaveLength(3);
    }, 20_000);

    it('makes nothing on a card that names another key version than the file of initial keys', async () => {
      const card = createCard({ keySets: [testKeys(0x41)] });
      const batch = batchOf('v', () => card);
      await expect(provisionBatch(batch, print)).rejects.toMatchObject({
        code: 'provisioning/card-mismatch',
        details: { found: 'keys of version 41', expected: expect.stringContaining('version 30') },
      });
      const sim = await openBlockchainSim(emulatorTransport(card));
      // The slots, and the attestation key beside them, which provisioning makes first.
      expect(await sim.keyDirectory()).toEqual([]);
      await expect(sim.readAttestationKey()).rejects.toMatchObject({ code: 'card/no-attestation-key' });
    });

    it('makes nothing on a card that has not the curve of its row', async () => {
      const card = createCard({ algorithms: ['secp256k1'] });
      await expect(
        provisionBatch(
          batchOf('t', () => card),
          print,
        ),
      ).rejects.toMatchObject({
        code: 'provisioning/card-mismatch',
        details: { expected: 'one with P-256' },
      });
      card.reset();
      card.process(fromHex('00A4040007F04253494D010000'));
      // GENERATE ASYMMETRIC KEY PAIR in its reading form: no attestation key.
      expect(toHex(card.process(fromHex('8047810000')))).toBe('6a88');
    });

    it('tries no card with the public test keys', async () => {
      const files = ['--operator-key', 'o', '--transport-key', 't', '--card-keys', 'k', '--ca', 'c'];
      const provision = [
        'provision',
        order,
        '--cards',
        place.at('u'),
        ...files,
        '--reader',
        'tcp:127.0.0.1:9',
      ];
      expect(await refusalHere(provision)).toBe('2 cli/bad-option');
      expect(existsSync(place.at('u'))).toBe(false);
    });

    const orderOf = (row: string): string => {
      writeFileSync(place.at('one.csv'), `${header}\n${row}\n`);
      return place.at('one.csv');
    };
  });
});
