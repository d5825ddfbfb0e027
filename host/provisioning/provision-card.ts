// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from '@noble/hashes/utils.js';
import { toHex, toUpperHex, wipe } from '../../protocol/bytes.ts';
import { defaultPolicy, keyPolicy } from '../../protocol/commands/blockchain-sim/key-policy.ts';
import { usageOfRole } from '../../protocol/commands/blockchain-sim/key-role.ts';
import type { InitializeUpdateResponse } from '../../protocol/commands/secure-channel/authentication.ts';
import type { CardPublicKey } from '../../protocol/crypto/card-curve.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import type { Iccid } from '../../protocol/identifiers/iccid.ts';
import { type Scp03KeySet, wipeKeySet } from '../../protocol/scp03/key-set.ts';
import type { Signer } from '../../protocol/signer.ts';
import { splitCertificates } from '../attestation/stored-chain.ts';
import { verifyAttestation } from '../attestation/verify-attestation.ts';
import type { BlockchainSim } from '../clients/blockchain-sim.ts';
import type { CardManager } from '../clients/card-manager.ts';
import { CardError } from '../errors.ts';
import { cardSigner } from '../signers/card-signer.ts';
import { makeCardSecrets, type SecretsSeal } from './card-secrets.ts';
import { ProvisioningError } from './errors.ts';
import type { Journal } from './journal.ts';
import type { OrderRow } from './order-file.ts';

/** Slot of the identity key that provisioning makes. */
export const IDENTITY_KEY_REFERENCE = 1;

/** Where an identity was anchored. */
export type Anchored = { readonly did: string; readonly height: bigint };

/** One card in a reader. */
export type CardInReader = {
  readonly sim: BlockchainSim;
  /** The card manager of the same card; its opening ends the session of `sim`. */
  manager(): Promise<CardManager>;
  close(): Promise<void>;
};

/** What provisioning needs from outside the host layer. */
export type ProvisioningPorts = {
  /** The card of a row: blank, or as a crash left it. */
  openCard(row: OrderRow): Promise<CardInReader>;
  /** The keys that the card came with, of the version that it answers with: fresh copies, wiped here. */
  initialKeys(response: InitializeUpdateResponse): Scp03KeySet;
  /**
   * The keys that the card gets for itself, such as `diversifyKeySet` makes them: fresh copies, wiped here. Their
   * version is none that cards come with: it is how a card is known that has them already.
   */
  cardKeys(iccid: Iccid): Scp03KeySet;
  /** Certificates (DER) of a card's attestation key, its own first, one behind the other. */
  certify(publicKey: CardPublicKey<'P-256'>): Promise<Uint8Array>;
  /** Certificates (DER) that those of {@link ProvisioningPorts.certify} lead to. */
  readonly trustAnchors: readonly Uint8Array[];
  /**
   * Anchors the identity of the signer's key. Asked again for the same key, after a crash, it finds the identity there
   * and gives it.
   */
  anchor(signer: Signer): Promise<Anchored>;
  readonly seal: SecretsSeal;
};

/**
 * Takes one card from wherever it stands to finished, inside secure channels all the way, so that no step needs a PIN:
 * attestation key and identity key made, certificates stored, the card's statement about its identity key verified, the
 * identity anchored, PIN and PUK sealed into the journal, STORE DATA, and last PUT KEY of the card's own keys.
 *
 * Each step leaves a mark on the card by which a later run sees that it was done. STORE DATA comes before PUT KEY: from
 * then on the card names itself by its ICCID, whatever keys it has, and the key version that it answers with says
 * whether it still needs its own. So a crash anywhere leaves a card that the next run finishes. Nothing is done to a
 * card that the journal calls personalised.
 *
 * Whatever decides about a step is read inside the secure channel, for outside of it anybody between card and desk may
 * answer. An error status word inside it is not authenticated: it ends the run, or leads to a question whose answer is.
 * Finished is a card that says so under its own keys, which no other card has, and that takes no other keys.
 *
 * Throws `provisioning/card-mismatch`, `attestation/…`, `card/…` and what the ports throw; the journal keeps what was
 * reached.
 */
export async function provisionCard(
  row: OrderRow,
  journal: Journal,
  ports: ProvisioningPorts,
): Promise<void> {
  if (journal.progress(row.iccid).personalised === true) return;
  const card = await ports.openCard(row);
  const { sim } = card;
  try {
    await withKeys(row, ports, (keys) => sim.openSecureChannel(keys));
    const { lifeCycle, algorithms } = await sim.applicationInformation();
    if (lifeCycle === 'personalised') await requireOurs(row, journal, sim);
    else if (lifeCycle !== 'selectable') throw mismatch(row, `a card that is ${lifeCycle}`, 'a blank card');
    // Before anything is made on it.
    else if (!algorithms.includes(row.curve))
      throw mismatch(row, `a card with ${algorithms.join(', ')}`, `one with ${row.curve}`);
    else await personalise(row, journal, ports, sim);
    await giveOwnKeys(row, ports, await card.manager());
    await requireFinished(row, journal, ports, sim);
    journal.record(row.iccid, { personalised: true });
  } finally {
    await sim.closeSecureChannel();
    await card.close();
  }
}

/** All steps of a blank card, inside its secure channel, up to STORE DATA. */
async function personalise(
  row: OrderRow,
  journal: Journal,
  ports: ProvisioningPorts,
  sim: BlockchainSim,
): Promise<void> {
  const attestationKey = await attestationKeyOf(sim);
  const publicKey = await identityKeyOf(row, sim);
  journal.record(row.iccid, { publicKey: toHex(publicKey.bytes) });
  const chain = await certificatesOf(attestationKey, sim, ports);
  journal.record(row.iccid, { cardSerial: await attested(publicKey, attestationKey.key, chain, sim, ports) });
  const anchored = await ports.anchor(await cardSigner(sim, IDENTITY_KEY_REFERENCE, { publicKey }));
  journal.record(row.iccid, { did: anchored.did, height: String(anchored.height) });

  const secrets = makeCardSecrets();
  try {
    journal.record(row.iccid, { secrets: await ports.seal(row.iccid, secrets) });
    await sim.storeData({ iccid: row.iccid, imsi: row.imsi, ...secrets });
  } finally {
    wipe(secrets.pin, secrets.puk);
  }
}

/** From STORE DATA on the card says whose it is, and by its identity key that it is the one the journal tells of. */
async function requireOurs(row: OrderRow, journal: Journal, sim: BlockchainSim): Promise<void> {
  const found = await sim.iccid();
  const { publicKey, secrets } = journal.progress(row.iccid);
  if (found !== row.iccid || publicKey === undefined || secrets === undefined)
    throw mismatch(row, `a card personalised as ${found}`, `a blank one for ${row.iccid}`);
  const { bytes } = await sim.readPublicKey(IDENTITY_KEY_REFERENCE, { curve: row.curve });
  if (toHex(bytes) !== publicKey)
    throw mismatch(row, `identity key ${toHex(bytes)}`, `${publicKey} as in the journal`);
}

/** Asks once more under the card's own keys: PUT KEY may have gone to another card in the reader. */
async function requireFinished(
  row: OrderRow,
  journal: Journal,
  { cardKeys }: ProvisioningPorts,
  sim: BlockchainSim,
): Promise<void> {
  const own = cardKeys(row.iccid);
  try {
    await sim.select();
    await sim.openSecureChannel(own);
  } finally {
    wipeKeySet(own);
  }
  await requireOurs(row, journal, sim);
}

type AttestationKey = { readonly key: CardPublicKey<'P-256'>; readonly isNew: boolean };

async function attestationKeyOf(sim: BlockchainSim): Promise<AttestationKey> {
  try {
    return { key: await sim.generateAttestationKey(), isNew: true };
  } catch (error) {
    if (!(error instanceof CardError) || error.code !== 'card/attestation-key-exists') throw error;
    return { key: await sim.readAttestationKey(), isNew: false };
  }
}

async function identityKeyOf(row: OrderRow, sim: BlockchainSim): Promise<PublicKey> {
  try {
    return await sim.generateKeyPair(IDENTITY_KEY_REFERENCE, row.curve);
  } catch (error) {
    if (!(error instanceof CardError) || error.code !== 'card/slot-taken') throw error;
  }
  const entry = (await sim.keyDirectory()).find((key) => key.reference === IDENTITY_KEY_REFERENCE);
  if (entry === undefined || entry.curve !== row.curve || entry.role !== 'identity')
    throw mismatch(
      row,
      entry === undefined ? 'no key in a slot that is taken' : `a ${entry.role} key on ${entry.curve}`,
      `an identity key on ${row.curve}`,
    );
  const { bytes } = await sim.readPublicKey(IDENTITY_KEY_REFERENCE, { curve: row.curve });
  return { curve: row.curve, bytes };
}

/** The card's certificates; issued and stored unless it has some for the key that it has. */
async function certificatesOf(
  { key, isNew }: AttestationKey,
  sim: BlockchainSim,
  { certify }: ProvisioningPorts,
): Promise<Uint8Array> {
  const stored = isNew ? undefined : await sim.certificates();
  if (stored !== undefined) return stored;
  const chain = await certify(key);
  await sim.putCertificates(chain);
  return chain;
}

/** Has the card state what its identity key is, and believes it only when the certificates do; the card's serial number. */
async function attested(
  publicKey: PublicKey,
  attestationKey: CardPublicKey<'P-256'>,
  chain: Uint8Array,
  sim: BlockchainSim,
  { trustAnchors }: ProvisioningPorts,
): Promise<string> {
  const challenge = randomBytes(32);
  const { cardSerial } = await verifyAttestation({
    attestation: await sim.attest(IDENTITY_KEY_REFERENCE, challenge),
    chain: splitCertificates(chain),
    trustAnchors,
    challenge,
    expected: {
      attestationKey,
      publicKey,
      reference: IDENTITY_KEY_REFERENCE,
      role: 'identity',
      origin: 'generated',
      usage: usageOfRole.identity,
      policy: keyPolicy.encode(defaultPolicy),
    },
  });
  return cardSerial;
}

/**
 * PUT KEY of the card's own keys in place of those that it came with, unless it answers with them already. Nothing
 * protects the version that it answers with, so the card is asked what keys are left.
 */
async function giveOwnKeys(row: OrderRow, ports: ProvisioningPorts, manager: CardManager): Promise<void> {
  const own = ports.cardKeys(row.iccid);
  try {
    let version = 0;
    await withKeys(row, ports, (keys) =>
      manager.openSecureChannel((response) => {
        version = response.kvn;
        return keys(response);
      }),
    );
    if (version !== own.version) await manager.putKey(own, { replacing: version });
    const other = (await manager.keyInformation()).find((key) => key.version !== own.version);
    if (other !== undefined)
      throw mismatch(
        row,
        `a card with keys of version ${hexVersion(other.version)}`,
        `only its own, ${hexVersion(own.version)}`,
      );
  } finally {
    wipeKeySet(own);
    await manager.closeSecureChannel();
  }
}

/** Work with the keys of whatever version the card answers with: its own, or those that it came with. */
async function withKeys(
  { iccid }: OrderRow,
  { initialKeys, cardKeys }: ProvisioningPorts,
  work: (keys: (response: InitializeUpdateResponse) => Scp03KeySet) => Promise<void>,
): Promise<void> {
  const taken: Scp03KeySet[] = [];
  try {
    await work((response) => {
      const own = cardKeys(iccid);
      taken.push(own);
      if (response.kvn === own.version) return own;
      const initial = initialKeys(response);
      taken.push(initial);
      return initial;
    });
  } finally {
    for (const keys of taken) wipeKeySet(keys);
  }
}

/** A key version number as files of keys and the command line write it. */
const hexVersion = (version: number): string => toUpperHex(Uint8Array.of(version));

const mismatch = (
  { iccid }: OrderRow,
  found: string,
  expected: string,
): ProvisioningError<'provisioning/card-mismatch'> =>
  new ProvisioningError(
    'provisioning/card-mismatch',
    `card not provisioned: found ${found} for ${iccid}, expected ${expected}`,
    { iccid, found, expected },
  );
