// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/**
 * A C-APDU with its length fields read.
 *
 * @param bytes the C-APDU as it came
 * @param data the data field, empty where there is none
 * @param le Ne, 1 to 65,536, or {@link #NO_LE}
 * @param extended whether it came with extended length fields
 */
record Command(byte[] bytes, int cla, int ins, int p1, int p2, byte[] data, int le, boolean extended) {
  static final int NO_LE = 0;
  /** Bits of CLA. Source: ISO/IEC 7816-4:2020 §5.4.1; GlobalPlatform Card Specification 2.3.1 §11.1.4. */
  static final int CHAINING = 0x10;

  static final int SECURE_MESSAGING = 0x04;
  static final int CHANNEL = 0x03;
  /** Longest data field that a Java Card takes: lengths are shorts there. */
  static final int DATA_MAX = Short.MAX_VALUE;

  /**
   * Reads a C-APDU. Throws {@link StatusException} 6700 where there are fewer than 4 bytes, the length fields
   * do not fit the bytes, or the data field is longer than {@link #DATA_MAX}. Source: ISO/IEC 7816-4:2020
   * §5.1 and §5.2.
   */
  static Command read(byte[] apdu) {
    int length = apdu.length;
    if (length < 4) throw new StatusException(Status.WRONG_LENGTH);
    if (length == 4) return of(apdu, 4, 4, NO_LE, false);
    int first = apdu[4] & 0xFF;
    if (length == 5) return of(apdu, 5, 5, orAll(first, 256), false);
    if (first != 0) {
      if (length == 5 + first) return of(apdu, 5, length, NO_LE, false);
      if (length == 6 + first) return of(apdu, 5, length - 1, orAll(apdu[length - 1] & 0xFF, 256), false);
      throw new StatusException(Status.WRONG_LENGTH);
    }
    if (length == 7) return of(apdu, 7, 7, orAll(Bytes.readUint16(apdu, 5), 65_536), true);
    if (length > 7) {
      int lc = Bytes.readUint16(apdu, 5);
      if (lc > 0 && lc <= DATA_MAX) {
        if (length == 7 + lc) return of(apdu, 7, length, NO_LE, true);
        int le = Bytes.readUint16(apdu, length - 2);
        if (length == 9 + lc) return of(apdu, 7, length - 2, orAll(le, 65_536), true);
      }
    }
    throw new StatusException(Status.WRONG_LENGTH);
  }

  /** The same header, on the same channel, without secure messaging and with other data. */
  Command unprotected(byte[] plain) {
    return new Command(bytes, cla & ~SECURE_MESSAGING, ins, p1, p2, plain, le, extended);
  }

  int channel() {
    return cla & CHANNEL;
  }

  boolean isSecure() {
    return (cla & SECURE_MESSAGING) != 0;
  }

  boolean isChained() {
    return (cla & CHAINING) != 0;
  }

  /** Whether its data field came with an extended Lc. */
  boolean hasExtendedLc() {
    return extended && data.length > 0;
  }

  /** See {@link Instruction}. */
  int instruction() {
    return Instruction.of(cla, ins);
  }

  boolean is(int instruction) {
    return instruction() == instruction;
  }

  private static int orAll(int le, int all) {
    return le == 0 ? all : le;
  }

  private static Command of(byte[] apdu, int from, int to, int le, boolean extended) {
    byte[] data = Bytes.slice(apdu, from, to);
    int cla = apdu[0] & 0xFF;
    return new Command(apdu, cla, apdu[1] & 0xFF, apdu[2] & 0xFF, apdu[3] & 0xFF, data, le, extended);
  }
}
