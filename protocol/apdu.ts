// SPDX-License-Identifier: Apache-2.0
import { concat, readUint16, uint16 } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/**
 * A command APDU.
 *
 * `data` holds Nc bytes (0–65,535; empty = no Lc field). `le` is Ne, the number of bytes wanted (1–65,536;
 * 256 and 65,536 mean "all there is"); left out = no Le field.
 * Source: ISO/IEC 7816-4:2020 §5.1 and §5.2 (cases 1 to 4, short and extended).
 */
export type CommandApdu = {
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Uint8Array;
  readonly le?: number;
};

/** A response APDU: data of 0–65,536 bytes and SW1-SW2 as one integer. */
export type ResponseApdu = { readonly data: Uint8Array; readonly sw: number };

/** Largest Nc of a short length field. */
export const SHORT_DATA_MAX = 255;
/** Largest Ne of a short length field. */
export const SHORT_LE_MAX = 256;
/** CLA bit of command chaining: not the last command of the chain. Source: ISO/IEC 7816-4:2020 §5.4.1. */
export const CLA_CHAINING = 0x10;

/**
 * Bytes of a command, in short form where Nc ≤ 255 and Ne ≤ 256, in extended form otherwise.
 * Throws `protocol/bad-apdu` for a field out of range.
 */
export function encodeCommandApdu(command: CommandApdu): Uint8Array {
  const { cla, ins, p1, p2, data, le } = command;
  if (!isByte(cla) || !isByte(ins) || !isByte(p1) || !isByte(p2))
    throw badApdu(`header ${[cla, ins, p1, p2].join(' ')}`, 'four integers from 0 to 255', data.length);
  if (data.length > 0xffff) throw badApdu(`${data.length} bytes of data`, 'at most 65,535', data.length);
  if (le !== undefined && (!Number.isInteger(le) || le < 1 || le > 0x10000))
    throw badApdu(`Le ${le}`, 'an integer from 1 to 65,536', data.length);
  const extended = data.length > SHORT_DATA_MAX || (le ?? 0) > SHORT_LE_MAX;
  // Written into one buffer: this runs for every APDU, and buffers are what it costs.
  const lcLength = data.length === 0 ? 0 : extended ? 3 : 1;
  const leLength = le === undefined ? 0 : !extended ? 1 : data.length === 0 ? 3 : 2;
  const bytes = new Uint8Array(4 + lcLength + data.length + leLength);
  bytes[0] = cla;
  bytes[1] = ins;
  bytes[2] = p1;
  bytes[3] = p2;
  if (lcLength === 1) bytes[4] = data.length;
  if (lcLength === 3) {
    bytes[5] = data.length >> 8;
    bytes[6] = data.length;
  }
  bytes.set(data, 4 + lcLength);
  if (le !== undefined) {
    if (extended) bytes[bytes.length - 2] = le >> 8;
    bytes[bytes.length - 1] = le;
  }
  return bytes;
}

/**
 * A command from its bytes; `data` is a copy. Throws `protocol/bad-apdu` when the length fields do not fit the
 * number of bytes, an extended Lc of 0 included.
 */
export function decodeCommandApdu(bytes: Uint8Array): CommandApdu {
  const length = bytes.length;
  if (length < 4) throw badApdu(`${length} bytes`, 'at least the header of 4', length);
  const [cla, ins, p1, p2, b5 = 0] = bytes as unknown as [number, number, number, number, number?];
  const make = (from: number, to: number, le?: number): CommandApdu => {
    // Not slice(): of a Node Buffer that is a view, and a card that wipes its copy would wipe the caller's bytes.
    const data = new Uint8Array(bytes.subarray(from, to));
    return le === undefined ? { cla, ins, p1, p2, data } : { cla, ins, p1, p2, data, le };
  };

  if (length === 4) return make(4, 4);
  if (length === 5) return make(5, 5, b5 || SHORT_LE_MAX);
  if (b5 !== 0) {
    if (length === 5 + b5) return make(5, length);
    if (length === 6 + b5) return make(5, length - 1, bytes[length - 1] || SHORT_LE_MAX);
    throw badApdu(`${length} bytes with Lc ${b5}`, `${5 + b5} or ${6 + b5}`, length);
  }
  if (length === 7) return make(7, 7, readUint16(bytes, 5) || 0x10000);
  const lc = readUint16(bytes, 5);
  if (length > 7 && lc > 0) {
    if (length === 7 + lc) return make(7, length);
    if (length === 9 + lc) return make(7, length - 2, readUint16(bytes, length - 2) || 0x10000);
  }
  throw badApdu(
    `${length} bytes with extended Lc ${lc}`,
    'Lc of 1 or more and as many bytes of data',
    length,
  );
}

/** Bytes of a response: data ‖ SW1 ‖ SW2. */
export const encodeResponseApdu = (response: ResponseApdu): Uint8Array =>
  concat(response.data, uint16(response.sw));

/** A response from its bytes; `data` is a view of them. Throws `protocol/bad-apdu` below 2 bytes. */
export function decodeResponseApdu(bytes: Uint8Array): ResponseApdu {
  if (bytes.length < 2)
    throw badApdu(`a response of ${bytes.length} bytes`, 'at least SW1-SW2', bytes.length);
  return { data: bytes.subarray(0, bytes.length - 2), sw: readUint16(bytes, bytes.length - 2) };
}

const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;

function badApdu(found: string, expected: string, length: number): ProtocolError {
  return new ProtocolError('protocol/bad-apdu', `APDU not read: found ${found}, expected ${expected}`, {
    length,
  });
}
