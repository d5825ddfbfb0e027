// SPDX-License-Identifier: Apache-2.0
import { cmac } from '@noble/ciphers/aes.js';
import { concat, uint16, wipe } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';

const BLOCK = 16;

/**
 * `length` bytes (at most 255 × 16) derived from an AES key: AES-CMAC over `before` ‖ counter ‖ `after` for the counter
 * 1, 2, … in one byte, the last block cut. The result is new and the caller's to wipe.
 * Throws `protocol/bad-layout` for a key that is not an AES key.
 * Source: NIST SP 800-108 (KDF in counter mode), NIST SP 800-38B.
 */
export function deriveBytes(
  key: Uint8Array,
  before: Uint8Array,
  after: Uint8Array,
  length: number,
): Uint8Array {
  requireKeyLength(key);
  const derived = new Uint8Array(length);
  for (let counter = 1, at = 0; at < length; counter++, at += BLOCK) {
    const block = cmac(concat(before, Uint8Array.of(counter), after), key);
    derived.set(block.subarray(0, length - at), at);
    wipe(block);
  }
  return derived;
}

/**
 * `length` bytes derived the way SCP03 does: label of eleven 00 ‖ `constant`, separator 00, L in bits on two bytes,
 * counter, context.
 * Source: GlobalPlatform Amendment D v1.2 §4.1.5 and table 4-1.
 */
export const deriveScp03 = (
  key: Uint8Array,
  constant: number,
  context: Uint8Array,
  length: number,
): Uint8Array =>
  deriveBytes(
    key,
    concat(new Uint8Array(11), Uint8Array.of(constant, 0x00), uint16(length * 8)),
    context,
    length,
  );

/** Whether a number of bytes is that of an AES key: 16, 24 or 32. */
export const isKeyLength = (length: number): boolean => length === 16 || length === 24 || length === 32;

/** Throws `protocol/bad-layout` unless the bytes have the length of an AES key. */
export function requireKeyLength(key: Uint8Array): void {
  if (isKeyLength(key.length)) return;
  throw new ProtocolError(
    'protocol/bad-layout',
    `AES key not used: found ${key.length} bytes, expected 16, 24 or 32`,
    { expected: '16, 24 or 32 bytes', length: key.length },
  );
}
