// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Text of an address of 32 bytes: {@code bsim1} and 58 characters. The checksum of 30 bits is kept in two
 * halves of 15.
 *
 * <p>Source: BIP-350; BIP-173 (character set, checksum, prefix).
 */
final class AddressText {
  static final short LENGTH = 63;
  private static final short ADDRESS_LENGTH = 32;
  private static final short VALUES = 52;
  private static final short CHECKSUM_VALUES = 6;

  /** {@code bsim1}. */
  private static final byte[] PREFIX = {0x62, 0x73, 0x69, 0x6D, 0x31};
  private static final short PREFIX_LENGTH = 5;
  /** {@code qpzry9x8gf2tvdw0s3jn54khce6mua7l}. */
  private static final byte[] CHARACTERS = {
    0x71, 0x70, 0x7A, 0x72, 0x79, 0x39, 0x78, 0x38, 0x67, 0x66, 0x32, 0x74, 0x76, 0x64, 0x77, 0x30,
    0x73, 0x33, 0x6A, 0x6E, 0x35, 0x34, 0x6B, 0x68, 0x63, 0x65, 0x36, 0x6D, 0x75, 0x61, 0x37, 0x6C,
  };

  /**
   * The generator of the checksum, for each bit that leaves it: 3B6A57B2, 26508E6D, 1EA119FA, 3D4233DD,
   * 2A1462B3.
   */
  private static final short[] GENERATOR_HIGH = {0x76D4, 0x4CA1, 0x3D42, 0x7A84, 0x5428};
  private static final short[] GENERATOR_LOW = {0x57B2, 0x0E6D, 0x19FA, 0x33DD, 0x62B3};
  private static final short GENERATORS = 5;
  /** The checksum after the prefix: the high bits of its characters, 0, their low bits. */
  private static final short START_HIGH = 0x2EEB;
  private static final short START_LOW = 0x2274;
  /** What tells Bech32m from Bech32: 2BC830A3. */
  private static final short CONSTANT_HIGH = 0x5790;
  private static final short CONSTANT_LOW = 0x30A3;

  private AddressText() {}

  /** Writes the text; gives {@link #LENGTH}. */
  static short write(byte[] address, short at, byte[] out, short outAt) {
    Util.arrayCopyNonAtomic(PREFIX, (short) 0, out, outAt, PREFIX_LENGTH);
    short values = (short) (outAt + PREFIX_LENGTH);
    split(address, at, out, values);
    checksum(START_HIGH, START_LOW, out, values, VALUES);
    short end = (short) (outAt + LENGTH);
    for (short i = values; i < end; i++) out[i] = CHARACTERS[out[i]];
    return LENGTH;
  }

  /**
   * Writes the six values of the checksum behind {@code length} values of 5 bits. {@code high} and {@code
   * low} are the checksum before these, 15 bits each.
   */
  static void checksum(short high, short low, byte[] values, short at, short length) {
    short end = (short) (at + length);
    short stop = (short) (end + CHECKSUM_VALUES);
    Util.arrayFillNonAtomic(values, end, CHECKSUM_VALUES, (byte) 0);
    for (short i = at; i < stop; i++) {
      short top = (short) (high >> 10);
      high = (short) ((short) ((high & 0x3FF) << 5) | (low >> 10));
      low = (short) ((short) ((low & 0x3FF) << 5) ^ values[i]);
      for (short bit = 0; bit < GENERATORS; bit++) {
        if ((short) ((top >> bit) & 1) != 0) {
          high = (short) (high ^ GENERATOR_HIGH[bit]);
          low = (short) (low ^ GENERATOR_LOW[bit]);
        }
      }
    }
    write15((short) (high ^ CONSTANT_HIGH), values, end);
    write15((short) (low ^ CONSTANT_LOW), values, (short) (end + 3));
  }

  /** Three values of 15 bits. */
  private static void write15(short bits, byte[] out, short at) {
    out[at] = (byte) (bits >> 10);
    out[(short) (at + 1)] = (byte) ((bits >> 5) & 0x1F);
    out[(short) (at + 2)] = (byte) (bits & 0x1F);
  }

  /** Splits the address into values of 5 bits, with zeros behind the last. */
  private static void split(byte[] address, short at, byte[] out, short outAt) {
    short end = (short) (at + ADDRESS_LENGTH);
    short waiting = 0;
    short bits = 0;
    for (short i = at; i < end; i++) {
      // At most 4 bits wait for the next 8.
      waiting = (short) ((short) ((waiting & 0x0F) << 8) | (address[i] & 0xFF));
      bits = (short) (bits + 8);
      while (bits >= 5) {
        bits = (short) (bits - 5);
        out[outAt] = (byte) ((waiting >> bits) & 0x1F);
        outAt++;
      }
    }
    out[outAt] = (byte) ((waiting << (short) (5 - bits)) & 0x1F);
  }
}
