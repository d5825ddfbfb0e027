// SPDX-License-Identifier: Apache-2.0
import type { CardCurve } from '../../crypto/card-curve.ts';
import { cardCurves } from '../../crypto/card-curve.ts';
import { type CardHash, cardHashes } from '../../crypto/card-hash.ts';
import { byte, bytes, type Layout, mapped, named, optional, tlvs } from '../../layout.ts';
import { badRequest } from './bad-request.ts';

/** Number of key slots; key references are 1 to this. */
export const KEY_SLOTS = 16;
/** Most levels of a derivation path. */
export const PATH_LEVELS_MAX = 10;

/** One byte that names a key slot. The card answers 6A88 for a slot that it has not or that is empty. */
export const keyReference: Layout<number> = byte('key reference');

const idsOf = <Name extends string, Field extends string>(
  table: Readonly<Record<Name, Readonly<Record<Field, number>>>>,
  field: Field,
): Readonly<Record<Name, number>> =>
  Object.fromEntries(
    Object.entries<Readonly<Record<Field, number>>>(table).map(([name, row]) => [name, row[field]]),
  ) as Readonly<Record<Name, number>>;

/** One byte that names a curve and the signature algorithm used with it. */
export const algorithm: Layout<CardCurve> = named('algorithm', idsOf(cardCurves, 'algorithmId'));

/** One byte that names a hash. */
export const hashAlgorithm: Layout<CardHash> = named('hash', idsOf(cardHashes, 'hashId'));

/**
 * A derivation path: 4 bytes a level, big-endian, 2^31 added where the level is hardened; 1 to 10 levels.
 * Source: BIP-32, "Child key derivation functions"; tag 94: ISO/IEC 7816-4:2020 (data item for deriving a key).
 */
export const derivationPath: Layout<readonly number[]> = mapped(
  bytes('derivation path, 4 bytes a level', 4, 4 * PATH_LEVELS_MAX),
  (value) => {
    if (value.length % 4 !== 0) throw badRequest('derivation path', '4 bytes a level');
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    return Array.from({ length: value.length / 4 }, (_, level) => view.getUint32(4 * level));
  },
  (levels) => {
    // A level that does not fit would be cut to another one, and lead to another key.
    if (!levels.every((level) => Number.isInteger(level) && level >= 0 && level <= 0xffff_ffff))
      throw badRequest('derivation path', 'levels of 32 bits');
    const value = new Uint8Array(4 * levels.length);
    levels.forEach((level, i) => {
      new DataView(value.buffer).setUint32(4 * i, level);
    });
    return value;
  },
);

/** A key, and of a wallet one of those derived from it; without a path its master key. */
export const keyChoice = {
  reference: [0x84, keyReference],
  path: [0x94, optional(derivationPath)],
} as const;

/** Public key template of ISO/IEC 7816-8:2021 §5.3: 7F49 {86 point}, 04 ‖ X ‖ Y of 65 bytes, or the Ed25519 key of 32. */
export const publicKeyTemplate = tlvs(
  { point: [0x86, bytes('04 ‖ X ‖ Y, or the Ed25519 key', 32, 65)] },
  0x7f49,
);
