// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Says whether a peer's point lies on a curve, in arithmetic of its own: platforms need not look, and a
 * private key times points of other curves gives the key away. It takes its time, and works on public values
 * only.
 *
 * <p>Products are Montgomery's, digit by digit of 8 bits: of a and b the product is a·b·R⁻¹ mod p, with R =
 * 2^256. Source: Handbook of Applied Cryptography (1996), algorithm 14.36; the check itself, SEC 1 v2
 * §3.2.2.1.
 */
final class PointCheck {
  static final short SCRATCH_LENGTH = 96;

  /** The number 1. */
  static final byte[] ONE = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
  };

  private static final short LAST = 31;

  private PointCheck() {}

  /**
   * Whether 65 bytes are 04 ‖ X ‖ Y of a point on the curve, with X and Y less than p. Overwrites the
   * scratch.
   */
  static boolean isOnCurve(byte curve, byte[] point, short at, byte[] scratch, short scratchAt) {
    byte[] c = Curves.parameters(curve);
    short x = (short) (at + 1);
    short y = (short) (at + 33);
    if (point[at] != Curves.UNCOMPRESSED
        || !Scalar.isLess(point, x, c, Curves.FIELD)
        || !Scalar.isLess(point, y, c, Curves.FIELD)) {
      return false;
    }
    short u = scratchAt;
    short v = (short) (scratchAt + 32);
    short w = (short) (scratchAt + 64);
    // (y² - b)·R⁻² is in w at the end, and (x² + a)·x·R⁻² in u.
    multiply(c, c, Curves.B, ONE, (short) 0, scratch, u);
    Scalar.subtract(c, Curves.FIELD, scratch, u, scratch, u);
    multiply(c, point, y, point, y, scratch, v);
    Scalar.addModulo(c, Curves.FIELD, scratch, u, scratch, v, scratch, v);
    multiply(c, scratch, v, ONE, (short) 0, scratch, w);
    multiply(c, c, Curves.A, ONE, (short) 0, scratch, u);
    multiply(c, point, x, point, x, scratch, v);
    Scalar.addModulo(c, Curves.FIELD, scratch, u, scratch, v, scratch, v);
    multiply(c, scratch, v, point, x, scratch, u);
    return Util.arrayCompare(scratch, u, scratch, w, Scalar.LENGTH) == 0;
  }

  /**
   * Writes the Montgomery product of a and b, both less than p; not over either. `c` is the curve's table.
   */
  private static void multiply(byte[] c, byte[] a, short aAt, byte[] b, short bAt, byte[] out, short outAt) {
    short inverse = negativeInverse(c[LAST]);
    short top = 0;
    Util.arrayFillNonAtomic(out, outAt, Scalar.LENGTH, (byte) 0);
    for (short i = LAST; i >= 0; i--) {
      short digit = (short) (b[(short) (bAt + i)] & 0xFF);
      short low = (short) (out[(short) (outAt + LAST)] + (short) (a[(short) (aAt + LAST)] * digit));
      short multiple = (short) ((short) (low * inverse) & 0xFF);
      short carry = 0;
      short multipleCarry = 0;
      for (short j = LAST; j >= 0; j--) {
        // At most 255 + 255·255 + 255, which is FFFF: no bit is lost, and shifting takes none from the sign.
        short sum = product(a[(short) (aAt + j)], digit, out[(short) (outAt + j)], carry);
        carry = (short) ((sum >> 8) & 0xFF);
        sum = product(c[j], multiple, (byte) sum, multipleCarry);
        multipleCarry = (short) ((sum >> 8) & 0xFF);
        if (j < LAST) out[(short) (outAt + j + 1)] = (byte) sum;
      }
      top = (short) (top + carry + multipleCarry);
      out[outAt] = (byte) top;
      top = (short) (top >> 8);
    }
    if (top != 0 || !Scalar.isLess(out, outAt, c, Curves.FIELD)) {
      Scalar.subtract(out, outAt, c, Curves.FIELD, out, outAt);
    }
  }

  private static short product(byte number, short digit, byte addend, short carry) {
    return (short) ((short) ((number & 0xFF) * digit) + (addend & 0xFF) + carry);
  }

  /** -p⁻¹ mod 256 of an odd p, by Newton's iteration: p·p is 1 mod 8, and each step doubles the bits. */
  private static short negativeInverse(byte p) {
    short inverse = p;
    inverse = (short) (inverse * (short) (2 - (short) (p * inverse)));
    inverse = (short) (inverse * (short) (2 - (short) (p * inverse)));
    return (short) (-inverse & 0xFF);
  }
}
