// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/** What the holder is asked about a transaction of one message, as docs/card.md has it, in ASCII. */
final class ConfirmationText {
  static final short MAX = 164;
  private static final short HASH_SHOWN = 4;

  /**
   * {@code Pay }, {@code Sign }, {@code  to }, {@code  on }, {@code ? Hash } and {@code  (smallest units)}.
   */
  private static final byte[] PAY = {0x50, 0x61, 0x79, 0x20};
  private static final byte[] SIGN = {0x53, 0x69, 0x67, 0x6E, 0x20};
  private static final byte[] TO = {0x20, 0x74, 0x6F, 0x20};
  private static final byte[] ON = {0x20, 0x6F, 0x6E, 0x20};
  private static final byte[] HASH = {0x3F, 0x20, 0x48, 0x61, 0x73, 0x68, 0x20};
  private static final byte[] SMALLEST_UNITS = {
    0x20, 0x28, 0x73, 0x6D, 0x61, 0x6C, 0x6C, 0x65, 0x73, 0x74, 0x20, 0x75, 0x6E, 0x69, 0x74, 0x73, 0x29,
  };
  private static final byte SPACE = 0x20;
  private static final byte POINT = 0x2E;
  private static final byte DIGIT_ZERO = 0x30;
  /** From the character after 9 to A. */
  private static final byte BEFORE_A = 7;

  private ConfirmationText() {}

  /**
   * Writes the text of the transaction in {@link TransactionRam} and gives its length; of the amount nothing
   * is left. {@code digits} is that of the limit, below 0 where there is none in the currency that is paid.
   */
  static short write(
      byte[] ram, boolean pays, short digits, byte[] hash, short hashAt, byte[] out, short outAt) {
    short at;
    if (pays) {
      at = append(PAY, out, outAt);
      at = amount(ram, digits, out, at);
      at = append(TO, out, at);
      at = (short) (at + AddressText.write(ram, TransactionRam.PAYEE, out, at));
    } else {
      at = append(SIGN, out, outAt);
      at = counted(ram, TransactionRam.NAME, out, at);
    }
    at = append(ON, out, at);
    at = counted(ram, TransactionRam.CHAIN_ID, out, at);
    at = append(HASH, out, at);
    for (short i = 0; i < HASH_SHOWN; i++) {
      byte next = hash[(short) (hashAt + i)];
      out[at] = hexDigit((short) ((next >> 4) & 0x0F));
      out[(short) (at + 1)] = hexDigit((short) (next & 0x0F));
      at = (short) (at + 2);
    }
    return (short) (at - outAt);
  }

  private static short amount(byte[] ram, short digits, byte[] out, short at) {
    short least = digits < 0 ? 1 : (short) (digits + 1);
    at = (short) (at + Amount.decimal(ram, TransactionRam.TOTAL, least, out, at));
    if (digits > 0) {
      short point = (short) (at - digits);
      Util.arrayCopyNonAtomic(out, point, out, (short) (point + 1), digits);
      out[point] = POINT;
      at++;
    }
    out[at] = SPACE;
    at++;
    at =
        Util.arrayCopyNonAtomic(
            ram, TransactionRam.TOTAL_CURRENCY, out, at, TransactionRam.CURRENCY_LENGTH);
    return digits < 0 ? append(SMALLEST_UNITS, out, at) : at;
  }

  /** Each appends at a place and gives the place behind. */
  private static short append(byte[] text, byte[] out, short at) {
    return Util.arrayCopyNonAtomic(text, (short) 0, out, at, (short) text.length);
  }

  private static short counted(byte[] ram, short lengthAt, byte[] out, short at) {
    return Util.arrayCopyNonAtomic(ram, (short) (lengthAt + 1), out, at, ram[lengthAt]);
  }

  private static byte hexDigit(short value) {
    return (byte) (value < 10 ? DIGIT_ZERO + value : DIGIT_ZERO + BEFORE_A + value);
  }
}
