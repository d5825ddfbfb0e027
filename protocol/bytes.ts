// SPDX-License-Identifier: Apache-2.0
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { ProtocolError } from './errors.ts';

/** Lower-case hexadecimal text of the bytes, without separators. */
export const toHex = (bytes: Uint8Array): string => bytesToHex(bytes);

/** Upper-case hexadecimal text, as smart-card traces and AT commands write it. */
export const toUpperHex = (bytes: Uint8Array): string => bytesToHex(bytes).toUpperCase();

/**
 * Bytes of a hexadecimal text of either case; blanks between bytes are allowed, as in card traces.
 * Throws `protocol/bad-hex`.
 */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  const bad = digits.search(/[^0-9a-fA-F]/);
  if (bad >= 0 || digits.length % 2 === 1) {
    throw new ProtocolError(
      'protocol/bad-hex',
      bad >= 0
        ? `hexadecimal text not read: found '${digits[bad]}' at digit ${bad}, expected 0-9 or a-f`
        : `hexadecimal text not read: found ${digits.length} digits, expected an even number`,
      { position: bad >= 0 ? bad : digits.length },
    );
  }
  return hexToBytes(digits.toLowerCase());
}

/** One new array that holds the parts in order; the parts are not changed. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => utf8ToBytes(text);

/** Text of UTF-8 bytes. Throws `protocol/bad-utf8` instead of replacing what is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError(
      'protocol/bad-utf8',
      `text not read: found ${bytes.length} bytes that are not UTF-8`,
      { length: bytes.length },
      { cause },
    );
  }
}

/** Whether both hold the same bytes. The time taken depends on the lengths only, never on the contents. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Order of two byte strings, bytewise and then by length: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Two bytes, big-endian, of an integer from 0 to 65,535. */
export const uint16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 0xff, value & 0xff);

/** The integer of the two big-endian bytes at `offset`; a missing byte counts as 0. */
export const readUint16 = (bytes: Uint8Array, offset = 0): number =>
  ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);

/** Eight bytes, big-endian, of an integer from 0 to 2^64-1, so that byte order is numeric order. */
export function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** The integer of the eight big-endian bytes at `offset`. */
export const readUint64 = (bytes: Uint8Array, offset = 0): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(offset);

/** Overwrites every given buffer with zeros, in place. */
export function wipe(...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) buffer.fill(0);
}
