// SPDX-License-Identifier: Apache-2.0
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { equalBytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/**
 * What we write in CBOR: integers (`number` up to 2^53-1, `bigint` up to 64 bits), text, bytes, arrays, maps with
 * integer or text keys, booleans and null. No floats, no tags: a COSE tag is added by {@link file://./cose.ts}.
 */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>;

/** A CBOR map as it is decoded. */
export type CborMap = ReadonlyMap<number | string, CborValue>;

/**
 * Deepest nesting of arrays and maps. A fixed bound, because what is read is consensus: without it the size of a
 * platform's stack would decide.
 */
export const CBOR_DEPTH_MAX = 16;

/**
 * Deterministic encoding. Source: RFC 8949 §4.2.1 (shortest forms, definite lengths, keys in bytewise order). Throws
 * `protocol/bad-cbor` for what {@link CborValue} does not allow, such as 1.5 or nesting beyond {@link CBOR_DEPTH_MAX}.
 */
export function encodeCbor(value: CborValue): Uint8Array {
  requireAllowed(value, 0);
  const bytes = encode(value, rfc8949EncodeOptions);
  // On Node this may be a Buffer, whose slice() is a view where that of a Uint8Array is a copy.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A value from its deterministic encoding. Integers beyond 2^53-1 come as `bigint`, all others as `number`.
 * Throws `protocol/bad-cbor` for anything that {@link encodeCbor} would not have written: longer forms, unsorted
 * or repeated keys, keys of other types, indefinite lengths, floats, tags, undefined, and bytes left over.
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  let value: CborValue;
  try {
    value = decode(bytes, {
      useMaps: true,
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      rejectDuplicateMapKeys: true,
    }) as CborValue;
  } catch (cause) {
    // Nesting far beyond the bound shows as RangeError; both mean the same to the caller.
    throw badCbor(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (!equalBytes(encodeCbor(value), bytes)) throw badCbor('an encoding that is not the deterministic one');
  return value;
}

/** A uint of up to 64 bits as `bigint`. Throws `protocol/bad-cbor` when the value is not one. */
export function asUint(value: CborValue | undefined, name: string): bigint {
  if (typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && (value as number) >= 0)
    return BigInt(value as number | bigint);
  throw unexpected(value, name, 'an unsigned integer');
}

/** A byte string, of exactly `length` bytes where given. Throws `protocol/bad-cbor` when the value is not one. */
export function asBytes(value: CborValue | undefined, name: string, length?: number): Uint8Array {
  if (value instanceof Uint8Array && (length === undefined || value.length === length)) return value;
  throw unexpected(value, name, length === undefined ? 'a byte string' : `a byte string of ${length}`);
}

/** A text string. Throws `protocol/bad-cbor` when the value is not one. */
export function asText(value: CborValue | undefined, name: string): string {
  if (typeof value === 'string') return value;
  throw unexpected(value, name, 'a text string');
}

/** An array. Throws `protocol/bad-cbor` when the value is not one. */
export function asArray(value: CborValue | undefined, name: string): readonly CborValue[] {
  if (Array.isArray(value)) return value;
  throw unexpected(value, name, 'an array');
}

/**
 * A map whose keys are exactly `required` plus any of `optional`. Throws `protocol/bad-cbor` when the value is not
 * one, a key is missing or another key is there.
 */
export function asMap(
  value: CborValue | undefined,
  name: string,
  required: readonly (number | string)[],
  optional: readonly (number | string)[] = [],
): CborMap {
  if (!(value instanceof Map)) throw unexpected(value, name, 'a map');
  for (const key of required) if (!value.has(key)) throw badCbor(`${name} without key ${key}`);
  for (const key of value.keys())
    if (!required.includes(key) && !optional.includes(key)) throw badCbor(`${name} with unknown key ${key}`);
  return value;
}

function requireAllowed(value: CborValue, depth: number): void {
  if (depth > CBOR_DEPTH_MAX) throw badCbor(`nesting beyond ${CBOR_DEPTH_MAX}`);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw badCbor('a float, or an integer that is no safe number');
  } else if (typeof value === 'string') {
    // Some platforms drop the mark when they decode: a text with one would not be the same everywhere.
    if (value.startsWith('\ufeff')) throw badCbor('a text that begins with a byte order mark');
    // UTF-8 has no lone surrogates: all of them would be written as the same character.
    if (LONE_SURROGATE.test(value)) throw badCbor('a text that is no Unicode text');
  } else if (typeof value === 'bigint') {
    if (value > UINT64_MAX || value < -1n - UINT64_MAX) throw badCbor('an integer beyond 64 bits');
  } else if (Array.isArray(value)) for (const item of value) requireAllowed(item, depth + 1);
  else if (value instanceof Map)
    for (const [key, item] of value) {
      if (typeof key !== 'string' && typeof key !== 'number')
        throw badCbor('a map key that is neither text nor integer');
      requireAllowed(key, depth);
      requireAllowed(item, depth + 1);
    }
  else if (typeof value !== 'boolean' && value !== null && !(value instanceof Uint8Array))
    throw badCbor(`a value of type ${typeof value}`);
}

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;
const LONE_SURROGATE = /\p{Surrogate}/u;

function unexpected(value: CborValue | undefined, name: string, expected: string): ProtocolError {
  const found =
    value === undefined ? 'nothing' : value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
  return badCbor(`${name} is ${found}, expected ${expected}`);
}

function badCbor(reason: string, options: { readonly cause?: unknown } = {}): ProtocolError {
  return new ProtocolError('protocol/bad-cbor', `CBOR not read: ${reason}`, { reason }, options);
}
