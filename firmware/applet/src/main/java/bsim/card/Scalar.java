// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/**
 * Arithmetic on numbers of 32 bytes, big-endian, in constant time: neither branches nor indices depend on the
 * numbers. A result may be written over an operand at the same place, not over a part of one.
 */
final class Scalar {
  static final short LENGTH = 32;

  private static final short LAST = 31;

  private Scalar() {}

  /** Whether the number is 0. */
  static boolean isZero(byte[] number, short at) {
    byte bits = 0;
    for (short i = 0; i < LENGTH; i++) bits |= number[(short) (at + i)];
    return bits == 0;
  }

  /** Whether a is less than b. */
  static boolean isLess(byte[] a, short aAt, byte[] b, short bAt) {
    return borrow(a, aAt, b, bAt) != 0;
  }

  /** Writes a - b modulo 2^256. */
  static void subtract(byte[] a, short aAt, byte[] b, short bAt, byte[] out, short outAt) {
    subtractMasked(a, aAt, b, bAt, (short) 0xFF, out, outAt);
  }

  /** Writes a + b modulo the modulus, for a and b that are less, or one of them equal to it. */
  static void addModulo(
      byte[] modulus, short modulusAt, byte[] a, short aAt, byte[] b, short bAt, byte[] out, short outAt) {
    short carry = 0;
    for (short i = LAST; i >= 0; i--) {
      short sum = (short) ((a[(short) (aAt + i)] & 0xFF) + (b[(short) (bAt + i)] & 0xFF) + carry);
      out[(short) (outAt + i)] = (byte) sum;
      carry = (short) ((sum >> 8) & 1);
    }
    short isGreater = (short) (carry | (short) (borrow(out, outAt, modulus, modulusAt) ^ 1));
    subtractMasked(out, outAt, modulus, modulusAt, (short) (-isGreater & 0xFF), out, outAt);
  }

  /** Adds 1 to the number, modulo 2^256. */
  static void increment(byte[] number, short at) {
    short carry = 1;
    for (short i = LAST; i >= 0; i--) {
      short sum = (short) ((number[(short) (at + i)] & 0xFF) + carry);
      number[(short) (at + i)] = (byte) sum;
      carry = (short) ((sum >> 8) & 1);
    }
  }

  /** 1 where a is less than b, else 0. */
  private static short borrow(byte[] a, short aAt, byte[] b, short bAt) {
    short borrow = 0;
    for (short i = LAST; i >= 0; i--) {
      short difference = (short) ((a[(short) (aAt + i)] & 0xFF) - (b[(short) (bAt + i)] & 0xFF) - borrow);
      borrow = (short) ((difference >> 8) & 1);
    }
    return borrow;
  }

  /** Writes a - b modulo 2^256 where the mask is FF, and a where it is 00. */
  private static void subtractMasked(
      byte[] a, short aAt, byte[] b, short bAt, short mask, byte[] out, short outAt) {
    short borrow = 0;
    for (short i = LAST; i >= 0; i--) {
      short difference =
          (short) ((a[(short) (aAt + i)] & 0xFF) - (b[(short) (bAt + i)] & mask) - borrow);
      out[(short) (outAt + i)] = (byte) difference;
      borrow = (short) ((difference >> 8) & 1);
    }
  }
}
