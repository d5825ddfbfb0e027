// SPDX-License-Identifier: Apache-2.0
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createBase58check } from '@scure/base';
import { concat, equalBytes } from '../../protocol/bytes.ts';
import { parsePublicKey } from '../../protocol/crypto/public-key.ts';
import { WalletError } from './errors.ts';

const base58check = createBase58check(sha256);

/** Version bytes of a public key on the main network, which make the text begin with "xpub". */
const VERSION = Uint8Array.of(0x04, 0x88, 0xb2, 0x1e);
const LENGTH = 78;

/** What an extended public key says. */
export type ExtendedPublicKey = {
  /** Number of levels below the master key, 0 to 255. */
  readonly depth: number;
  /** First 4 bytes of HASH160 of the parent's compressed point; zeros for the master key. */
  readonly parentFingerprint: Uint8Array;
  /** Last index of the path; 0 for the master key. */
  readonly childNumber: number;
  /** 32 bytes. */
  readonly chainCode: Uint8Array;
  /** The compressed point on secp256k1, 33 bytes. */
  readonly point: Uint8Array;
};

/** A key as a card gives it out. Points may be compressed or not. */
export type DerivedPublicKey = {
  /** Indices from the master key on. */
  readonly path: readonly number[];
  readonly point: Uint8Array;
  /** 32 bytes. */
  readonly chainCode: Uint8Array;
  /** Public point of the key one level up; there is none for the master key. */
  readonly parent?: Uint8Array | undefined;
};

/**
 * The `xpub` text of a key on secp256k1. Throws `wallet/bad-extended-key` where parent and path do not fit, and
 * `protocol/bad-key` for points off the curve. Source: BIP-32, "Serialization format".
 */
export function encodeExtendedPublicKey({ path, point, chainCode, parent }: DerivedPublicKey): string {
  if ((parent === undefined) !== (path.length === 0) || path.length > 255 || chainCode.length !== 32)
    throw refused(
      'written',
      `found ${path.length} levels, ${parent === undefined ? 'no' : 'a'} parent and a chain code of ${chainCode.length} bytes`,
      'a parent below the master key only, and 32 bytes',
    );
  const numbers = new Uint8Array(9);
  numbers[0] = path.length;
  if (parent !== undefined) numbers.set(keyFingerprint(parent), 1);
  new DataView(numbers.buffer).setUint32(5, path.at(-1) ?? 0);
  return base58check.encode(concat(VERSION, numbers, chainCode, compressed(point)));
}

/**
 * What an `xpub` text says. Refuses private keys, other networks, wrong checksums, keys off the curve, and a master
 * key with a parent or an index. Throws `wallet/bad-extended-key`. Source: BIP-32, "Serialization format", test
 * vector 5.
 */
export function parseExtendedPublicKey(text: string): ExtendedPublicKey {
  let bytes: Uint8Array;
  try {
    bytes = base58check.decode(text);
  } catch (cause) {
    throw refused('read', 'found a text with a wrong character or checksum', 'Base58Check', cause);
  }
  if (bytes.length !== LENGTH) throw refused('read', `found ${bytes.length} bytes`, `${LENGTH}`);
  if (!equalBytes(bytes.subarray(0, 4), VERSION))
    throw refused('read', 'found another version', '0488b21e, a public key on the main network');
  const depth = bytes[4] ?? 0;
  const parentFingerprint = bytes.slice(5, 9);
  const childNumber = new DataView(bytes.buffer, bytes.byteOffset).getUint32(9);
  if (depth === 0 && (childNumber !== 0 || parentFingerprint.some((byte) => byte !== 0)))
    throw refused('read', 'found a master key with a parent or an index', 'zeros');
  try {
    const point = compressed(bytes.subarray(45));
    return { depth, parentFingerprint, childNumber, chainCode: bytes.slice(13, 45), point };
  } catch (cause) {
    throw refused('read', 'found no point', 'a compressed point of secp256k1', cause);
  }
}

/** The first 4 bytes of HASH160 of a key's compressed point. Source: BIP-32, "Key identifiers". */
export const keyFingerprint = (point: Uint8Array): Uint8Array =>
  ripemd160(sha256(compressed(point))).slice(0, 4);

const compressed = (point: Uint8Array): Uint8Array => parsePublicKey('secp256k1', point).bytes;

const refused = (
  what: 'read' | 'written',
  found: string,
  expected: string,
  cause?: unknown,
): WalletError<'wallet/bad-extended-key'> =>
  new WalletError(
    'wallet/bad-extended-key',
    `extended public key not ${what}: ${found}, expected ${expected}`,
    { reason: found },
    { cause },
  );
