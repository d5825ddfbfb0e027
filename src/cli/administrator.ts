// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { CardError } from '../../host/errors.ts';
import type { KeySetChoice, SecureChannelOptions } from '../../host/layers/secure-channel.ts';
import { encodeIccid, parseIccid } from '../../protocol/identifiers/iccid.ts';
import { DIVERSIFICATION_LENGTH, type Scp03KeySet, wipeKeySet } from '../../protocol/scp03/key-set.ts';
import { ADMIN_KEYS_VARIABLE, type AdminKeys, publicTestKeys, readAdminKeys } from './admin-keys.ts';
import { CliError } from './errors.ts';
import type { Printer } from './print.ts';

/** Options of every command that may need the administrator. */
export type AdministratorOptions = { readonly adminKeys?: string; readonly cardIccid?: string };

/** Adds those options to a command. */
export const withAdministratorOptions = (command: Command): Command =>
  command
    .option(
      '--admin-keys <file>',
      `keys of the card, or the master key they come from (or ${ADMIN_KEYS_VARIABLE})`,
    )
    .option(
      '--card-iccid <iccid>',
      'ICCID that the keys of a blank card come from, where --admin-keys is a master key',
    );

/** The file of the administrator's keys, when one is named. */
export const adminKeysFile = ({ adminKeys }: AdministratorOptions): string | undefined =>
  adminKeys ?? process.env[ADMIN_KEYS_VARIABLE];

/** Something that can open a secure channel: either application of a card. */
export type SecureChannelOpener = {
  openSecureChannel(keys: KeySetChoice, options?: SecureChannelOptions): Promise<void>;
};

/** What is known of the card before its secure channel is open. */
export type AdministeredCard = { readonly emulated: boolean };

/**
 * Opens a secure channel with the keys that the options name; without any, an emulated card is tried with
 * GlobalPlatform's public test keys, which costs no try. Gives the version of the key set. Throws
 * `cli/admin-keys-needed`, `cli/bad-admin-keys`, and what the opening throws.
 */
export async function openAsAdministrator(
  card: AdministeredCard,
  opener: SecureChannelOpener,
  options: AdministratorOptions,
  print: Printer,
): Promise<number> {
  const file = adminKeysFile(options);
  if (file === undefined && !card.emulated) throw keysNeeded('a card in a reader, whose keys are its own');
  const keys = file === undefined ? publicTestKeys() : readAdminKeys(file, print);
  try {
    await openWith(opener, keys, options);
  } catch (cause) {
    if (file !== undefined || !isOfOtherKeys(cause)) throw cause;
    throw keysNeeded("an emulated card that no longer has GlobalPlatform's public test keys", cause);
  } finally {
    keys.wipe();
  }
  if (file === undefined)
    print.note(
      "administrator by GlobalPlatform's public test keys, which emulated cards have until they get others",
    );
  return keys.version;
}

/** Opens a secure channel with these keys, which stay the caller's. */
export async function openWith(
  opener: SecureChannelOpener,
  keys: AdminKeys,
  { cardIccid }: AdministratorOptions,
): Promise<void> {
  const taken: Scp03KeySet[] = [];
  try {
    await opener.openSecureChannel(
      ({ diversification }) => {
        const set = keys.keySetOf(diversificationOf(keys, diversification, cardIccid));
        taken.push(set);
        return set;
      },
      { version: keys.version },
    );
  } finally {
    for (const set of taken) wipeKeySet(set);
  }
}

/**
 * The data that a card's own keys come from: its ICCID, which a blank card does not name. Throws `cli/bad-option` when
 * it is needed and nobody names it.
 */
export function diversificationOf(
  { diversified }: AdminKeys,
  named: Uint8Array,
  cardIccid: string | undefined,
): Uint8Array {
  const isNamed = named.length === DIVERSIFICATION_LENGTH && named.some((byte) => byte !== 0);
  if (!diversified || isNamed) return named;
  if (cardIccid !== undefined) return encodeIccid(parseIccid(cardIccid));
  throw new CliError(
    'cli/bad-option',
    'keys of the card not derived: found a blank card, which names no ICCID, expected --card-iccid',
    { option: '--card-iccid', reason: 'missing' },
  );
}

/** Whether the card has other keys than those tried; told before it counts a try. */
const isOfOtherKeys = (error: unknown): boolean =>
  error instanceof CardError &&
  (error.code === 'card/no-such-key-set' || error.code === 'card/wrong-card-cryptogram');

const keysNeeded = (found: string, cause?: unknown): CliError<'cli/admin-keys-needed'> =>
  new CliError(
    'cli/admin-keys-needed',
    `secure channel not opened: found ${found}, expected --admin-keys FILE or ${ADMIN_KEYS_VARIABLE}`,
    { option: '--admin-keys', variable: ADMIN_KEYS_VARIABLE },
    { cause },
  );
