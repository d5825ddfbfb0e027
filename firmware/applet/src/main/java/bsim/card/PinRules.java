// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/** What is a PIN, a PUK, and which PINs a card takes. Source: ETSI TS 102 221, PIN coding; docs/card.md. */
final class PinRules {
  /** Whether 8 bytes are at least so many digits, and then only FF. */
  static boolean isBlock(byte[] block, short at, short least) {
    return digits(block, at) >= least;
  }

  /** Whether rules are known ones: flags, then the fewest digits from 4 to 8. */
  static boolean areRules(byte[] rules, short at) {
    byte least = rules[(short) (at + 1)];
    byte known = (byte) (Protocol.PIN_RULE_NO_REPETITION | Protocol.PIN_RULE_NO_SEQUENCE);
    return (byte) (rules[at] & (byte) ~known) == 0 && least >= 4 && least <= Holder.BLOCK;
  }

  /** Whether a block is a PIN that rules and forbidden blocks, that many bytes of them, allow. */
  static boolean allows(
      byte[] rules, short rulesAt, byte[] forbidden, short forbiddenAt, short forbiddenLength, byte[] block, short at) {
    short count = digits(block, at);
    if (count < 4 || count < rules[(short) (rulesAt + 1)]) return false;
    byte flags = rules[rulesAt];
    if ((flags & Protocol.PIN_RULE_NO_REPETITION) != 0 && goesBy((short) 0, block, at, count)) return false;
    if ((flags & Protocol.PIN_RULE_NO_SEQUENCE) != 0
        && (goesBy((short) 1, block, at, count) || goesBy((short) -1, block, at, count))) return false;
    boolean isForbidden = false;
    short length = (short) (forbiddenLength & 0xFF);
    for (short i = 0; i < length; i += Holder.BLOCK) {
      byte difference = 0;
      for (short j = 0; j < Holder.BLOCK; j++)
        difference |= (byte) (forbidden[(short) (forbiddenAt + i + j)] ^ block[(short) (at + j)]);
      isForbidden |= difference == 0;
    }
    return !isForbidden;
  }

  /** Number of digits before the filling; 0 for what is no such block. */
  private static short digits(byte[] block, short at) {
    short count = 0;
    while (count < Holder.BLOCK && block[(short) (at + count)] != (byte) 0xFF) {
      byte digit = block[(short) (at + count)];
      if (digit < 0x30 || digit > 0x39) return 0;
      count++;
    }
    for (short i = count; i < Holder.BLOCK; i++) if (block[(short) (at + i)] != (byte) 0xFF) return 0;
    return count;
  }

  /** Whether each digit is that much more than the one before. */
  private static boolean goesBy(short step, byte[] block, short at, short count) {
    for (short i = 1; i < count; i++)
      if ((short) (block[(short) (at + i)] - block[(short) (at + i - 1)]) != step) return false;
    return true;
  }

  private PinRules() {}
}
