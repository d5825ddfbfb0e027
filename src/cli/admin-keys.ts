// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { testKeySet } from '../../applet-sim/security-domain/key-store.ts';
import { fromHex, fromUtf8, toUpperHex, wipe } from '../../protocol/bytes.ts';
import { KVN_MAX } from '../../protocol/commands/secure-channel/authentication.ts';
import { diversifyKeySet, isKeyLength, type Scp03KeySet, wipeKeySet } from '../../protocol/scp03/key-set.ts';
import { CliError } from './errors.ts';
import { writeNewFile } from './new-file.ts';
import type { Printer } from './print.ts';
import { readNamedFile } from './read-file.ts';

/** The keys of cards as their administrator has them; whoever got them wipes them. */
export type AdminKeys = {
  /** Key version number, 1 to 127. */
  readonly version: number;
  /** Whether each card has keys of its own, derived from a master key. */
  readonly diversified: boolean;
  /** A new key set of the card with these 10 bytes of diversification data; the caller wipes it. */
  keySetOf(diversification: Uint8Array): Scp03KeySet;
  wipe(): void;
};

/** Environment variable of the file of the administrator's keys. */
export const ADMIN_KEYS_VARIABLE = 'BSIM_ADMIN_KEYS';

/** One key set that a card has as it stands. */
export const fixedKeys = (set: Scp03KeySet): AdminKeys => ({
  version: set.version,
  diversified: false,
  keySetOf: () => ({ ...set, enc: set.enc.slice(), mac: set.mac.slice(), dek: set.dek.slice() }),
  wipe: () => wipeKeySet(set),
});

/** A master key, 16, 24 or 32 bytes, from which every card's own keys are derived. */
export const masterKey = (version: number, master: Uint8Array): AdminKeys => ({
  version,
  diversified: true,
  keySetOf: (diversification) => diversifyKeySet(master, version, diversification),
  wipe: () => wipe(master),
});

/** GlobalPlatform's public test keys, which every blank emulated card has. */
export const publicTestKeys = (): AdminKeys => fixedKeys(testKeySet());

/**
 * Reads a file of the administrator's keys: JSON, either a key set {"kvn", "enc", "mac", "dek"} or a master key
 * {"kvn", "master"}, all hexadecimal. Warns of a file that others may read. Throws `cli/bad-admin-keys`, which
 * repeats no key, or `cli/file-not-read`.
 */
export function readAdminKeys(file: string, print: Printer): AdminKeys {
  const bytes = readNamedFile(file);
  try {
    const keys = parseAdminKeys(fromUtf8OrNothing(bytes), file);
    if ((statSync(file).mode & 0o077) !== 0)
      print.note(`warning: ${file} holds keys and others may read it; chmod 600 ${file}`);
    return keys;
  } finally {
    wipe(bytes);
  }
}

/** The key set of a file that holds one. Throws as {@link readAdminKeys}, also for a master key. */
export function readKeySet(file: string, print: Printer): Scp03KeySet {
  const keys = readAdminKeys(file, print);
  try {
    if (keys.diversified) throw badKeys(file, 'a master key, expected the key set of a card');
    return keys.keySetOf(new Uint8Array(10));
  } finally {
    keys.wipe();
  }
}

/** What keys are made: their version, and their length in bytes. */
export type NewKeys = { readonly version: number; readonly bytes: 16 | 24 | 32 };

/** Makes a random master key and keeps it in a new file, mode 0600. Throws `cli/file-not-written`. */
export const makeMasterKey = (file: string, { version, bytes }: NewKeys): void =>
  writeKeys(file, { kvn: hexByte(version), master: randomKey(bytes) }, 'master key');

/** Makes the random key set of one card and keeps it as {@link makeMasterKey} does. */
export const makeKeySet = (file: string, { version, bytes }: NewKeys): void =>
  writeKeys(
    file,
    { kvn: hexByte(version), enc: randomKey(bytes), mac: randomKey(bytes), dek: randomKey(bytes) },
    'key set',
  );

/** A key version number as two hexadecimal digits. */
export const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

function randomKey(bytes: number): string {
  const key = new Uint8Array(randomBytes(bytes));
  const text = toUpperHex(key);
  wipe(key);
  return text;
}

const writeKeys = (file: string, keys: Readonly<Record<string, string>>, what: string): void =>
  writeNewFile(file, `${JSON.stringify(keys, null, 2)}\n`, what);

/** A key version number out of its two hexadecimal digits, or undefined. */
export function keyVersionOf(text: string): number | undefined {
  const version = /^[0-9A-Fa-f]{2}$/.test(text) ? Number.parseInt(text, 16) : 0;
  return version >= 1 && version <= KVN_MAX ? version : undefined;
}

function parseAdminKeys(text: string, file: string): AdminKeys {
  const fields = readFields(text, file);
  const { kvn, ...keys } = fields;
  const version = typeof kvn === 'string' ? keyVersionOf(kvn) : undefined;
  if (version === undefined) throw badKeys(file, 'no "kvn" from "01" to "7F"');
  const names = Object.keys(keys).sort().join();
  if (names !== 'dek,enc,mac' && names !== 'master')
    throw badKeys(file, 'other fields than kvn, enc, mac and dek, or kvn and master');
  const values = Object.entries(keys).map(([name, value]) => keyOf(name, value, file));
  if (names === 'master') return masterKey(version, values[0] as Uint8Array);
  const named = Object.fromEntries(Object.keys(keys).map((name, i) => [name, values[i]])) as Pick<
    Scp03KeySet,
    'enc' | 'mac' | 'dek'
  >;
  if (new Set(values.map(({ length }) => length)).size !== 1)
    throw badKeys(file, 'keys of different lengths, expected three of one length');
  return fixedKeys({ version, ...named });
}

function readFields(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
  } catch {
    // The parser's message quotes the text, which may be a key; it is therefore no cause.
  }
  throw badKeys(file, 'a text that is no JSON object');
}

function keyOf(name: string, value: unknown, file: string): Uint8Array {
  const isHex = typeof value === 'string' && /^([0-9A-Fa-f]{2})+$/.test(value);
  const key = isHex ? fromHex(value) : new Uint8Array(0);
  if (isKeyLength(key.length)) return key;
  throw badKeys(file, `"${name}" that is not 16, 24 or 32 bytes in hexadecimal`);
}

function fromUtf8OrNothing(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return '';
  }
}

const badKeys = (file: string, reason: string): CliError<'cli/bad-admin-keys'> =>
  new CliError('cli/bad-admin-keys', `administrator's keys not read: found ${reason} in ${file}`, {
    file,
    reason,
  });
