// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt, importPKCS8 } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Card, createCard } from '../../../applet-sim/index.ts';
import {
  createIssuingCa,
  createRootCa,
  issueAttestationCertificate,
} from '../../../host/attestation/issuing-ca.ts';
import { joinCertificates, splitCertificates } from '../../../host/attestation/stored-chain.ts';
import { verifyAttestation } from '../../../host/attestation/verify-attestation.ts';
import { type BlockchainSim, openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { openCardManager } from '../../../host/clients/card-manager.ts';
import { CardError } from '../../../host/errors.ts';
import { openSeal, unsealCardSecrets } from '../../../host/provisioning/card-secrets.ts';
import { type Journal, openJournal } from '../../../host/provisioning/journal.ts';
import { type OrderRow, parseOrder } from '../../../host/provisioning/order-file.ts';
import { type ProvisioningPorts, provisionCard } from '../../../host/provisioning/provision-card.ts';
import { findInResponse, responseRows, writeResponseFile } from '../../../host/provisioning/response-file.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { fromUtf8, toUpperHex, utf8 } from '../../../protocol/bytes.ts';
import { encodeIccid, type Iccid, parseIccid } from '../../../protocol/identifiers/iccid.ts';
import { encodeImsi } from '../../../protocol/identifiers/imsi.ts';
import { diversifyKeySet, type Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { tap, testKeys } from '../../support/cards.ts';
import { softwareSigner } from '../../support/certificates.ts';

const ORDER = utf8('iccid,imsi,msisdn,issuer,curve\n8988211000000000003,001010000000001,,TST01,P-256\n');
const [row] = parseOrder(ORDER, 'order.csv') as readonly [OrderRow];
const keys = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const root = await createRootCa({ name: 'BSIM root', signer: softwareSigner() });
const authority = await createIssuingCa(root, { name: 'BSIM CA', signer: softwareSigner() });
const masterKey = new Uint8Array(16).fill(0x5a);
const OWN_VERSION = 0x31;
const cardKeysOf = (iccid: Iccid): Scp03KeySet => diversifyKeySet(masterKey, OWN_VERSION, encodeIccid(iccid));

let directory: string;
let journal: Journal;
let card: Card;
let sent: string[];
let issued: number;
let ports: ProvisioningPorts;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bsim-provision-'));
  journal = openJournal(join(directory, 'batch.journal'), [ORDER]);
  card = createCard();
  sent = [];
  issued = 0;
  ports = {
    seal: await openSeal(keys.publicKey),
    // The name of an identity as a chain would make it: of the key alone.
    anchor: async ({ publicKey }) => ({
      did: `did:bsim:test:${createHash('sha256').update(publicKey.bytes).digest('hex')}`,
      height: 7n,
    }),
    initialKeys: () => testKeys(),
    cardKeys: cardKeysOf,
    trustAnchors: [root.certificate],
    certify: async (publicKey) => {
      issued++;
      const { certificate } = await issueAttestationCertificate(authority, { publicKey });
      return joinCertificates([certificate, authority.certificate]);
    },
    openCard: inReader(card),
  };
});
afterEach(() => {
  journal.close();
  rmSync(directory, { recursive: true });
});

/** A card as the port gives it; each time it is put into the reader anew. */
function inReader(held: Card): ProvisioningPorts['openCard'] {
  return async () => {
    held.reset();
    const { transport, sent: own } = tap(emulatorTransport(held));
    sent = own;
    return {
      sim: await openBlockchainSim(transport),
      manager: () => openCardManager(transport),
      close: async () => {},
    };
  };
}
const open = (held: Card): Promise<BlockchainSim> => {
  held.reset();
  return openBlockchainSim(emulatorTransport(held));
};

/** What every finished card has, whatever happened on the way. */
async function expectFinished(held: Card, own: Journal): Promise<void> {
  const progress = own.progress(row.iccid);
  expect(progress).toMatchObject({ personalised: true, height: '7' });
  const sim = await open(held);
  const { pin } = await unsealCardSecrets(progress.secrets ?? '', row.iccid, keys.privateKey);
  await sim.verify(pin);
  expect(Buffer.from((await sim.readPublicKey(1)).bytes).toString('hex')).toBe(progress.publicKey);
  await expect(sim.openSecureChannel(testKeys())).rejects.toMatchObject({ code: 'card/no-such-key-set' });
  await sim.openSecureChannel(cardKeysOf(row.iccid));
  const challenge = new Uint8Array(16).fill(7);
  const { cardSerial } = await verifyAttestation({
    attestation: await sim.attest(1, challenge),
    chain: splitCertificates((await sim.certificates()) ?? new Uint8Array(0)),
    trustAnchors: [root.certificate],
    challenge,
  });
  expect(progress.cardSerial).toBe(cardSerial);
  expect(progress.did).toBe(
    `did:bsim:test:${createHash('sha256')
      .update((await sim.readPublicKey(1)).bytes)
      .digest('hex')}`,
  );
}

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

  it('leaves an attested card with keys of its own, diversified by its ICCID', async () => {
    await provisionCard(row, journal, ports);
    await expectFinished(card, journal);
    expect(issued).toBe(1);
  });

  it('takes at most 14 commands from a blank card to a verified statement about its identity key', async () => {
    let attested = 0;
    const { anchor } = ports;
    await provisionCard(row, journal, {
      ...ports,
      anchor: (signer) => {
        attested = sent.length;
        return anchor(signer);
      },
    });
    expect(attested).toBeGreaterThan(6);
    expect(attested).toBeLessThanOrEqual(14);
  });

  it('sends PIN, PUK, IMSI and keys in no other way than encrypted', async () => {
    await provisionCard(row, journal, ports);
    const { secrets = '' } = journal.progress(row.iccid);
    const { pin, puk } = await unsealCardSecrets(secrets, row.iccid, keys.privateKey);
    const own = cardKeysOf(row.iccid);
    const all = sent.join(' ');
    for (const secret of [pin, puk, encodeImsi(row.imsi), own.enc, own.mac, own.dek])
      expect(all).not.toContain(toUpperHex(secret));
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

  it('goes on from every line of the journal at which it was stopped', async () => {
    for (const stopAfter of ['publicKey', 'cardSerial', 'did', 'secrets', 'personalised'] as const) {
      const path = join(directory, `${stopAfter}.journal`);
      const own = openJournal(path, [ORDER]);
      const held = createCard();
      const crashing: Journal = {
        ...own,
        record: (iccid, facts) => {
          own.record(iccid, facts);
          if (stopAfter in facts) throw new RangeError('power cut');
        },
      };
      const cardPorts = { ...ports, openCard: inReader(held) };
      await expect(provisionCard(row, crashing, cardPorts)).rejects.toThrow('power cut');
      own.close();
      const again = openJournal(path, [ORDER], { resume: true });
      await provisionCard(row, again, cardPorts);
      await expectFinished(held, again);
      again.close();
    }
  });

  it('goes on from every command after which the card was torn out', async () => {
    await provisionCard(row, journal, ports);
    const commands = sent.length;
    expect(commands).toBeGreaterThan(13);
    for (let last = 1; last <= commands; last++) {
      const path = join(directory, `torn-${last}.journal`);
      const own = openJournal(path, [ORDER]);
      const held = createCard();
      const whole = inReader(held);
      // The command is carried out, and its answer is lost.
      const torn: ProvisioningPorts['openCard'] = async () => {
        held.reset();
        let count = 0;
        const inner = emulatorTransport(held);
        const transport: Transport = {
          ...inner,
          transmit: async (apdu) => {
            const answer = await inner.transmit(apdu);
            if (++count === last) throw new CardError('card/removed', 'torn out', { reader: 'test' });
            return answer;
          },
        };
        return {
          sim: await openBlockchainSim(transport),
          manager: () => openCardManager(transport),
          close: async () => {},
        };
      };
      await expect(provisionCard(row, own, { ...ports, openCard: torn })).rejects.toMatchObject({
        code: 'card/removed',
      });
      await provisionCard(row, own, { ...ports, openCard: whole });
      await expectFinished(held, own);
      own.close();
    }
  }, 120_000);

  it('asks for certificates once for one attestation key', async () => {
    const stopped = { ...ports, anchor: () => Promise.reject(new RangeError('no node')) };
    await expect(provisionCard(row, journal, stopped)).rejects.toThrow('no node');
    await provisionCard(row, journal, ports);
    expect(issued).toBe(1);
    await expectFinished(card, journal);
  });

  it('does not believe a card whose certificates lead to no trust anchor', async () => {
    const stranger = await createRootCa({ name: 'Stranger', signer: softwareSigner() });
    const strange: ProvisioningPorts = {
      ...ports,
      certify: async (publicKey) => (await issueAttestationCertificate(stranger, { publicKey })).certificate,
    };
    await expect(provisionCard(row, journal, strange)).rejects.toMatchObject({
      code: 'attestation/bad-chain',
    });
    expect(journal.progress(row.iccid)).not.toHaveProperty('did');
  });

  it('refuses a card that is personalised as another, one with another key, and one that is terminated', async () => {
    const mismatch = { code: 'provisioning/card-mismatch' };
    const sim = await open(card);
    await sim.openSecureChannel(testKeys());
    await sim.generateKeyPair(1, 'Ed25519');
    await expect(provisionCard(row, journal, ports)).rejects.toMatchObject(mismatch);
    await sim.select();
    await sim.openSecureChannel(testKeys());
    await sim.deleteKey(1);
    await sim.generateKeyPair(1, 'P-256', { role: 'wallet' });
    await expect(provisionCard(row, journal, ports)).rejects.toMatchObject(mismatch);
    await sim.select();
    await sim.openSecureChannel(testKeys());
    const other = parseIccid('8988211000000000011');
    await sim.storeData({ iccid: other, imsi: row.imsi, pin: utf8('1234'), puk: utf8('12345678') });
    await expect(provisionCard(row, journal, ports)).rejects.toMatchObject(mismatch);
    await sim.select();
    await sim.openSecureChannel(testKeys());
    await sim.terminate();
    await expect(provisionCard(row, journal, ports)).rejects.toMatchObject(mismatch);
    expect(journal.progress(row.iccid)).toEqual({});
  });

  it('wipes the keys that it was given, also when they are of another card', async () => {
    const given: Scp03KeySet[] = [];
    const keep = (set: Scp03KeySet): Scp03KeySet => {
      given.push(set);
      return set;
    };
    await provisionCard(row, journal, {
      ...ports,
      initialKeys: () => keep(testKeys()),
      cardKeys: (iccid) => keep(cardKeysOf(iccid)),
    });
    const other = createCard({ keySets: [cardKeysOf(parseIccid('8988211000000000011'))] });
    const otherJournal = openJournal(join(directory, 'other.journal'), [ORDER]);
    const wrong = {
      ...ports,
      openCard: inReader(other),
      cardKeys: (iccid: Iccid) => keep(cardKeysOf(iccid)),
    };
    await expect(provisionCard(row, otherJournal, wrong)).rejects.toMatchObject({
      code: 'card/wrong-card-cryptogram',
    });
    otherJournal.close();
    expect(given.length).toBeGreaterThan(4);
    for (const { enc, mac, dek } of given)
      for (const key of [enc, mac, dek]) expect(key.every((byte) => byte === 0)).toBe(true);
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
