// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/** Whether bytes are an ICCID or an IMSI as they lie in a card's files, the first digit of each byte in its low half. */
final class Identifiers {
  private static final byte NO_DIGIT = 0x0F;

  /**
   * Ten bytes of EF.ICCID: 19 digits and F, or 20, that begin with 89, the last a Luhn check digit.
   * Source: ITU-T E.118 §4; ETSI TS 102 221 §13.2; ISO/IEC 7812-1 Annex B.
   */
  static boolean isIccid(byte[] data, short at) {
    if (data[at] != (byte) 0x98) return false;
    short count = digit(data, at, (short) 19) == NO_DIGIT ? (short) 19 : (short) 20;
    short sum = 0;
    for (short i = 0; i < count; i++) {
      short digit = digit(data, at, i);
      if (digit > 9) return false;
      // Every second digit, counted from the last, counts twice.
      if (((short) (count - i) & 1) == 0) {
        digit = (short) (digit << 1);
        if (digit > 9) digit -= 9;
      }
      sum += digit;
    }
    return (short) (sum % 10) == 0;
  }

  /** Nine bytes of EF.IMSI: 08, then the parity nibble 9 and 15 digits. Source: 3GPP TS 31.102 §4.2.2. */
  static boolean isImsi(byte[] data, short at) {
    if (data[at] != 8 || (data[(short) (at + 1)] & 0x0F) != 9) return false;
    for (short i = 3; i < 18; i++) if (digit(data, at, i) > 9) return false;
    return true;
  }

  private static short digit(byte[] data, short at, short i) {
    byte both = data[(short) (at + (short) (i >> 1))];
    return (short) ((i & 1) == 0 ? both & 0x0F : (both >> 4) & 0x0F);
  }

  private Identifiers() {}
}
