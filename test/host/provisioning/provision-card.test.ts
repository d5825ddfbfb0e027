// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt, importPKCS8 } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Card, createCard } from '../../../applet-sim/index.ts';
import { type BlockchainSim, openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { openSeal, unsealCardSecrets } from '../../../host/provisioning/card-secrets.ts';
import { type Journal, openJournal } from '../../../host/provisioning/journal.ts';
import { type OrderRow, parseOrder } from '../../../host/provisioning/order-file.ts';
import { type ProvisioningPorts, provisionCard } from '../../../host/provisioning/provision-card.ts';
import { findInResponse, responseRows, writeResponseFile } from '../../../host/provisioning/response-file.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { fromUtf8, utf8 } from '../../../protocol/bytes.ts';
import { parseIccid } from '../../../protocol/identifiers/iccid.ts';

const ORDER = utf8('iccid,imsi,msisdn,issuer,curve\n8988211000000000003,001010000000001,,TST01,P-256\n');
const [row] = parseOrder(ORDER, 'order.csv') as readonly [OrderRow];
const keys = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let directory: string;
let journal: Journal;
let card: Card;
let ports: ProvisioningPorts;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bsim-provision-'));
  journal = openJournal(join(directory, 'batch.journal'), [ORDER]);
  card = createCard();
  const held = card;
  ports = {
    seal: await openSeal(keys.publicKey),
    // The name of an identity as a chain would make it: of the key alone.
    anchor: async ({ publicKey }) => ({
      did: `did:bsim:test:${createHash('sha256').update(publicKey.bytes).digest('hex')}`,
      height: 7n,
    }),
    openCard: async () => ({ sim: await open(held), close: async () => {} }),
  };
});
afterEach(() => {
  journal.close();
  rmSync(directory, { recursive: true });
});
const open = (held: Card): Promise<BlockchainSim> => openBlockchainSim(emulatorTransport(held));

describe('provisioning a card', () => {
  it('leaves a card whose PIN and PUK are those in the sealed response, and no other', async () => {
    await provisionCard(row, journal, ports);
    const [response] = responseRows([row], journal);
    const { pin, puk } = await unsealCardSecrets(response?.secrets ?? '', row.iccid, keys.privateKey);
    const sim = await open(card);
    expect(await sim.iccid()).toBe(row.iccid);
    await sim.verify(pin);
    expect(await sim.imsi()).toBe(row.imsi);
    await sim.resetRetryCounter(puk, utf8('0000'));
    expect([pin.length, puk.length]).toEqual([4, 8]);
  });

  it('seals in the form of RFC 7516, which any JWE library opens', async () => {
    await provisionCard(row, journal, ports);
    const { secrets = '' } = journal.progress(row.iccid);
    const { plaintext, protectedHeader } = await compactDecrypt(
      secrets,
      await importPKCS8(keys.privateKey, 'ECDH-ES+A256KW'),
    );
    expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' });
    expect(JSON.parse(fromUtf8(plaintext))).toEqual({
      iccid: row.iccid,
      pin: expect.stringMatching(/^[0-9]{4}$/),
      puk: expect.stringMatching(/^[0-9]{8}$/),
    });
  });

  it('goes on from every step at which it was stopped, with one key and one personalisation', async () => {
    for (const stopAfter of ['publicKey', 'did', 'secrets', 'personalised'] as const) {
      const path = join(directory, `${stopAfter}.journal`);
      const own = openJournal(path, [ORDER]);
      const held = createCard();
      const cardPorts = {
        ...ports,
        openCard: async () => ({ sim: await open(held), close: async () => {} }),
      };
      const crashing: Journal = {
        ...own,
        record: (iccid, facts) => {
          own.record(iccid, facts);
          if (stopAfter in facts) throw new RangeError('power cut');
        },
      };
      await expect(provisionCard(row, crashing, cardPorts)).rejects.toThrow('power cut');
      own.close();
      const again = openJournal(path, [ORDER], { resume: true });
      await provisionCard(row, again, cardPorts);
      const { secrets = '', publicKey } = again.progress(row.iccid);
      const sim = await open(held);
      await sim.verify((await unsealCardSecrets(secrets, row.iccid, keys.privateKey)).pin);
      expect(Buffer.from((await sim.readPublicKey(1)).bytes).toString('hex')).toBe(publicKey);
      again.close();
    }
  });

  it('goes on when the card took its personalisation and the journal did not hear of it', async () => {
    const deaf: Journal = {
      ...journal,
      record: (iccid, facts) => {
        if (facts.personalised === true) throw new RangeError('power cut');
        journal.record(iccid, facts);
      },
    };
    await expect(provisionCard(row, deaf, ports)).rejects.toThrow('power cut');
    expect(journal.progress(row.iccid)).not.toHaveProperty('personalised');
    await provisionCard(row, journal, ports);
    expect(journal.progress(row.iccid)).toMatchObject({ personalised: true });
  });

  it('refuses a card that is personalised as another, and one with a key on another curve', async () => {
    const mismatch = { code: 'provisioning/card-mismatch' };
    const sim = await open(card);
    await sim.generateKeyPair(1, 'Ed25519');
    await expect(provisionCard(row, journal, ports)).rejects.toMatchObject(mismatch);
    const other = parseIccid('8988211000000000011');
    await sim.storeData({ iccid: other, imsi: row.imsi, pin: utf8('1234'), puk: utf8('12345678') });
    await expect(provisionCard(row, journal, ports)).rejects.toMatchObject(mismatch);
    expect(journal.progress(row.iccid)).toEqual({});
  });
});

describe('the transport key', () => {
  it.each([
    ['no PEM at all'],
    [keys.privateKey],
    [generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })],
  ])('is refused with provisioning/bad-transport-key when it is no public key on P-256', async (pem) => {
    await expect(openSeal(String(pem))).rejects.toMatchObject({ code: 'provisioning/bad-transport-key' });
  });

  it('of another operator opens nothing', async () => {
    const sealed = await ports.seal(row.iccid, { pin: utf8('1234'), puk: utf8('12345678') });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(unsealCardSecrets(sealed, row.iccid, pem)).rejects.toMatchObject({
      code: 'provisioning/bad-transport-key',
    });
  });
});

describe('the response file', () => {
  it('gives back what was written, and names what it lacks', async () => {
    await provisionCard(row, journal, ports);
    const path = join(directory, 'response.csv');
    const rows = responseRows([row], journal);
    writeResponseFile(path, rows);
    const text = readFileSync(path, 'utf8');
    expect(findInResponse(text, path, row.iccid)).toEqual(rows[0]);
    const bad = { code: 'provisioning/bad-response' };
    expect(() => findInResponse(text, path, '8988211000000000011')).toThrowError(
      expect.objectContaining(bad),
    );
    expect(() => findInResponse('a,b\n"', path, row.iccid)).toThrowError(expect.objectContaining(bad));
    expect(() => findInResponse(`iccid\n${row.iccid}\n`, path, row.iccid)).toThrowError(
      expect.objectContaining(bad),
    );
  });
});
