// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * The heads of a transaction's payload, one after the other, in lists: deterministic order leaves one
 * sequence of heads. A step is the one head that may stand there, or a major type with additional information
 * that no shortest head has, for one whose argument is looked at. Source: docs/transaction.md; labels of a
 * COSE_Key: RFC 9053 §7.1.1, §7.2.
 */
final class TransactionSteps {
  /** These bits are set in steps whose argument is looked at, and in no other. */
  static final byte LOOK = 0x18;

  static final byte UINT_LANE = 0x18;
  static final byte UINT_ANY = 0x19;
  static final byte UINT_AMOUNT = 0x1A;
  static final byte UINT_OWN_CURVE = 0x1B;
  static final byte UINT_CURVE = 0x1C;
  static final byte BYTES_OWN_X = 0x58;
  static final byte BYTES_PAYEE = 0x59;
  /** Strings that are passed over: of 32 bytes, and of any length. */
  static final byte BYTES_X = 0x5A;
  static final byte BYTES_ANY = 0x5B;
  static final byte TEXT_CHAIN_ID = 0x78;
  static final byte TEXT_NAME = 0x79;
  static final byte TEXT_CURRENCY = 0x7A;
  static final byte TEXT_ANY = 0x7B;
  static final byte ARRAY_MESSAGES = (byte) 0x98;
  static final byte MAP_KEY = (byte) 0xB8;
  static final byte MAP_ANY = (byte) 0xB9;
  static final byte SIMPLE_OWN_SIGN = (byte) 0xF8;
  static final byte SIMPLE_SIGN = (byte) 0xF9;
  /** Nothing may stand there. */
  static final byte END = (byte) 0xFF;

  // Places of the lists.
  static final byte PAYLOAD = 0;
  static final byte MESSAGE = 21;
  static final byte TRANSFER = 24;
  static final byte CREATE = 32;
  /** From within the COSE_Key on, which has 3 members on Ed25519 and 4 on the others. */
  static final byte CREATE_EDWARDS = 36;
  static final byte CREATE_ELLIPTIC = 45;
  static final byte DEACTIVATE = 56;
  static final byte UNKNOWN = 60;

  private static final byte[] STEPS = {
    // PAYLOAD: {1: chain id, 2: {1: 2, -1: curve, -2: x, -3: sign}, 3: lane, 4: sequence, 5: expiry,
    // 6: [messages]}
    (byte) 0xA6, 1, TEXT_CHAIN_ID, 2,
    (byte) 0xA4, 1, 2, 0x20, UINT_OWN_CURVE, 0x21, BYTES_OWN_X, 0x22, SIMPLE_OWN_SIGN,
    3, UINT_LANE, 4, UINT_ANY, 5, UINT_ANY, 6, ARRAY_MESSAGES,
    // MESSAGE: [name, body]
    (byte) 0x82, TEXT_NAME, END,
    // TRANSFER: {1: payee, 2: currency, 3: amount}
    (byte) 0xA3, 1, BYTES_PAYEE, 2, TEXT_CURRENCY, 3, UINT_AMOUNT, END,
    // CREATE: {1: key, 2: proof}
    (byte) 0xA2, 1, MAP_KEY, END,
    // CREATE_EDWARDS: 1: 1, -1: 6, -2: x
    1, 1, 0x20, 6, 0x21, BYTES_X, 2, BYTES_ANY, END,
    // CREATE_ELLIPTIC: 1: 2, -1: curve, -2: x, -3: sign
    1, 2, 0x20, UINT_CURVE, 0x21, BYTES_X, 0x22, SIMPLE_SIGN, 2, BYTES_ANY, END,
    // DEACTIVATE: {1: did}
    (byte) 0xA1, 1, TEXT_ANY, END,
    // UNKNOWN
    MAP_ANY, END,
  };

  private TransactionSteps() {}

  /** The step at a place. */
  static byte at(short place) {
    return STEPS[place];
  }

  /**
   * Place of the body of messages of that name; {@link #UNKNOWN} for those that the card does not understand.
   */
  static byte bodyOf(byte[] name, short at, short length) {
    if (is(Protocol.MONEY_TRANSFER, name, at, length)) return TRANSFER;
    if (is(Protocol.IDENTITY_CREATE, name, at, length)) return CREATE;
    if (is(Protocol.IDENTITY_DEACTIVATE, name, at, length)) return DEACTIVATE;
    return UNKNOWN;
  }

  private static boolean is(byte[] known, byte[] name, short at, short length) {
    return length == (short) known.length && Util.arrayCompare(known, (short) 0, name, at, length) == 0;
  }
}
