// SPDX-License-Identifier: Apache-2.0
import { toHex, wipe } from '../../protocol/bytes.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import type { Signer } from '../../protocol/signer.ts';
import type { BlockchainSim } from '../clients/blockchain-sim.ts';
import { cardSigner } from '../signers/card-signer.ts';
import { makeCardSecrets, type SecretsSeal } from './card-secrets.ts';
import { ProvisioningError } from './errors.ts';
import type { Journal } from './journal.ts';
import type { OrderRow } from './order-file.ts';

/** Slot of the identity key that provisioning makes. */
export const IDENTITY_KEY_REFERENCE = 1;

/** Where an identity was anchored. */
export type Anchored = { readonly did: string; readonly height: bigint };

/** What provisioning needs from outside the host layer. */
export type ProvisioningPorts = {
  /** The card of a row: blank, or as a crash left it. */
  openCard(row: OrderRow): Promise<{ readonly sim: BlockchainSim; close(): Promise<void> }>;
  /**
   * Anchors the identity of the signer's key. Asked again for the same key, after a crash, it finds the identity there
   * and gives it.
   */
  anchor(signer: Signer): Promise<Anchored>;
  readonly seal: SecretsSeal;
};

/**
 * Takes one card from wherever it stands to finished: key made, identity anchored, then personalised. The PIN comes
 * last, so that no step after a crash needs one. Does nothing to a card that the journal calls personalised.
 * Throws `provisioning/card-mismatch`, `card/…` and what the ports throw; the journal keeps what was reached.
 */
export async function provisionCard(
  row: OrderRow,
  journal: Journal,
  ports: ProvisioningPorts,
): Promise<void> {
  if (journal.progress(row.iccid).personalised === true) return;
  const { sim, close } = await ports.openCard(row);
  try {
    const { lifeCycle } = await sim.applicationInformation();
    if (lifeCycle === 'personalised') {
      await recordFinished(row, journal, sim);
      return;
    }
    const key = await identityKey(row, sim);
    journal.record(row.iccid, { publicKey: toHex(key.bytes) });
    const anchored = await ports.anchor(await cardSigner(sim, IDENTITY_KEY_REFERENCE));
    journal.record(row.iccid, { did: anchored.did, height: String(anchored.height) });

    const secrets = makeCardSecrets();
    try {
      journal.record(row.iccid, { secrets: await ports.seal(row.iccid, secrets) });
      await sim.storeData({ iccid: row.iccid, imsi: row.imsi, ...secrets });
    } finally {
      wipe(secrets.pin, secrets.puk);
    }
    journal.record(row.iccid, { personalised: true });
  } finally {
    await close();
  }
}

/** A crash came between STORE DATA and its line in the journal: the card says whose it is. */
async function recordFinished(row: OrderRow, journal: Journal, sim: BlockchainSim): Promise<void> {
  const found = await sim.iccid();
  if (found !== row.iccid || journal.progress(row.iccid).secrets === undefined) {
    throw new ProvisioningError(
      'provisioning/card-mismatch',
      `card not provisioned: found a card personalised as ${found}, expected a blank one for ${row.iccid}`,
      { iccid: row.iccid, found, expected: 'a blank card' },
    );
  }
  journal.record(row.iccid, { personalised: true });
}

async function identityKey(row: OrderRow, sim: BlockchainSim): Promise<PublicKey> {
  const present = (await sim.keyDirectory()).find((key) => key.reference === IDENTITY_KEY_REFERENCE);
  if (present === undefined) return sim.generateKeyPair(IDENTITY_KEY_REFERENCE, row.curve);
  if (present.curve === row.curve) return sim.readPublicKey(IDENTITY_KEY_REFERENCE);
  throw new ProvisioningError(
    'provisioning/card-mismatch',
    `card not provisioned: found a ${present.curve} key for ${row.iccid}, expected ${row.curve}`,
    { iccid: row.iccid, found: present.curve, expected: row.curve },
  );
}
