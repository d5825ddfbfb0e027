// SPDX-License-Identifier: Apache-2.0

import { ProtocolError } from './errors.ts';
import { bytes, type Layout } from './layout.ts';

/** Tries before a PIN blocks. */
export const PIN_TRIES = 3;
/** Tries before the PUK blocks for good. */
export const PUK_TRIES = 10;

/** A PIN or PUK as the card compares it: 8 bytes, ASCII digits filled up with FF. Made by {@link pinBlock}. */
export type PinBlock = Uint8Array;

/**
 * Block of 4 to 8 ASCII digits; a new array that the caller wipes. Throws `protocol/bad-pin` without
 * repeating the digits. Source: ETSI TS 102 221 V17 §9.5.1 and §11.1.9.
 */
export const pinBlock = (digits: Uint8Array): PinBlock => block('PIN', digits, 4);

/** Block of exactly 8 ASCII digits, the form of a PUK. Otherwise as {@link pinBlock}. */
export const pukBlock = (digits: Uint8Array): PinBlock => block('PUK', digits, 8);

/** Whether 8 bytes are 4 to 8 digits and then only FF. */
export function isPinBlock(value: Uint8Array): boolean {
  const end = value.indexOf(0xff);
  const length = end < 0 ? value.length : end;
  return (
    value.length === 8 &&
    length >= 4 &&
    value.subarray(0, length).every(isDigit) &&
    value.subarray(length).every((byte) => byte === 0xff)
  );
}

/** Whether 8 bytes are 8 digits. */
export const isPukBlock = (value: Uint8Array): boolean => value.length === 8 && value.every(isDigit);

/** Data field that holds one PIN or PUK block. */
export const pinBlockLayout = (name: string): Layout<PinBlock> => bytes(name, 8);

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

function block(kind: string, digits: Uint8Array, min: number): PinBlock {
  const found = digits.every(isDigit) ? `${digits.length} digits` : 'a character that is no digit';
  if (digits.length < min || digits.length > 8 || !digits.every(isDigit)) {
    const reason = `found ${found}, expected ${min === 8 ? '8' : '4 to 8'} digits`;
    throw new ProtocolError('protocol/bad-pin', `${kind} not valid: ${reason}`, { kind, reason });
  }
  const padded = new Uint8Array(8).fill(0xff);
  padded.set(digits);
  return padded;
}
