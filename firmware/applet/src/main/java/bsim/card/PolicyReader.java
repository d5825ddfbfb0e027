// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Reads the policy of a new key and writes it in its canonical form: 80 flags, 81 message types, 82 currency,
 * 83 digits of its minor unit, 84 most of one transaction, 85 most of all, those that are there, in this
 * order. 6A80 where a value has not its form, or where what binds transactions would bind nothing.
 */
final class PolicyReader {
  /** Most bytes of a policy in its canonical form. */
  static final short LENGTH_MAX = 129;
  /** The policy of a key that is given none: messages and transactions. */
  static final byte[] DEFAULT = {
    (byte) 0x80, 1, (byte) (Protocol.POLICY_MESSAGES | Protocol.POLICY_TRANSACTIONS),
  };

  /** Bytes of scratch. */
  static final short SCRATCH = (short) (6 * Tlv.PLACE);

  private static final short FLAGS = 0;
  private static final short MESSAGE_TYPES = 1;
  private static final short CURRENCY = 2;
  private static final short DIGITS = 3;
  private static final short PER_TRANSACTION = 4;
  private static final short CUMULATIVE = 5;
  private static final byte[] ROWS = {
    0, (byte) 0x80, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x81, 3, 96, Tlv.OPTIONAL,
    0, (byte) 0x82, 3, 3, Tlv.OPTIONAL,
    0, (byte) 0x83, 1, 1, Tlv.OPTIONAL,
    0, (byte) 0x84, 8, 8, Tlv.OPTIONAL,
    0, (byte) 0x85, 8, 8, Tlv.OPTIONAL,
  };

  private static final byte ALL_FLAGS = 0x3F;
  /** What shows whether the card reads all that it signs, but for messages. */
  private static final byte WHAT_IS_SIGNED = Protocol.POLICY_DIGESTS | Protocol.POLICY_TRANSACTIONS;
  private static final byte DIGITS_MAX = 18;
  private static final short NAME_MIN = 3;
  private static final short NAME_MAX = 32;

  private static final byte COMMA = 0x2C;
  private static final byte HYPHEN = 0x2D;
  private static final byte SLASH = 0x2F;

  private PolicyReader() {}

  /**
   * Writes the canonical policy at {@code outAt} and gives its length; {@code scratch} is in the same array.
   */
  static short read(byte[] data, short at, short length, byte[] out, short outAt, short scratch) {
    Tlv.read(data, at, length, ROWS, out, scratch);
    requireRules(data, out, scratch);
    short behind = outAt;
    for (short row = FLAGS; row <= CUMULATIVE; row++) {
      if (!Tlv.isThere(out, scratch, row)) continue;
      short size = Tlv.length(out, scratch, row);
      behind = Tlv.write((byte) (0x80 + row), data, Tlv.place(out, scratch, row), size, out, behind);
    }
    return (short) (behind - outAt);
  }

  private static void requireRules(byte[] data, byte[] places, short at) {
    byte flags = data[Tlv.place(places, at, FLAGS)];
    boolean isTyped = Tlv.isThere(places, at, MESSAGE_TYPES);
    boolean isLimited = Tlv.isThere(places, at, PER_TRANSACTION) || Tlv.isThere(places, at, CUMULATIVE);
    boolean binds = isLimited || isTyped || (flags & Protocol.POLICY_CONFIRMATION) != 0;
    boolean isGood =
        (flags & (byte) ~ALL_FLAGS) == 0
            && isLimited == Tlv.isThere(places, at, CURRENCY)
            && isLimited == Tlv.isThere(places, at, DIGITS)
            && (!binds
                || (flags & WHAT_IS_SIGNED) == Protocol.POLICY_TRANSACTIONS);
    if (!isGood) Tlv.refuse();
    short names = Tlv.place(places, at, MESSAGE_TYPES);
    if (isTyped) requireNames(data, names, Tlv.length(places, at, MESSAGE_TYPES));
    if (!isLimited) return;
    byte digits = data[Tlv.place(places, at, DIGITS)];
    if (digits < 0 || digits > DIGITS_MAX) Tlv.refuse();
    short currency = Tlv.place(places, at, CURRENCY);
    for (short i = 0; i < 3; i++) {
      byte letter = data[(short) (currency + i)];
      if (letter < 0x41 || letter > 0x5A) Tlv.refuse();
    }
  }

  /** Message types, each once, with a comma between two. */
  private static void requireNames(byte[] data, short at, short length) {
    short end = (short) (at + length);
    short start = at;
    while (true) {
      short stop = endOfName(data, start, end);
      if (isNamedBefore(data, at, start, stop)) Tlv.refuse();
      if (stop == end) return;
      start = (short) (stop + 1);
    }
  }

  /** Place behind a name of 3 to 32 characters, {@code module/verb} of a-z, 0-9 and hyphen. */
  private static short endOfName(byte[] data, short start, short end) {
    short slash = 0;
    short at = start;
    for (; at < end && data[at] != COMMA; at++) {
      if (data[at] == SLASH && slash == 0) slash = at;
      else if (!isNameCharacter(data[at])) Tlv.refuse();
    }
    short length = (short) (at - start);
    if (length < NAME_MIN || length > NAME_MAX) Tlv.refuse();
    if (slash == 0 || slash == start || slash == (short) (at - 1)) Tlv.refuse();
    return at;
  }

  private static boolean isNameCharacter(byte character) {
    return (character >= 0x61 && character <= 0x7A)
        || (character >= 0x30 && character <= 0x39)
        || character == HYPHEN;
  }

  /** Whether one of the names from {@code from} to {@code start} is the one from there to {@code stop}. */
  private static boolean isNamedBefore(byte[] data, short from, short start, short stop) {
    short length = (short) (stop - start);
    for (short at = from; (short) (at + length) < start; at++) {
      boolean isName = at == from || data[(short) (at - 1)] == COMMA;
      if (isName
          && data[(short) (at + length)] == COMMA
          && Util.arrayCompare(data, at, data, start, length) == 0) return true;
    }
    return false;
  }
}
