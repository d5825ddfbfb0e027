// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { equalBytes, fromHex, fromUtf8, wipe } from '../../protocol/bytes.ts';
import {
  type CardCurve,
  type CardPublicKey,
  cardPublicKeyToSpki,
  parseCardPublicKey,
} from '../../protocol/crypto/card-curve.ts';
import { CliError } from './errors.ts';
import { badOption } from './options.ts';
import { readNamedFile } from './read-file.ts';

/** Curves as OpenSSL names them. */
const opensslCurves: Readonly<Record<string, CardCurve>> = {
  prime256v1: 'P-256',
  secp256k1: 'secp256k1',
  brainpoolP256r1: 'brainpoolP256r1',
};
/** Bytes before the private key in an ECPrivateKey of a curve of 256 bits. Source: RFC 5915 §3. */
const EC_PRIVATE_KEY_HEADER = 7;
const SCALAR_LENGTH = 32;
const POINT_LENGTH = 65;

/**
 * A private key of 32 bytes and its curve: from PEM (PKCS#8 or SEC 1), or from hexadecimal digits beside a curve. The
 * caller wipes it. Throws `cli/bad-key-file`, which repeats nothing of the key, or `cli/file-not-read`.
 */
export function readPrivateKey(
  file: string,
  curve?: CardCurve,
): { readonly curve: CardCurve; readonly secret: Uint8Array } {
  const bytes = readNamedFile(file);
  try {
    if (!bytes.includes(0x2d)) {
      if (curve === undefined) throw badOption('--curve', '', 'the curve of a key in hexadecimal digits');
      return { curve, secret: hexSecret(bytes, file, SCALAR_LENGTH, SCALAR_LENGTH) };
    }
    const key = privateKeyOf(bytes, file);
    const found = opensslCurves[key.asymmetricKeyDetails?.namedCurve ?? ''];
    if (found === undefined || (curve !== undefined && curve !== found))
      throw badFile(
        file,
        `a key on ${found ?? 'another curve'}, expected ${curve ?? Object.values(opensslCurves).join(', ')}`,
      );
    const der = key.export({ type: 'sec1', format: 'der' });
    const secret = new Uint8Array(der.subarray(EC_PRIVATE_KEY_HEADER, EC_PRIVATE_KEY_HEADER + SCALAR_LENGTH));
    wipe(der);
    return { curve: found, secret };
  } finally {
    wipe(bytes);
  }
}

/** Bytes out of a file of hexadecimal digits; the caller wipes them. Throws as {@link readPrivateKey}. */
export function readHexSecret(file: string, min: number, max: number): Uint8Array {
  const bytes = readNamedFile(file);
  try {
    return hexSecret(bytes, file, min, max);
  } finally {
    wipe(bytes);
  }
}

/** The public key of a PEM file (SubjectPublicKeyInfo) on that curve. Throws `cli/bad-key-file`. */
export function readPublicKey(file: string, curve: CardCurve): CardPublicKey {
  const bytes = readNamedFile(file);
  try {
    const spki = new Uint8Array(
      createPublicKey({ key: Buffer.from(bytes), format: 'pem' }).export({ type: 'spki', format: 'der' }),
    );
    const key = parseCardPublicKey(curve, spki.slice(curve === 'Ed25519' ? -SCALAR_LENGTH : -POINT_LENGTH));
    if (equalBytes(cardPublicKeyToSpki(key), spki)) return key;
  } catch (cause) {
    throw badFile(file, `no public key on ${curve}`, cause);
  }
  throw badFile(file, `a public key on another curve, expected ${curve}`);
}

function privateKeyOf(bytes: Uint8Array, file: string): KeyObject {
  try {
    return createPrivateKey({
      key: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
      format: 'pem',
    });
  } catch {
    // The cause could quote the file.
    throw badFile(file, 'no private key in PEM');
  }
}

function hexSecret(bytes: Uint8Array, file: string, min: number, max: number): Uint8Array {
  const isText = bytes.every((byte) => byte < 0x80);
  const digits = isText ? fromUtf8(bytes).replaceAll(/\s/g, '') : '';
  const isHex = /^([0-9A-Fa-f]{2})+$/.test(digits);
  if (isHex && digits.length >= 2 * min && digits.length <= 2 * max) return fromHex(digits);
  const wanted = min === max ? `${min}` : `${min} to ${max}`;
  throw badFile(file, `other than ${wanted} bytes in hexadecimal digits`);
}

const badFile = (file: string, reason: string, cause?: unknown): CliError<'cli/bad-key-file'> =>
  new CliError('cli/bad-key-file', `key not read: found ${reason} in ${file}`, { file, reason }, { cause });
