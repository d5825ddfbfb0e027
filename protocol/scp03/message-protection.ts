// SPDX-License-Identifier: Apache-2.0
import { cbc, cmac, ecb } from '@noble/ciphers/aes.js';
import { type CommandApdu, SHORT_DATA_MAX, SHORT_LE_MAX } from '../apdu.ts';
import { concat, uint16, uint64, wipe } from '../bytes.ts';

const BLOCK = 16;
const NO_DATA = new Uint8Array(0);

/** CLA bits b4 b3 = 01: secure messaging of GlobalPlatform. Source: GlobalPlatform Card Specification 2.3.1 §11.1.4. */
export const CLA_SECURE = 0x04;
/** CLA bits that tell forms other than the first interindustry one, and the other kinds of secure messaging. */
const CLA_OTHER_FORMS = 0x48;
const CLA_CHANNEL = 0x03;

/** Whether CLA is plain, on a channel from 0 to 3. */
export const isPlainClass = (cla: number): boolean => (cla & (CLA_OTHER_FORMS | CLA_SECURE)) === 0;

/** Whether CLA says secure messaging of GlobalPlatform, on a channel from 0 to 3. */
export const isSecureClass = (cla: number): boolean => (cla & (CLA_OTHER_FORMS | CLA_SECURE)) === CLA_SECURE;

/** Whether an answer with this status word is protected: 9000 and the warnings 62XX and 63XX. Source: Amendment D v1.2 §6.2.5. */
export const isProtectedStatus = (sw: number): boolean =>
  sw === 0x9000 || sw >> 8 === 0x62 || sw >> 8 === 0x63;

/** Whether a command travels with extended length fields: `length` bytes of data and Ne. */
export const isExtended = (length: number, le: number | undefined): boolean =>
  length > SHORT_DATA_MAX || (le ?? 0) > SHORT_LE_MAX;

/**
 * The C-MAC in full, 16 bytes, which is also the next chaining value. `command` has its data as sent, without the MAC,
 * whose length is counted in Lc; the channel is left out of CLA, and Le is not covered at all.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.4.
 */
export function commandMac(
  key: Uint8Array,
  chaining: Uint8Array,
  command: CommandApdu,
  macBytes: number,
  extended: boolean,
): Uint8Array {
  const { cla, ins, p1, p2, data } = command;
  const lc = data.length + macBytes;
  const header = Uint8Array.of((cla & ~CLA_CHANNEL) | CLA_SECURE, ins, p1, p2);
  const length = extended ? concat(Uint8Array.of(0), uint16(lc)) : Uint8Array.of(lc);
  return cmac(concat(chaining, header, length, data), key);
}

/** The R-MAC in full, 16 bytes, over the data as sent and SW1-SW2. Source: GlobalPlatform Amendment D v1.2 §6.2.5. */
export const responseMac = (
  key: Uint8Array,
  chaining: Uint8Array,
  data: Uint8Array,
  sw: number,
): Uint8Array => cmac(concat(chaining, data, uint16(sw)), key);

/** Which way a message goes; the initial vectors of the two differ in one bit. */
export type Direction = 'command' | 'response';

/** The data padded and encrypted; no data stays none. Source: GlobalPlatform Amendment D v1.2 §6.2.6 and §6.2.7. */
export function encryptData(
  key: Uint8Array,
  direction: Direction,
  counter: number,
  data: Uint8Array,
): Uint8Array {
  if (data.length === 0) return NO_DATA;
  const padded = new Uint8Array((Math.floor(data.length / BLOCK) + 1) * BLOCK);
  padded.set(data);
  padded[data.length] = 0x80;
  const encrypted = cipher(key, direction, counter).encrypt(padded);
  wipe(padded);
  return encrypted;
}

/** What {@link encryptData} was given, or undefined where the bytes are not whole blocks or not padded. */
export function decryptData(
  key: Uint8Array,
  direction: Direction,
  counter: number,
  encrypted: Uint8Array,
): Uint8Array | undefined {
  if (encrypted.length === 0) return NO_DATA;
  if (encrypted.length % BLOCK !== 0) return undefined;
  const padded = cipher(key, direction, counter).decrypt(encrypted);
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== 0x80 || end < padded.length - BLOCK) return undefined;
  return padded.subarray(0, end);
}

function cipher(key: Uint8Array, direction: Direction, counter: number) {
  const block = concat(new Uint8Array(8), uint64(BigInt(counter)));
  if (direction === 'response') block[0] = 0x80;
  const iv = ecb(key, { disablePadding: true }).encrypt(block);
  return cbc(key, iv, { disablePadding: true });
}
