// SPDX-License-Identifier: Apache-2.0
import { ProtocolError } from './errors.ts';

/** A BER-TLV data object: tag of 1–3 bytes as one integer (`0x84`, `0x7F49`), value of any length. */
export type Tlv = { readonly tag: number; readonly value: Uint8Array };

/** Whether a tag's value holds data objects itself (bit 6 of its first byte). Source: ISO/IEC 7816-4:2020 §6.3. */
export function isConstructed(tag: number): boolean {
  const first = tag > 0xffff ? tag >> 16 : tag > 0xff ? tag >> 8 : tag;
  return (first & 0x20) !== 0;
}

/** Bytes of one data object with the shortest length field. Source: ISO/IEC 7816-4:2020 §6.3. */
export function encodeTlv(tag: number, ...values: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const value of values) length += value.length;
  const tagBytes = tag > 0xffff ? 3 : tag > 0xff ? 2 : 1;
  const lengthBytes = length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 4;
  const whole = new Uint8Array(tagBytes + lengthBytes + length);
  let at = writeBigEndian(whole, 0, tag, tagBytes);
  if (lengthBytes > 1) whole[at++] = 0x80 | (lengthBytes - 1);
  at = writeBigEndian(whole, at, length, Math.max(1, lengthBytes - 1));
  for (const value of values) {
    whole.set(value, at);
    at += value.length;
  }
  return whole;
}

/**
 * Data objects of a byte string, in order, one level deep; values are views of `bytes`. Bytes 00 before, between
 * and after data objects are padding (ISO/IEC 7816-4:2020 §6.3) and skipped. Length fields of up to 4 bytes are
 * read; the indefinite form is refused. Throws `protocol/bad-tlv`.
 */
export function parseTlv(bytes: Uint8Array): readonly Tlv[] {
  const found: Tlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    const start = at;
    let tag = bytes[at++] as number;
    if ((tag & 0x1f) === 0x1f) {
      let next: number;
      do {
        if (at >= bytes.length || at - start > 2)
          throw badTlv('an unfinished tag', 'a tag of 1 to 3 bytes', start);
        next = bytes[at++] as number;
        tag = tag * 256 + next;
      } while ((next & 0x80) !== 0);
    }
    if (at >= bytes.length) throw badTlv('the end', 'a length field', at);
    let length = bytes[at++] as number;
    if (length === 0x80 || length > 0x84) throw badTlv(`length byte ${length}`, '00-7F or 81-84', at - 1);
    if (length > 0x80) {
      const count = length & 0x0f;
      if (at + count > bytes.length) throw badTlv('the end', `${count} length bytes`, at);
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at++] as number);
    }
    if (length > bytes.length - at) throw badTlv(`${bytes.length - at} bytes`, `a value of ${length}`, at);
    found.push({ tag, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

/** Value of the first data object with that tag, or undefined. Throws `protocol/bad-tlv`. */
export const findTlv = (bytes: Uint8Array, tag: number): Uint8Array | undefined =>
  parseTlv(bytes).find((object) => object.tag === tag)?.value;

/** A tag as upper-case hexadecimal, as the standards print it. */
export const formatTag = (tag: number): string => {
  const text = tag.toString(16).toUpperCase();
  return text.length % 2 === 1 ? `0${text}` : text;
};

/** Writes the `count` low bytes of an integer at `at`; gives the place behind them. */
function writeBigEndian(bytes: Uint8Array, at: number, value: number, count: number): number {
  for (let i = count - 1; i >= 0; i--) bytes[at++] = (value >> (8 * i)) & 0xff;
  return at;
}

function badTlv(found: string, expected: string, offset: number): ProtocolError {
  return new ProtocolError(
    'protocol/bad-tlv',
    `BER-TLV not read at byte ${offset}: found ${found}, expected ${expected}`,
    { offset },
  );
}
