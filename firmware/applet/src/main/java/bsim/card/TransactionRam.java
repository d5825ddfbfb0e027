// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/**
 * What is kept of a transaction while it is read: {@link #LENGTH} bytes of the workspace, at most 500.
 * Numbers are big-endian. Nothing of it lasts beyond the making of the text that the holder confirms.
 */
final class TransactionRam {
  // CborReader.
  /** First byte of the item that is read: major type and additional information. */
  static final short INITIAL = Ram.WORK_AREA;
  /** Argument of that item, 8; the first bytes of it are 0 where its encoding is shorter. */
  static final short ARGUMENT = (short) (INITIAL + 1);
  static final short ARGUMENT_LENGTH = 8;
  /** Bytes of the argument still to come. */
  static final short ARGUMENT_LEFT = (short) (ARGUMENT + ARGUMENT_LENGTH);
  /** Bytes of the string still to come, 2, unsigned. */
  static final short CONTENT_LEFT = (short) (ARGUMENT_LEFT + 1);
  /** Open arrays and maps. */
  static final short DEPTH = (short) (CONTENT_LEFT + 2);
  /** 1 when the outermost item has been read. */
  static final short COMPLETE = (short) (DEPTH + 1);

  // KeyOrder.
  /** Bytes of the key that came so far. */
  static final short KEY_AT = (short) (COMPLETE + 1);
  /** 1 when the key is known to be greater than the one before it. */
  static final short KEY_ROSE = (short) (KEY_AT + 1);

  // Utf8Check.
  /** Continuation bytes still to come, and the least and the greatest that the next of them may be. */
  static final short UTF8_LEFT = (short) (KEY_ROSE + 1);
  static final short UTF8_LOW = (short) (UTF8_LEFT + 1);
  static final short UTF8_HIGH = (short) (UTF8_LOW + 1);
  /** Bytes of a byte order mark seen at the beginning: 0 to 2, or 3 when the text begins otherwise. */
  static final short UTF8_MARK = (short) (UTF8_HIGH + 1);

  // TransactionReader.
  /** 1 while all that came may be a transaction. */
  static final short ALIVE = (short) (UTF8_MARK + 1);
  /** Bytes read, 2: at most Protocol.SIGNED_BYTES_MAX. */
  static final short READ = (short) (ALIVE + 1);
  /** Bytes of the payload's length still to come; {@link #BEFORE_LENGTH} before its head. */
  static final short LENGTH_LEFT = (short) (READ + 2);
  static final byte BEFORE_LENGTH = 3;
  /** Bytes of the payload still to come, 2, unsigned. */
  static final short PAYLOAD_LEFT = (short) (LENGTH_LEFT + 1);

  // SigningPolicy.
  /** Where the policy begins and ends in the array of policies, 2 each. */
  static final short POLICY_AT = (short) (PAYLOAD_LEFT + 2);
  static final short POLICY_END = (short) (POLICY_AT + 2);

  // TransactionPayload.
  /** Place in {@link TransactionSteps} of the head that is expected next. */
  static final short STEP = (short) (POLICY_END + 2);
  /** Bits of {@link TransactionPayload}. */
  static final short FLAGS = (short) (STEP + 1);
  /** Where the next byte of the string goes that is kept, 2; 0 when none is. */
  static final short KEPT_AT = (short) (FLAGS + 1);
  /** Messages of the transaction, 1 to 16. */
  static final short MESSAGES = (short) (KEPT_AT + 2);
  /** Heads that stand for the curve and for the sign of y in the COSE_Key of the card's own key. */
  static final short OWN_CURVE = (short) (MESSAGES + 1);
  static final short OWN_SIGN = (short) (OWN_CURVE + 1);
  /** Currency of the transfer that is read, 3. */
  static final short CURRENCY = (short) (OWN_SIGN + 1);
  static final short CURRENCY_LENGTH = 3;
  /**
   * Currency of all transfers so far, 3, and their sum, 8; {@link TransactionPayload#PAYS} says whether there
   * is one.
   */
  static final short TOTAL_CURRENCY = (short) (CURRENCY + CURRENCY_LENGTH);
  static final short TOTAL = (short) (TOTAL_CURRENCY + CURRENCY_LENGTH);
  /** Length of the chain id, then its characters, at most 32. */
  static final short CHAIN_ID = (short) (TOTAL + Amount.LENGTH);
  /** Length of the name of the message that is read, then its characters, at most 32. */
  static final short NAME = (short) (CHAIN_ID + 33);
  /**
   * In the place of the name: x of the card's own key before the messages; the payee once its message is
   * known.
   */
  static final short OWN_X = NAME;
  static final short PAYEE = NAME;

  // CborReader and KeyOrder: a frame for each open array and map.
  static final short FRAMES = (short) (NAME + 33);
  static final short FRAMES_MAX = 8;
  /** Kind, one of {@link CborReader}'s. */
  static final short FRAME_KIND = 0;
  /** Items or pairs still to end, 2, unsigned. */
  static final short FRAME_LEFT = 1;
  /** The last key, head and all. */
  static final short FRAME_KEY = 3;
  static final short KEY_LENGTH_MAX = 32;
  static final short FRAME_LENGTH = (short) (FRAME_KEY + KEY_LENGTH_MAX);

  static final short LENGTH = (short) (FRAMES + FRAMES_MAX * FRAME_LENGTH - Ram.WORK_AREA);

  private TransactionRam() {}
}
