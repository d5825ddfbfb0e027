// SPDX-License-Identifier: Apache-2.0
import { AttestationError, type AttestationPart } from './errors.ts';

/** Where a data object lies in the bytes around it. */
type Place = { readonly tag: number; readonly value: number; readonly end: number };

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const CONSTRUCTED = 0x20;
const UNIVERSAL_CLASS_MASK = 0xc0;
/** SEQUENCE and SET, without the bit that says constructed. */
const COMPOUND = [0x10, 0x11];
/** Deepest nesting in a certificate is about eight. */
const DEPTH_MAX = 16;

/**
 * Refuses bytes that are no single ASN.1 object in DER: longer lengths than needed, the indefinite form, booleans other
 * than 00 and FF, integers with needless bytes, strings in pieces, times in other forms than RFC 5280 §4.1.2.5, anything
 * left over. The library for X.509 reads all of BER, and two readers must never differ in what a certificate says.
 * Source: ITU-T X.690 §10, §11. Throws `attestation/malformed`.
 */
export function requireDer(bytes: Uint8Array, part: AttestationPart): void {
  const { end } = readObject(bytes, 0, bytes.length, part, 0);
  if (end !== bytes.length) throw malformed(part, `${bytes.length - end} bytes behind the object`);
}

/** End of the DER SEQUENCE that begins at `start`; its content is not looked at. Throws `attestation/malformed`. */
export function endOfSequence(bytes: Uint8Array, start: number, part: AttestationPart): number {
  const { tag, end } = readHeader(bytes, start, bytes.length, part);
  if (tag !== SEQUENCE) throw malformed(part, `tag ${tag}, expected a SEQUENCE`);
  return end;
}

/** The error of something that cannot be read. */
export const malformed = (
  part: AttestationPart,
  reason: string,
  cause?: unknown,
): AttestationError<'attestation/malformed'> =>
  new AttestationError(
    'attestation/malformed',
    `${part} not read: found ${reason}`,
    { part, reason },
    { cause },
  );

function readObject(
  bytes: Uint8Array,
  start: number,
  limit: number,
  part: AttestationPart,
  depth: number,
): Place {
  if (depth > DEPTH_MAX) throw malformed(part, `nesting beyond ${DEPTH_MAX}`);
  const place = readHeader(bytes, start, limit, part);
  const isConstructed = (place.tag & CONSTRUCTED) !== 0;
  const isUniversal = (place.tag & UNIVERSAL_CLASS_MASK) === 0;
  if (isUniversal && isConstructed !== COMPOUND.includes(place.tag & 0x1f))
    throw malformed(part, `tag ${place.tag}, which no DER has`);
  if (!isConstructed) requireValue(place.tag, bytes.subarray(place.value, place.end), part);
  else
    for (let at = place.value; at < place.end; ) at = readObject(bytes, at, place.end, part, depth + 1).end;
  return place;
}

function readHeader(bytes: Uint8Array, start: number, limit: number, part: AttestationPart): Place {
  const tag = byteAt(bytes, start, limit, part);
  if ((tag & 0x1f) === 0x1f) throw malformed(part, 'a tag of more than one byte');
  const first = byteAt(bytes, start + 1, limit, part);
  const count = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || count > 2) throw malformed(part, `length byte ${first}, expected at most 82`);
  let length = count === 0 ? first : 0;
  for (let i = 0; i < count; i++) length = length * 256 + byteAt(bytes, start + 2 + i, limit, part);
  if (count > 0 && length < (count === 1 ? 0x80 : 0x100))
    throw malformed(part, 'a length longer than needed');
  const value = start + 2 + count;
  if (length > limit - value) throw malformed(part, `${limit - value} bytes where ${length} were announced`);
  return { tag, value, end: value + length };
}

function byteAt(bytes: Uint8Array, at: number, limit: number, part: AttestationPart): number {
  const byte = at < limit ? bytes[at] : undefined;
  if (byte === undefined) throw malformed(part, 'the end inside an object');
  return byte;
}

function requireValue(tag: number, value: Uint8Array, part: AttestationPart): void {
  const [first = 0, second = 0] = value;
  if (tag === BOOLEAN && (value.length !== 1 || (first !== 0 && first !== 0xff)))
    throw malformed(part, 'a BOOLEAN that is neither 00 nor FF');
  if (tag === INTEGER) {
    if (value.length === 0) throw malformed(part, 'an INTEGER without bytes');
    const needless = value.length > 1 && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80);
    if (needless) throw malformed(part, 'an INTEGER longer than needed');
  }
  if (tag === BIT_STRING && (value.length === 0 || first > 7 || !hasZeroPadding(value)))
    throw malformed(part, 'a BIT STRING whose unused bits are not zero');
  if (tag === UTC_TIME || tag === GENERALIZED_TIME) {
    const form = tag === UTC_TIME ? /^[0-9]{12}Z$/ : /^[0-9]{14}Z$/;
    if (!form.test(String.fromCharCode(...value.subarray(0, 20))))
      throw malformed(part, 'a time in another form');
  }
}

const hasZeroPadding = (value: Uint8Array): boolean => {
  const unused = value[0] as number;
  return unused === 0 || (value.length > 1 && ((value.at(-1) as number) & ((1 << unused) - 1)) === 0);
};
