// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Who holds the card: life-cycle state, ICCID and IMSI, PIN, PUK and duress PIN with their tries, and the rules for PINs.
 * One persistent array; what changes together is written in a transaction of the caller.
 */
final class Holder {
  /** Length of a PIN or PUK block. */
  static final short BLOCK = 8;
  static final short ICCID_LENGTH = 10;
  static final short IMSI_LENGTH = 9;
  /** Most bytes of the forbidden PINs. */
  static final short FORBIDDEN_MAX = 128;

  // Places in the array.
  static final short PIN_TRIES = 1;
  static final short PUK_TRIES = 2;
  static final short PIN = 3;
  static final short PUK = 11;
  /** Eight FF where there is none: then it is written and compared all the same. */
  static final short DURESS_PIN = 19;
  static final short ICCID = 27;
  static final short IMSI = 37;
  static final short RULES = 46;
  static final short FORBIDDEN_LENGTH = 48;
  static final short FORBIDDEN = 49;

  private static final short LIFE_CYCLE = 0;
  /** Whether something of a holder may lie here where the card has none. */
  private static final short TO_BE_WIPED = (short) (FORBIDDEN + FORBIDDEN_MAX);
  private static final short LENGTH = (short) (TO_BE_WIPED + 1);
  /** Fewest digits where nobody set another rule. */
  private static final byte DIGITS_MIN = 4;

  private final byte[] data;

  /** The holder of a blank card. */
  Holder() {
    data = new byte[LENGTH];
    leave(Protocol.LIFE_CYCLE_SELECTABLE);
    wipe();
  }

  byte lifeCycle() {
    return data[LIFE_CYCLE];
  }

  /** The bit of the life-cycle state, one of Protocol.STATE_. */
  byte stateBit() {
    switch (data[LIFE_CYCLE]) {
      case Protocol.LIFE_CYCLE_SELECTABLE:
        return Protocol.STATE_SELECTABLE;
      case Protocol.LIFE_CYCLE_PERSONALISED:
        return Protocol.STATE_PERSONALISED;
      case Protocol.LIFE_CYCLE_BLOCKED:
        return Protocol.STATE_BLOCKED;
      default:
        return Protocol.STATE_TERMINATED;
    }
  }

  /** Takes part in a transaction. */
  void setLifeCycle(byte state) {
    data[LIFE_CYCLE] = state;
  }

  /** A byte at one of the places. */
  byte at(short place) {
    return data[place];
  }

  /** Writes a byte at one of the places; it is there, whole, when this returns, unless a transaction is open. */
  void set(short place, byte value) {
    data[place] = value;
  }

  /** Takes over bytes at a place; takes part in a transaction. */
  void put(short place, byte[] from, short at, short length) {
    Util.arrayCopy(from, at, data, place, length);
  }

  /** Gives bytes of a place; gives the place behind them. */
  short get(short place, short length, byte[] out, short at) {
    return Util.arrayCopyNonAtomic(data, place, out, at, length);
  }

  /** Whether a block equals the one at a place, in the same time whatever they are. */
  boolean matches(short place, byte[] block, short at) {
    return isSame(data, place, block, at);
  }

  /** Begins to take over bytes for a holder to come; where the card stays blank, {@link #cleanUp} wipes them. */
  void begin() {
    data[TO_BE_WIPED] = 1;
  }

  /** Takes over bytes for a holder to come, of a card that is blank; {@link #begin} came before. */
  void prepare(short place, byte[] from, short at, short length) {
    Util.arrayCopyNonAtomic(from, at, data, place, length);
  }

  /** Leaves the holder, in a transaction: nothing of his counts any more. {@link #wipe} follows it. */
  void leave(byte state) {
    data[LIFE_CYCLE] = state;
    data[TO_BE_WIPED] = 1;
    setDefaults();
  }

  /** Wipes what is of nobody any more. */
  void wipe() {
    Util.arrayFillNonAtomic(data, PIN, (short) (DURESS_PIN - PIN), (byte) 0);
    Util.arrayFillNonAtomic(data, DURESS_PIN, BLOCK, (byte) 0xFF);
    Util.arrayFillNonAtomic(data, ICCID, (short) (ICCID_LENGTH + IMSI_LENGTH), (byte) 0);
    Util.arrayFillNonAtomic(data, FORBIDDEN_LENGTH, (short) (1 + FORBIDDEN_MAX), (byte) 0);
    data[TO_BE_WIPED] = 0;
  }

  /** Wipes what a cut in personalisation or erasure left. */
  void cleanUp() {
    if (!isHeld() && data[TO_BE_WIPED] != 0) wipe();
  }

  /** Whether the card has a holder: it is personalised or blocked. */
  boolean isHeld() {
    byte state = data[LIFE_CYCLE];
    return state == Protocol.LIFE_CYCLE_PERSONALISED || state == Protocol.LIFE_CYCLE_BLOCKED;
  }

  /** Whether a block is a PIN that the rules allow; the same time whatever the forbidden ones are. */
  boolean allows(byte[] block, short at) {
    return PinRules.allows(data, RULES, data, FORBIDDEN, data[FORBIDDEN_LENGTH], block, at);
  }

  /** Tries and rules of a card without holder. */
  private void setDefaults() {
    data[PIN_TRIES] = (byte) Protocol.PIN_TRIES;
    data[PUK_TRIES] = (byte) Protocol.PUK_TRIES;
    data[RULES] = 0;
    data[(short) (RULES + 1)] = DIGITS_MIN;
  }

  private static boolean isSame(byte[] a, short aAt, byte[] b, short bAt) {
    byte difference = 0;
    for (short i = 0; i < BLOCK; i++)
      difference |= (byte) (a[(short) (aAt + i)] ^ b[(short) (bAt + i)]);
    return difference == 0;
  }
}
