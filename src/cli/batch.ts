// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import { type CardFileLock, EmulatorError, lockCardFile } from '../../applet-sim/index.ts';
import type { CertificateAuthority } from '../../host/attestation/issuing-ca.ts';
import { issueAttestationCertificate } from '../../host/attestation/issuing-ca.ts';
import { joinCertificates } from '../../host/attestation/stored-chain.ts';
import { openSeal, type SecretsSeal } from '../../host/provisioning/card-secrets.ts';
import { ProvisioningError } from '../../host/provisioning/errors.ts';
import { openJournal } from '../../host/provisioning/journal.ts';
import { type OrderRow, parseOrder } from '../../host/provisioning/order-file.ts';
import { type Anchored, provisionCard } from '../../host/provisioning/provision-card.ts';
import { type ResponseRow, responseRows, writeResponseFile } from '../../host/provisioning/response-file.ts';
import { utf8 } from '../../protocol/bytes.ts';
import type { InitializeUpdateResponse } from '../../protocol/commands/secure-channel/authentication.ts';
import { encodeIccid } from '../../protocol/identifiers/iccid.ts';
import { DIVERSIFICATION_LENGTH, type Scp03KeySet, wipeKeySet } from '../../protocol/scp03/key-set.ts';
import { putKeyResponse } from '../../protocol/scp03/put-key.ts';
import type { Signer } from '../../protocol/signer.ts';
import { type AdminKeys, hexByte } from './admin-keys.ts';
import type { CardSource } from './card-source.ts';
import { CliError } from './errors.ts';
import { makeDirectory } from './make-directory.ts';
import { badOption } from './options.ts';
import type { Printer } from './print.ts';
import { readNamedFile } from './read-file.ts';

/** One batch of cards. */
export type Batch = {
  /** Order file. */
  readonly order: string;
  /** Directory of the journal, and of emulated cards. */
  readonly cards: string;
  readonly source: CardSource;
  /** Response file. */
  readonly response: string;
  /** PEM of the operator's public transport key. */
  readonly transportKey: string;
  /** Keys that blank cards come with. */
  readonly initialKeys: AdminKeys;
  /** The operator's master key, of another version, from which each card gets keys of its own. */
  readonly cardKeys: AdminKeys;
  /** What certifies the attestation keys, and the root (DER) above it. */
  readonly authority: CertificateAuthority;
  readonly root: Uint8Array;
  /** What else the batch is made from, such as the chain and the operator's account; never changed by a resume. */
  readonly binding: readonly string[];
  readonly resume: boolean;
  readonly anchor: (signer: Signer) => Promise<Anchored>;
};

/**
 * Provisions a whole order: reads and judges all of it first, then card by card with a journal, then the response
 * file. Gives the finished cards. Throws `cli/batch-running`, `cli/cards-exist`, `provisioning/…`, `card/…` and what
 * `anchor` throws; what was reached stays in the journal.
 */
export async function provisionBatch(batch: Batch, print: Printer): Promise<readonly ResponseRow[]> {
  const bytes = readNamedFile(batch.order);
  const rows = parseOrder(bytes, batch.order);
  refuseResponseOver(batch);
  requireMasterKey(batch);
  const seal = await openSeal(batch.transportKey);
  if (!batch.resume) batch.source.requireNone(rows);
  makeDirectory(batch.cards);
  const lock = lockBatch(batch.cards);
  try {
    return await provisionRows(batch, rows, bytes, seal, print);
  } finally {
    lock.release();
  }
}

async function provisionRows(
  batch: Batch,
  rows: readonly OrderRow[],
  bytes: Uint8Array,
  seal: SecretsSeal,
  print: Printer,
): Promise<readonly ResponseRow[]> {
  const { cardKeys, initialKeys, authority } = batch;
  const texts = [batch.transportKey, ...batch.binding, ...batch.source.binding];
  const inputs = [bytes, ...texts.map(utf8), authority.certificate];
  const journal = openJournal(journalOf(batch.cards), [...inputs, checkValuesOf(cardKeys)], {
    resume: batch.resume,
  });
  const bar = print.progress('provisioning', rows.length);
  try {
    for (const row of rows) {
      await provisionCard(row, journal, {
        seal,
        anchor: batch.anchor,
        trustAnchors: [batch.root],
        initialKeys: (response) => initialKeysFor(row, initialKeys, response),
        cardKeys: (iccid) => cardKeys.keySetOf(encodeIccid(iccid)),
        certify: async (publicKey) => {
          const { certificate } = await issueAttestationCertificate(authority, { publicKey });
          return joinCertificates([certificate, authority.certificate]);
        },
        openCard: (each) => batch.source.open(each, (iccid) => journal.progress(iccid).personalised === true),
      });
      bar.advance(`${row.iccid}  ${row.issuer}`);
    }
    const finished = responseRows(rows, journal);
    writeResponseFile(batch.response, finished);
    bar.done(`${finished.length} cards provisioned`);
    return finished;
  } catch (error) {
    bar.fail('stopped; what is done stays done, go on with --resume');
    throw error;
  } finally {
    journal.close();
  }
}

/**
 * The keys that a card came with. One that names another version is refused before anything is made on it: PUT KEY,
 * the last step, would replace what it names, which need not be what is in the file.
 */
function initialKeysFor(
  { iccid }: OrderRow,
  keys: AdminKeys,
  { kvn, diversification }: InitializeUpdateResponse,
): Scp03KeySet {
  if (kvn === keys.version) return keys.keySetOf(diversification);
  const found = `keys of version ${hexByte(kvn)}`;
  const expected = `version ${hexByte(keys.version)} as in the file of initial keys, or the card's own`;
  throw new ProvisioningError(
    'provisioning/card-mismatch',
    `card not provisioned: found ${found} for ${iccid}, expected ${expected}`,
    { iccid, found, expected },
  );
}

/** Ten bytes by which a resumed batch knows its master key again, and that nobody finds it by. */
function checkValuesOf(keys: AdminKeys): Uint8Array {
  const set = keys.keySetOf(new Uint8Array(DIVERSIFICATION_LENGTH));
  try {
    return putKeyResponse(set);
  } finally {
    wipeKeySet(set);
  }
}

/** One key set in all cards would be everybody's; and a card tells by the version whether it has its own keys. */
function requireMasterKey({ cardKeys, initialKeys }: Batch): void {
  if (!cardKeys.diversified) throw badOption('--card-keys', 'a key set', 'a master key: bsim card keys new');
  if (cardKeys.version !== initialKeys.version) return;
  throw badOption(
    '--card-keys',
    `key version ${hexByte(cardKeys.version)}`,
    'another version than that of blank cards',
  );
}

const journalOf = (cards: string): string => join(cards, 'batch.journal');

/**
 * One process at a time: two would write over each other's lines in the journal, and the PIN and PUK of a card that
 * is already personalised would be lost.
 */
function lockBatch(cards: string): CardFileLock {
  try {
    return lockCardFile(journalOf(cards));
  } catch (cause) {
    if (!(cause instanceof EmulatorError) || cause.code !== 'emulator/card-in-use') throw cause;
    throw new CliError(
      'cli/batch-running',
      `batch not begun: found process ${cause.details.pid} at work in ${cards}, expected none`,
      { directory: cards, lock: `${journalOf(cards)}.lock` },
      { cause },
    );
  }
}

/** A response written over the order or the journal would lose it. */
function refuseResponseOver({ response, order, cards }: Batch): void {
  if (![order, journalOf(cards)].some((path) => resolve(path) === resolve(response))) return;
  throw badOption('--response', response, 'a file that is neither the order nor the journal');
}
