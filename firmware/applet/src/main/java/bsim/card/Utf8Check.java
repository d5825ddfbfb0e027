// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/**
 * Whether texts are UTF-8, and none begins with a byte order mark, which decoders drop or keep as they like.
 * A lead byte says how many bytes follow and, in E0, ED, F0 and F4, narrows the range of the first of them:
 * that alone shuts out longer forms, surrogates and what is beyond U+10FFFF.
 *
 * <p>Source: RFC 3629 §4 (the ranges), §6 (the mark).
 */
final class Utf8Check {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte MARK_LENGTH = 3;
  private static final byte LOW = (byte) 0x80;
  private static final byte HIGH = (byte) 0xBF;

  private final byte[] ram;

  /** {@code ram} is laid out by {@link TransactionRam}. */
  Utf8Check(byte[] ram) {
    this.ram = ram;
  }

  /** Begins with a new text. */
  void begin() {
    ram[TransactionRam.UTF8_LEFT] = 0;
    ram[TransactionRam.UTF8_MARK] = 0;
    widen();
  }

  /** Takes the next byte of the text; whether the text may still be right. */
  boolean next(byte next) {
    if (isMark(next)) return false;
    short code = (short) (next & 0xFF);
    byte left = ram[TransactionRam.UTF8_LEFT];
    if (left == 0) return lead(code);
    if (code < (short) (ram[TransactionRam.UTF8_LOW] & 0xFF)) return false;
    if (code > (short) (ram[TransactionRam.UTF8_HIGH] & 0xFF)) return false;
    ram[TransactionRam.UTF8_LEFT] = (byte) (left - 1);
    widen();
    return true;
  }

  /** Whether the text may end here. */
  boolean isWhole() {
    return ram[TransactionRam.UTF8_LEFT] == 0;
  }

  /** Whether the text begins with a whole byte order mark, of which this is the last byte. */
  private boolean isMark(byte next) {
    byte seen = ram[TransactionRam.UTF8_MARK];
    if (seen == MARK_LENGTH) return false;
    byte now = next == BYTE_ORDER_MARK[seen] ? (byte) (seen + 1) : MARK_LENGTH;
    ram[TransactionRam.UTF8_MARK] = now;
    return now == MARK_LENGTH && next == BYTE_ORDER_MARK[seen];
  }

  private boolean lead(short code) {
    if (code < 0x80) return true;
    if (code < 0xC2 || code > 0xF4) return false;
    ram[TransactionRam.UTF8_LEFT] = (byte) (code < 0xE0 ? 1 : code < 0xF0 ? 2 : 3);
    if (code == 0xE0) ram[TransactionRam.UTF8_LOW] = (byte) 0xA0;
    else if (code == 0xED) ram[TransactionRam.UTF8_HIGH] = (byte) 0x9F;
    else if (code == 0xF0) ram[TransactionRam.UTF8_LOW] = (byte) 0x90;
    else if (code == 0xF4) ram[TransactionRam.UTF8_HIGH] = (byte) 0x8F;
    return true;
  }

  private void widen() {
    ram[TransactionRam.UTF8_LOW] = LOW;
    ram[TransactionRam.UTF8_HIGH] = HIGH;
  }
}
