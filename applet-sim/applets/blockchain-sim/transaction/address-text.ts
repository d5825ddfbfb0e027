// SPDX-License-Identifier: Apache-2.0

const PREFIX = 'bsim';
const CHARACTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
/** What tells Bech32m from Bech32. */
const CHECKSUM_CONSTANT = 0x2bc830a3;
const CHECKSUM_LENGTH = 6;
const GENERATOR: readonly number[] = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/**
 * Text of an address of 32 bytes, `bsim1` and 58 characters, made in one pass: a chip writes it straight into its answer
 * and keeps the checksum of 30 bits and at most 12 bits not yet written.
 *
 * Source: BIP-350; BIP-173 (character set, checksum, prefix).
 */
export function addressText(address: Uint8Array): string {
  let text = `${PREFIX}1`;
  let checksum = checksumOfPrefix;
  const write = (value: number): void => {
    checksum = nextChecksum(checksum, value);
    text += CHARACTERS[value];
  };
  let waiting = 0;
  let bits = 0;
  for (const byte of address) {
    waiting = ((waiting << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      write((waiting >> bits) & 0x1f);
    }
  }
  if (bits > 0) write((waiting << (5 - bits)) & 0x1f);
  for (let i = 0; i < CHECKSUM_LENGTH; i++) checksum = nextChecksum(checksum, 0);
  checksum ^= CHECKSUM_CONSTANT;
  for (let shift = 25; shift >= 0; shift -= 5) text += CHARACTERS[(checksum >> shift) & 0x1f];
  return text;
}

/** The checksum, 30 bits, after one more value of 5 bits. */
function nextChecksum(checksum: number, value: number): number {
  const top = checksum >> 25;
  let next = ((checksum & 0x1ff_ffff) << 5) ^ value;
  GENERATOR.forEach((generator, bit) => {
    if ((top >> bit) & 1) next ^= generator;
  });
  return next;
}

/** The checksum after the prefix, a constant: the high bits of its characters, zero, their low bits. */
const codes = [...PREFIX].map((character) => character.charCodeAt(0));
const checksumOfPrefix = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 0x1f)].reduce(
  nextChecksum,
  1,
);
