// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { EmulatorError } from '../errors.ts';
import type { Records } from './card-memory.ts';

const FORMAT = 'bsim-card';
const VERSION = 2;
const WARNING =
  'This file is the memory of an emulated card. It holds private keys, seeds, PIN and PUK in the clear: ' +
  'keep it secret, and let its keys guard nothing of value.';

/** Longest file that is read, in bytes; a card with 16 keys, its log and certificates takes less than 20 kB. */
export const CARD_FILE_MAX = 1_048_576;

/** Text of a card file: a JSON object with a readable head, the SHA-256 of the records, and the records. */
export const encodeCardFile = (records: Records): string =>
  `${JSON.stringify(
    {
      format: FORMAT,
      version: VERSION,
      warning: WARNING,
      sha256: digestOf(records),
      records: Object.fromEntries([...sorted(records)].map(([name, value]) => [name, toHex(value)])),
    },
    undefined,
    2,
  )}\n`;

/**
 * The records of a card file's text. `path` is for the message only. Throws `emulator/card-file-damaged` for whatever
 * {@link encodeCardFile} did not write, and `emulator/card-file-version` for another version of the format.
 */
export function decodeCardFile(path: string, text: string): Records {
  const { format, version, sha256: digest, records: texts } = parseObject(path, text);
  if (format !== FORMAT) throw damaged(path, `format is not "${FORMAT}"`);
  if (typeof version !== 'number') throw damaged(path, 'no version');
  if (version !== VERSION) {
    throw new EmulatorError(
      'emulator/card-file-version',
      `card file ${path} not read: found version ${version}, expected ${VERSION}`,
      { path, found: version, expected: VERSION },
    );
  }
  if (typeof digest !== 'string' || typeof texts !== 'object' || texts === null || Array.isArray(texts))
    throw damaged(path, 'no sha256 or no records');
  const records = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(texts as Readonly<Record<string, unknown>>)) {
    if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/.test(value))
      throw damaged(path, 'a record that is not lower-case hexadecimal');
    records.set(name, fromHex(value));
  }
  if (digestOf(records) !== digest) throw damaged(path, 'records have another SHA-256 than the file says');
  return records;
}

const sorted = (records: Records): readonly (readonly [string, Uint8Array])[] =>
  [...records].sort(([a], [b]) => (a < b ? -1 : 1));

/** SHA-256 over name ‖ 00 ‖ SHA-256 of the record, of each record in the order of their names. */
const digestOf = (records: Records): string =>
  toHex(sha256(concat(...sorted(records).map(([name, value]) => concat(utf8(name), ZERO, sha256(value))))));
const ZERO = Uint8Array.of(0);

/** The error of a file that is not as the emulator writes it; nothing of its content is repeated. */
export function damaged(
  path: string,
  reason: string,
  options: { readonly cause?: unknown } = {},
): EmulatorError<'emulator/card-file-damaged'> {
  return new EmulatorError(
    'emulator/card-file-damaged',
    `card file ${path} not read: found ${reason}, expected the file as the emulator wrote it`,
    { path, reason },
    options,
  );
}

function parseObject(path: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold keys; it is therefore no cause.
    throw damaged(path, 'text that is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(path, 'JSON that is no object');
  return value as Readonly<Record<string, unknown>>;
}
