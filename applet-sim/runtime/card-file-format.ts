// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { EmulatorError } from '../errors.ts';

const FORMAT = 'bsim-card';
const VERSION = 1;
const WARNING =
  'This file is the memory of an emulated card. It holds private keys, PIN and PUK in the clear: ' +
  'keep it secret, and let its keys guard nothing of value.';

/** Longest file that is read, in bytes; an image of 16 keys takes less than 6 kB. */
export const CARD_FILE_MAX = 1_048_576;

/** Text of a card file: a JSON object with a readable head, the SHA-256 of the image, and the image. */
export const encodeCardFile = (image: Uint8Array): string =>
  `${JSON.stringify(
    { format: FORMAT, version: VERSION, warning: WARNING, sha256: toHex(sha256(image)), image: toHex(image) },
    undefined,
    2,
  )}\n`;

/**
 * The image of a card file's text. `path` is for the message only. Throws `emulator/card-file-damaged` for whatever
 * {@link encodeCardFile} did not write, and `emulator/card-file-version` for another version of the format.
 */
export function decodeCardFile(path: string, text: string): Uint8Array {
  const fields = parseObject(path, text);
  const { format, version, sha256: digest, image } = fields;
  if (format !== FORMAT) throw damaged(path, `format is not "${FORMAT}"`);
  if (typeof version !== 'number') throw damaged(path, 'no version');
  if (version !== VERSION) {
    throw new EmulatorError(
      'emulator/card-file-version',
      `card file ${path} not read: found version ${version}, expected ${VERSION}`,
      { path, found: version, expected: VERSION },
    );
  }
  if (typeof digest !== 'string' || typeof image !== 'string') throw damaged(path, 'no sha256 or no image');
  if (!/^([0-9a-f]{2})*$/.test(image)) throw damaged(path, 'image is not lower-case hexadecimal');
  const bytes = fromHex(image);
  if (toHex(sha256(bytes)) !== digest) throw damaged(path, 'image has another SHA-256 than the file says');
  return bytes;
}

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
