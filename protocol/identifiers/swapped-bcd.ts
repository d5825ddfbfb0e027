// SPDX-License-Identifier: Apache-2.0

/**
 * Digits as bytes with the first digit in the low nibble, filled up with nibbles F to `length` bytes.
 * Source: ETSI TS 102 221 V17 §13.2 (coding of EF.ICCID); 3GPP TS 31.102 §4.2.2.
 */
export function toSwappedBcd(digits: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0xff);
  [...digits].forEach((digit, i) => {
    const at = i >> 1;
    const old = bytes[at] as number;
    bytes[at] = i % 2 === 0 ? (old & 0xf0) | Number(digit) : (old & 0x0f) | (Number(digit) << 4);
  });
  return bytes;
}

/** Digits of swapped BCD up to the first nibble F; a nibble A–E comes out as a letter, which no parser accepts. */
export function fromSwappedBcd(bytes: Uint8Array): string {
  let digits = '';
  for (const byte of bytes) digits += (byte & 0x0f).toString(16) + (byte >> 4).toString(16);
  const end = digits.indexOf('f');
  return end < 0 ? digits : digits.slice(0, end);
}
