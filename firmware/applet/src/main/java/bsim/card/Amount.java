// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/** Arithmetic of amounts: unsigned integers of 8 bytes, big-endian, none of them secret. */
final class Amount {
  static final short LENGTH = 8;
  private static final short DIGIT_ZERO = 0x30;

  private Amount() {}

  /** Whether all of {@code length} bytes are 0. */
  static boolean isZero(byte[] bytes, short at, short length) {
    short end = (short) (at + length);
    for (short i = at; i < end; i++) if (bytes[i] != 0) return false;
    return true;
  }

  /** Whether the first amount is greater than the second. */
  static boolean isGreater(byte[] first, short firstAt, byte[] second, short secondAt) {
    for (short i = 0; i < LENGTH; i++) {
      short here = (short) (first[(short) (firstAt + i)] & 0xFF);
      short there = (short) (second[(short) (secondAt + i)] & 0xFF);
      if (here != there) return here > there;
    }
    return false;
  }

  /** Adds to {@code sum}; whether it still fits, and is worth nothing else. */
  static boolean add(byte[] sum, short sumAt, byte[] amount, short at) {
    short carry = 0;
    for (short i = (short) (LENGTH - 1); i >= 0; i--) {
      short here = (short) (sum[(short) (sumAt + i)] & 0xFF);
      carry = (short) (carry + here + (short) (amount[(short) (at + i)] & 0xFF));
      sum[(short) (sumAt + i)] = (byte) carry;
      carry = (short) (carry >> 8);
    }
    return carry == 0;
  }

  /**
   * Writes the amount in decimal digits of ASCII, with zeros in front up to {@code least} digits; gives their
   * number, at most 20 or {@code least}. The amount is 0 afterwards.
   */
  static short decimal(byte[] amount, short at, short least, byte[] out, short outAt) {
    short count = 0;
    while (count < least || !isZero(amount, at, LENGTH)) {
      out[(short) (outAt + count)] = (byte) (DIGIT_ZERO + divideByTen(amount, at));
      count++;
    }
    // The last digit came first.
    short front = outAt;
    for (short back = (short) (outAt + count - 1); front < back; back--) {
      byte digit = out[front];
      out[front] = out[back];
      out[back] = digit;
      front++;
    }
    return count;
  }

  /** Gives the remainder. */
  private static short divideByTen(byte[] amount, short at) {
    short rest = 0;
    for (short i = 0; i < LENGTH; i++) {
      short place = (short) (at + i);
      rest = (short) ((short) (rest << 8) + (short) (amount[place] & 0xFF));
      amount[place] = (byte) (rest / 10);
      rest = (short) (rest % 10);
    }
    return rest;
  }
}
