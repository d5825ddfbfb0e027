// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Card, createCard } from '../../../applet-sim/index.ts';
import {
  createIssuingCa,
  createRootCa,
  issueAttestationCertificate,
} from '../../../host/attestation/issuing-ca.ts';
import { joinCertificates } from '../../../host/attestation/stored-chain.ts';
import { type BlockchainSim, openBlockchainSim } from '../../../host/clients/blockchain-sim.ts';
import { type CardManager, openCardManager } from '../../../host/clients/card-manager.ts';
import { openSeal, unsealCardSecrets } from '../../../host/provisioning/card-secrets.ts';
import { type Journal, openJournal } from '../../../host/provisioning/journal.ts';
import { type OrderRow, parseOrder } from '../../../host/provisioning/order-file.ts';
import { type ProvisioningPorts, provisionCard } from '../../../host/provisioning/provision-card.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { concat, fromHex, toHex, toUpperHex, utf8 } from '../../../protocol/bytes.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { encodeIccid, type Iccid } from '../../../protocol/identifiers/iccid.ts';
import { diversifyKeySet, type Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import { putKeyResponse } from '../../../protocol/scp03/put-key.ts';
import { tap, testKeys } from '../../support/cards.ts';
import { softwareSigner } from '../../support/certificates.ts';
import { type Between, honest, isInstruction, withSomebody } from './between.ts';

const ORDER = utf8('iccid,imsi,msisdn,issuer,curve\n8988211000000000003,001010000000001,,TST01,P-256\n');
const [row] = parseOrder(ORDER, 'order.csv') as readonly [OrderRow];
const transportKeys = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const root = await createRootCa({ name: 'BSIM root', signer: softwareSigner() });
const authority = await createIssuingCa(root, { name: 'BSIM CA', signer: softwareSigner() });
const OWN_VERSION = 0x31;
const cardKeysOf = (iccid: Iccid): Scp03KeySet =>
  diversifyKeySet(new Uint8Array(16).fill(0x5a), OWN_VERSION, encodeIccid(iccid));
/** Keys that blank cards come with and that nobody between host and card knows. */
const secretKeys = (version = 0x30): Scp03KeySet => {
  const key = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
  return { version, enc: key(0xe1), mac: key(0xe2), dek: key(0xe3) };
};
const blankCard = (): Card => createCard({ keySets: [secretKeys()] });
const seal = await openSeal(transportKeys.publicKey);

const INS = { getData: 0xca, initializeUpdate: 0x50, putKey: 0xd8, storeData: 0xe2 };

let directory: string;
let journal: Journal;
let certified: string[];
let ports: Omit<ProvisioningPorts, 'openCard'>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bsim-attack-'));
  journal = openJournal(join(directory, 'batch.journal'), [ORDER]);
  certified = [];
  ports = {
    seal,
    anchor: async ({ publicKey }) => ({ did: `did:bsim:test:${toHex(publicKey.bytes)}`, height: 7n }),
    initialKeys: () => secretKeys(),
    cardKeys: cardKeysOf,
    trustAnchors: [root.certificate],
    certify: async (publicKey) => {
      certified.push(toHex(publicKey.bytes));
      const { certificate } = await issueAttestationCertificate(authority, { publicKey });
      return joinCertificates([certificate, authority.certificate]);
    },
  };
});
afterEach(() => {
  journal.close();
  rmSync(directory, { recursive: true });
});

type Desk = {
  readonly somebody?: Between;
  /** The card that the card manager is reached on, where it is another. */
  readonly second?: Card;
  readonly journal?: Journal;
  /** Gets the clients that were opened. */
  readonly opened?: (CardManager | BlockchainSim)[];
};

/** One run of provisioning at a desk where somebody may sit between; gives the commands that the first card got. */
async function provision(card: Card, desk: Desk = {}): Promise<readonly string[]> {
  card.reset();
  const way = (held: Card) => tap(withSomebody(emulatorTransport(held), desk.somebody).transport);
  const { sent, transport } = way(card);
  const openCard: ProvisioningPorts['openCard'] = async () => {
    const sim = await openBlockchainSim(transport);
    return {
      sim,
      manager: async () => {
        const manager = await openCardManager(
          desk.second === undefined ? transport : way(desk.second).transport,
        );
        desk.opened?.push(manager, sim);
        return manager;
      },
      close: async () => {},
    };
  };
  await provisionCard(row, desk.journal ?? journal, { ...ports, openCard });
  return sent;
}

/** Whether a card is what its finished row says: personalised, with the sealed PIN, under its own keys. */
async function expectFinished(card: Card, own = journal): Promise<void> {
  const progress = own.progress(row.iccid);
  expect(progress.personalised).toBe(true);
  card.reset();
  const sim = await openBlockchainSim(emulatorTransport(card));
  const { pin } = await unsealCardSecrets(progress.secrets ?? '', row.iccid, transportKeys.privateKey);
  await sim.verify(pin);
  expect(await sim.iccid()).toBe(row.iccid);
  expect(toHex((await sim.readPublicKey(1)).bytes)).toBe(progress.publicKey);
  expect(progress.did).toBe(`did:bsim:test:${progress.publicKey}`);
  await sim.openSecureChannel(cardKeysOf(row.iccid));
  await expect(sim.openSecureChannel(secretKeys())).rejects.toMatchObject({ code: 'card/no-such-key-set' });
}

/** Application information of a blank card with another life-cycle state. */
const inState = (answer: Uint8Array, state: number): Uint8Array => {
  const at = toUpperHex(answer).indexOf('8201') / 2;
  return answer.map((byte, i) => (i === at + 2 ? state : byte));
};
const isPlainInformation = (apdu: Uint8Array): boolean =>
  apdu[0] === 0x00 && isInstruction(apdu, INS.getData, 0xff);

/** Somebody who says of the card what state it is in, and that it has the ICCID of the order. */
const sayingItIs =
  (state: number): Between =>
  async (apdu, handOn) => {
    const answer = await handOn(apdu);
    if (isPlainInformation(apdu)) return inState(answer, state);
    if (apdu[0] === 0x00 && isInstruction(apdu, INS.getData, 0x00))
      return concat(encodeIccid(row.iccid), fromHex('9000'));
    return answer;
  };

/** Stops a run when a fact is in the journal, as a crash does. */
const crashingAt = (fact: string): Journal => ({
  ...journal,
  record: (iccid, facts) => {
    journal.record(iccid, facts);
    if (fact in facts) throw new RangeError('power cut');
  },
});

describe('somebody between desk and card, who knows no keys', () => {
  it('does not make a blank card a finished one by calling it personalised after a crash', async () => {
    const card = blankCard();
    await expect(provision(card, { journal: crashingAt('secrets') })).rejects.toThrow('power cut');
    await provision(card, { somebody: sayingItIs(0x0f) });
    await expectFinished(card);
  });

  it('does not make the desk forget the PIN of a personalised card by calling it blank', async () => {
    const card = blankCard();
    await expect(
      provision(card, {
        somebody: async (apdu, handOn) => {
          const answer = await handOn(apdu);
          return isInstruction(apdu, INS.storeData) ? fromHex('6581') : answer;
        },
      }),
    ).rejects.toBeInstanceOf(ToolkitError);
    const { secrets } = journal.progress(row.iccid);
    await provision(card, { somebody: sayingItIs(0x07) });
    expect(journal.progress(row.iccid).secrets).toBe(secrets);
    await expectFinished(card);
  });

  it('gets no other key certified than the one that the card made', async () => {
    const other = toHex(softwareSigner().publicKey.bytes);
    const card = blankCard();
    // Each answer with something like a public key in its place, or a word that sends the desk to read it.
    for (const word of ['6A89', '6A88', '9000', '9140']) {
      const somebody: Between = async (apdu, handOn) => {
        const answer = await handOn(apdu);
        if (!isInstruction(apdu, 0x47)) return answer;
        return word === '9000' ? concat(fromHex(`7F4943864104${other}`), fromHex(word)) : fromHex(word);
      };
      await expect(provision(card, { somebody })).rejects.toBeInstanceOf(ToolkitError);
    }
    await provision(card);
    card.reset();
    const sim = await openBlockchainSim(emulatorTransport(card));
    const own = toHex((await sim.readAttestationKey()).bytes);
    expect(new Set(certified)).toEqual(new Set([own]));
  });

  it('does not keep the keys on a card that it came with, by naming another version of them', async () => {
    const card = createCard({ keySets: [secretKeys(0x30), secretKeys(0x20)] });
    const somebody: Between = async (apdu, handOn) => {
      const answer = (await handOn(apdu)).slice();
      if (isInstruction(apdu, INS.initializeUpdate) && answer[10] === 0x30) answer[10] = 0x20;
      return answer;
    };
    await expect(provision(card, { somebody })).rejects.toMatchObject({
      code: 'provisioning/card-mismatch',
      details: { found: 'a card with keys of version 30' },
    });
    expect(journal.progress(row.iccid)).not.toHaveProperty('personalised');
  });

  it('cannot make a run that ends well leave a card that is not finished, whatever it answers to any command', async () => {
    const sent = await provision(blankCard());
    const words = ['9000', '9120', '6A89', '6A88', '6985', '6983', '6300', '6C00', '6102'];
    for (let at = 0; at < sent.length; at++)
      for (const handsOn of [true, false]) {
        const own = openJournal(join(directory, `${at}-${handsOn}.journal`), [ORDER]);
        const card = blankCard();
        let count = 0;
        let before = fromHex('9000');
        const somebody: Between = async (apdu, handOn) => {
          const isHis = count++ === at;
          const answer = isHis && !handsOn ? before : await handOn(apdu);
          before = answer;
          return isHis && handsOn ? fromHex(words[at % words.length] as string) : answer;
        };
        const failed: unknown = await provision(card, { somebody, journal: own }).catch((error) => error);
        if (failed instanceof Error) {
          expect(failed).toBeInstanceOf(ToolkitError);
          await provision(card, { journal: own });
        }
        await expectFinished(card, own);
        own.close();
      }
  }, 60_000);
});

describe('several cards at one desk', () => {
  it('do not share a row: keys that went to another card in the reader finish neither', async () => {
    const [first, second] = [blankCard(), blankCard()];
    await expect(provision(first, { second })).rejects.toBeInstanceOf(ToolkitError);
    expect(journal.progress(row.iccid)).not.toHaveProperty('personalised');
  });

  it('do not share a row: the identity of one is not given out as that of another', async () => {
    const [first, second] = [blankCard(), blankCard()];
    const torn: Between = async (apdu, handOn) => {
      const answer = await handOn(apdu);
      return isInstruction(apdu, INS.storeData) ? fromHex('6581') : answer;
    };
    await expect(provision(first, { somebody: torn })).rejects.toBeInstanceOf(ToolkitError);
    await expect(provision(second, { journal: crashingAt('did') })).rejects.toThrow('power cut');
    await expect(provision(first)).rejects.toMatchObject({ code: 'provisioning/card-mismatch' });
    expect(journal.progress(row.iccid)).not.toHaveProperty('personalised');
  });
});

describe('a card that somebody had before', () => {
  it('is refused with an identity key that may sign digests, or may be used otherwise', async () => {
    for (const options of [{ policy: { flags: 0x07, messageTypes: [] } }, { usage: 0x01 }]) {
      const card = blankCard();
      const sim = await openBlockchainSim(emulatorTransport(card));
      await sim.openSecureChannel(secretKeys());
      await sim.generateKeyPair(1, 'P-256', options);
      await expect(provision(card)).rejects.toMatchObject({ code: 'attestation/unexpected' });
      expect(journal.progress(row.iccid)).not.toHaveProperty('did');
    }
  });

  it('is refused while it takes other keys than its own', async () => {
    const card = createCard({ keySets: [secretKeys(), testKeys(0x01)] });
    await expect(provision(card)).rejects.toMatchObject({ code: 'provisioning/card-mismatch' });
    expect(journal.progress(row.iccid)).not.toHaveProperty('personalised');
  });
});

describe('the keys of a run', () => {
  it.each([
    ['that ended well', undefined],
    ['that was stopped', 'personalised'],
  ])('are gone from both clients after one %s', async (_, fact) => {
    const opened: (CardManager | BlockchainSim)[] = [];
    const run = provision(
      blankCard(),
      fact === undefined ? { opened } : { opened, journal: crashingAt(fact) },
    );
    await run.catch(() => {});
    const [manager, sim] = opened as [CardManager, BlockchainSim];
    const gone = { code: 'card/administrator-required', details: { reason: 'no secure channel open' } };
    await expect(manager.putKey(testKeys())).rejects.toMatchObject(gone);
    await expect(sim.factoryReset()).rejects.toMatchObject(gone);
  });

  it('are in no error, whatever went wrong with PUT KEY', async () => {
    const own = cardKeysOf(row.iccid);
    const secrets = [own.enc, own.mac, own.dek, secretKeys().enc, secretKeys().mac, secretKeys().dek];
    for (const word of ['6A80', '6A88', '6A89', '6982', '9000']) {
      const somebody: Between = async (apdu, handOn) => {
        const answer = await handOn(apdu);
        return isInstruction(apdu, INS.putKey) ? fromHex(word) : answer;
      };
      const fresh = openJournal(join(directory, `${word}.journal`), [ORDER]);
      const error = await provision(blankCard(), { somebody, journal: fresh }).catch((caught) => caught);
      fresh.close();
      expect(error).toBeInstanceOf(ToolkitError);
      const told = JSON.stringify([error.message, error.details, String(error.cause)]).toUpperCase();
      for (const secret of secrets) expect(told).not.toContain(toUpperHex(secret));
      expect(told).not.toContain(toUpperHex(putKeyResponse(own)));
    }
  });
});

describe('nobody between desk and card', () => {
  it('changes nothing', async () => {
    const card = blankCard();
    await provision(card, { somebody: honest });
    await expectFinished(card);
  });
});
