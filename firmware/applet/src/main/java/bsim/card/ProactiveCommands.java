// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * The two proactive commands by which a terminal asks the holder on the card's behalf, and its answers:
 * objects of a tag in one byte, with or without the comprehension bit, a length and a value. The texts are
 * ASCII of the letters, digits and signs that have the same code in the GSM default alphabet (3GPP TS 23.038
 * §6.2.1).
 *
 * <p>Source: ETSI TS 102 223 V17 §6.6.1, §6.6.2, §6.8, §8.6, §8.7, §8.12, §8.15, §9.4; ETSI TS 101 220 V17
 * §7.1.1.
 */
final class ProactiveCommands {
  /** What {@link #read} gives: it is no TERMINAL RESPONSE, which is 6A80. */
  static final byte UNREADABLE = 0;
  /** It says anything but what was asked. */
  static final byte REFUSED = 1;
  /** The text was shown; the holder said yes. */
  static final byte AGREED = 2;

  // Command numbers, types and qualifiers.
  private static final byte SHOW = 1;
  private static final byte ASK = 2;
  private static final byte DISPLAY_TEXT = 0x21;
  private static final byte GET_INKEY = 0x22;
  private static final byte USER_CLEARS = (byte) 0x80;
  private static final byte YES_NO = 0x04;

  // Tags, with the comprehension bit.
  private static final byte PROACTIVE = (byte) 0xD0;
  private static final byte DETAILS = (byte) 0x81;
  private static final byte DEVICES = (byte) 0x82;
  private static final byte RESULT = (byte) 0x83;
  private static final byte TEXT = (byte) 0x8D;
  private static final byte COMPREHENSION = (byte) 0x80;
  /** No tags: 00, and 7F with or without the comprehension bit. */
  private static final byte TAG_NONE = 0x00;
  private static final byte TAG_LONG = (byte) 0xFF;

  // Devices.
  private static final byte DISPLAY = 0x02;
  private static final byte UICC = (byte) 0x81;
  private static final byte TERMINAL = (byte) 0x82;

  // Results: performed; performed without the icon.
  private static final byte PERFORMED = 0x00;
  private static final byte PERFORMED_WITHOUT_ICON = 0x04;
  /** Coding of a text: a byte a character of the GSM default alphabet. */
  private static final byte CODING_GSM = 0x04;
  private static final byte YES = 0x01;

  /** From here on a length of one byte is none; 81 comes before one byte, 82 before two. */
  private static final short LENGTH_LONG = 0x80;
  private static final short LENGTH_81 = 0x81;
  private static final short LENGTH_82 = 0x82;
  private static final short DETAILS_LENGTH = 3;
  private static final short DEVICES_LENGTH = 2;
  private static final short YES_LENGTH = 2;
  /** Both of them, with their heads. */
  private static final short DETAILS_AND_DEVICES = 9;

  /** {@code Sign it?}. */
  private static final byte[] QUESTION = {0x53, 0x69, 0x67, 0x6E, 0x20, 0x69, 0x74, 0x3F};

  private ProactiveCommands() {}

  /** Writes DISPLAY TEXT for at most 240 characters and gives its length, at most 16 bytes more. */
  static short displayText(byte[] text, short at, short length, byte[] out, short outAt) {
    short end = head(SHOW, DISPLAY_TEXT, USER_CLEARS, DISPLAY, length, out, outAt);
    return (short) (Util.arrayCopyNonAtomic(text, at, out, end, length) - outAt);
  }

  /** Writes GET INKEY, which asks whether to sign, yes or no, and gives its length. */
  static short askYesOrNo(byte[] out, short outAt) {
    short length = (short) QUESTION.length;
    short end = head(ASK, GET_INKEY, YES_NO, TERMINAL, length, out, outAt);
    return (short) (Util.arrayCopyNonAtomic(QUESTION, (short) 0, out, end, length) - outAt);
  }

  /**
   * Reads the data field of TERMINAL RESPONSE to the text or to the question; gives one of {@link
   * #UNREADABLE}, {@link #REFUSED} and {@link #AGREED}. The first object of each kind counts, and others are
   * passed over.
   */
  static byte read(byte[] data, short at, short length, boolean isQuestion) {
    short end = (short) (at + length);
    if (!isWhole(data, at, end)) return UNREADABLE;
    short details = find(DETAILS, data, at, end);
    short devices = find(DEVICES, data, at, end);
    short result = find(RESULT, data, at, end);
    if (details == 0 || lengthOf(data, details) != DETAILS_LENGTH) return UNREADABLE;
    if (devices == 0 || lengthOf(data, devices) < DEVICES_LENGTH) return UNREADABLE;
    if (result == 0 || lengthOf(data, result) == 0) return UNREADABLE;
    short device = valueOf(data, devices);
    if (data[device] != TERMINAL || data[(short) (device + 1)] != UICC) return UNREADABLE;
    byte done = data[valueOf(data, result)];
    if (done != PERFORMED && done != PERFORMED_WITHOUT_ICON) return REFUSED;
    short value = valueOf(data, details);
    boolean isAgreed =
        isQuestion
            ? isAbout(ASK, GET_INKEY, data, value)
                && (data[(short) (value + 2)] & YES_NO) != 0
                && saysYes(data, find(TEXT, data, at, end))
            : isAbout(SHOW, DISPLAY_TEXT, data, value);
    return isAgreed ? AGREED : REFUSED;
  }

  private static boolean isAbout(byte number, byte type, byte[] data, short details) {
    return data[details] == number && data[(short) (details + 1)] == type;
  }

  private static boolean saysYes(byte[] data, short text) {
    if (text == 0 || lengthOf(data, text) != YES_LENGTH) return false;
    short value = valueOf(data, text);
    return data[value] == CODING_GSM && data[(short) (value + 1)] == YES;
  }

  /** Writes a command up to its text; gives the place behind. */
  private static short head(
      byte number, byte type, byte qualifier, byte device, short length, byte[] out, short at) {
    short text = (short) (length + 1);
    short headLength = (short) (text < LENGTH_LONG ? 2 : 3);
    at = object(PROACTIVE, (short) (DETAILS_AND_DEVICES + headLength + text), out, at);
    at = object(DETAILS, DETAILS_LENGTH, out, at);
    out[at] = number;
    out[(short) (at + 1)] = type;
    out[(short) (at + 2)] = qualifier;
    at = object(DEVICES, DEVICES_LENGTH, out, (short) (at + 3));
    out[at] = UICC;
    out[(short) (at + 1)] = device;
    at = object(TEXT, text, out, (short) (at + 2));
    out[at] = CODING_GSM;
    return (short) (at + 1);
  }

  /** Writes tag and length, below 256; gives the place behind. */
  private static short object(byte tag, short length, byte[] out, short at) {
    out[at] = tag;
    at++;
    if (length >= LENGTH_LONG) {
      out[at] = (byte) LENGTH_81;
      at++;
    }
    out[at] = (byte) length;
    return (short) (at + 1);
  }

  /** Whether objects fill the bytes. */
  private static boolean isWhole(byte[] data, short at, short end) {
    while (at < end) {
      byte tag = data[at];
      if (tag == TAG_NONE || (byte) (tag | COMPREHENSION) == TAG_LONG) return false;
      short lengthAt = (short) (at + 1);
      if (lengthAt == end) return false;
      short width = widthOf(data, lengthAt);
      if (width == 0 || width > (short) (end - lengthAt)) return false;
      short length = lengthOf(data, lengthAt);
      short value = valueOf(data, lengthAt);
      // Below 0 it is 32768 or more.
      if (length < 0 || length > (short) (end - value)) return false;
      at = (short) (value + length);
    }
    return true;
  }

  /** Place of the length of the first object with that tag; 0 for none. */
  private static short find(byte tag, byte[] data, short at, short end) {
    while (at < end) {
      short lengthAt = (short) (at + 1);
      if ((byte) (data[at] | COMPREHENSION) == tag) return lengthAt;
      at = (short) (valueOf(data, lengthAt) + lengthOf(data, lengthAt));
    }
    return 0;
  }

  /** Bytes of a length; 0 where there is no such length. */
  private static short widthOf(byte[] data, short lengthAt) {
    short first = (short) (data[lengthAt] & 0xFF);
    if (first < LENGTH_LONG) return 1;
    if (first == LENGTH_81) return 2;
    return (short) (first == LENGTH_82 ? 3 : 0);
  }

  private static short lengthOf(byte[] data, short lengthAt) {
    short width = widthOf(data, lengthAt);
    short low = (short) (data[(short) (lengthAt + width - 1)] & 0xFF);
    return width < 3 ? low : (short) ((short) (data[(short) (lengthAt + 1)] << 8) | low);
  }

  private static short valueOf(byte[] data, short lengthAt) {
    return (short) (lengthAt + widthOf(data, lengthAt));
  }
}
