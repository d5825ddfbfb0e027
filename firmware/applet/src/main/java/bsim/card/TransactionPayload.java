// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Takes the payload of a transaction as it is read and refuses, with 6A80, what is not one of the card's own
 * key. Bodies of messages that it does not know are passed over as any deterministic map; whether such a
 * message may be signed is for the policy to say, and shows only when the transaction is complete.
 */
final class TransactionPayload implements CborSink {
  // Bits of TransactionRam.FLAGS.
  /** A body is passed over. */
  private static final byte SKIPPING = 0x01;
  /** What comes now are messages. */
  private static final byte IN_MESSAGES = 0x02;
  /** There is a transfer. */
  static final byte PAYS = 0x04;
  /** There is a message that the policy does not allow. */
  static final byte FORBIDDEN = 0x08;
  /** The x that comes now is not that of the card's own key. */
  private static final byte OTHER_X = 0x10;

  /** Open arrays and maps where a message ends, and where its body ends. */
  private static final byte MESSAGE_DEPTH = 2;
  private static final byte BODY_DEPTH = 3;
  private static final short LONGEST = 32;
  private static final short SHORTEST_NAME = 3;
  private static final short MESSAGES_MAX = 16;
  private static final byte POINT_LENGTH = 65;
  private static final byte HEAD_FALSE = (byte) 0xF4;
  private static final byte HEAD_TRUE = (byte) 0xF5;
  private static final byte HEAD_MAP_3 = (byte) 0xA3;
  private static final byte HEAD_MAP_4 = (byte) 0xA4;
  private static final byte HYPHEN = 0x2D;
  private static final byte SLASH = 0x2F;

  private final byte[] ram;
  private final SigningPolicy policy;

  /** {@code ram} is laid out by {@link TransactionRam}. */
  TransactionPayload(byte[] ram, SigningPolicy policy) {
    this.ram = ram;
    this.policy = policy;
  }

  /** Begins with a transaction of the key whose COSE curve and point 04‖X‖Y these are. */
  void begin(byte coseCurve, byte[] point, short at) {
    ram[TransactionRam.STEP] = TransactionSteps.PAYLOAD;
    ram[TransactionRam.FLAGS] = 0;
    Util.setShort(ram, TransactionRam.KEPT_AT, (short) 0);
    Util.arrayFillNonAtomic(ram, TransactionRam.TOTAL, Amount.LENGTH, (byte) 0);
    ram[TransactionRam.OWN_CURVE] = coseCurve;
    boolean isOdd = (point[(short) (at + POINT_LENGTH - 1)] & 1) != 0;
    ram[TransactionRam.OWN_SIGN] = isOdd ? HEAD_TRUE : HEAD_FALSE;
    Util.arrayCopyNonAtomic(point, (short) (at + 1), ram, TransactionRam.OWN_X, LONGEST);
  }

  /** Whether one of {@link #PAYS} and {@link #FORBIDDEN} was found. */
  boolean has(byte flag) {
    return (ram[TransactionRam.FLAGS] & flag) != 0;
  }

  public void head(byte initial) {
    if (has(SKIPPING)) return;
    byte step = TransactionSteps.at(ram[TransactionRam.STEP]);
    ram[TransactionRam.STEP]++;
    if ((step & TransactionSteps.LOOK) != TransactionSteps.LOOK) {
      require(step == initial);
      return;
    }
    require((byte) ((step ^ initial) & CborReader.MAJOR) == 0);
    switch (step) {
      case TransactionSteps.UINT_ANY:
      case TransactionSteps.BYTES_ANY:
      case TransactionSteps.TEXT_ANY:
        break;
      case TransactionSteps.UINT_LANE:
        require(Amount.isZero(ram, TransactionRam.ARGUMENT, (short) 4));
        break;
      case TransactionSteps.UINT_AMOUNT:
        pay();
        break;
      case TransactionSteps.UINT_OWN_CURVE:
        require(initial == ram[TransactionRam.OWN_CURVE]);
        break;
      case TransactionSteps.UINT_CURVE:
        require(initial == Protocol.COSE_CURVE_P256 || initial == Protocol.COSE_CURVE_SECP256K1);
        break;
      case TransactionSteps.SIMPLE_OWN_SIGN:
        require(initial == ram[TransactionRam.OWN_SIGN]);
        break;
      case TransactionSteps.SIMPLE_SIGN:
        require(initial == HEAD_FALSE || initial == HEAD_TRUE);
        break;
      case TransactionSteps.ARRAY_MESSAGES:
        beginMessages();
        break;
      case TransactionSteps.MAP_KEY:
        require(initial == HEAD_MAP_3 || initial == HEAD_MAP_4);
        ram[TransactionRam.STEP] =
            initial == HEAD_MAP_3 ? TransactionSteps.CREATE_EDWARDS : TransactionSteps.CREATE_ELLIPTIC;
        break;
      case TransactionSteps.MAP_ANY:
        set(SKIPPING);
        break;
      default:
        beginString(step);
    }
  }

  public void content(byte[] buffer, short at, short length) {
    short keptAt = Util.getShort(ram, TransactionRam.KEPT_AT);
    if (keptAt == 0) return;
    Util.setShort(ram, TransactionRam.KEPT_AT, (short) (keptAt + length));
    if (lastStep() != TransactionSteps.BYTES_OWN_X) Util.arrayCopyNonAtomic(buffer, at, ram, keptAt, length);
    else if (Util.arrayCompare(buffer, at, ram, keptAt, length) != 0) set(OTHER_X);
  }

  public void end(byte depth) {
    if (has(SKIPPING)) {
      if (depth <= BODY_DEPTH) clear(SKIPPING);
    } else if (Util.getShort(ram, TransactionRam.KEPT_AT) != 0) {
      Util.setShort(ram, TransactionRam.KEPT_AT, (short) 0);
      takeString();
    } else if (depth == MESSAGE_DEPTH && has(IN_MESSAGES)) {
      ram[TransactionRam.STEP] = TransactionSteps.MESSAGE;
    }
  }

  private void beginMessages() {
    require(Amount.isZero(ram, TransactionRam.ARGUMENT, (short) (Amount.LENGTH - 1)));
    byte count = ram[(short) (TransactionRam.ARGUMENT + Amount.LENGTH - 1)];
    require(count >= 1 && count <= MESSAGES_MAX);
    ram[TransactionRam.MESSAGES] = count;
    ram[TransactionRam.STEP] = TransactionSteps.MESSAGE;
    set(IN_MESSAGES);
  }

  private void beginString(byte step) {
    short least = LONGEST;
    short most = LONGEST;
    short keptAt = 0;
    switch (step) {
      case TransactionSteps.BYTES_X:
        break;
      case TransactionSteps.BYTES_OWN_X:
        keptAt = TransactionRam.OWN_X;
        break;
      case TransactionSteps.BYTES_PAYEE:
        keptAt = TransactionRam.PAYEE;
        break;
      case TransactionSteps.TEXT_CURRENCY:
        keptAt = TransactionRam.CURRENCY;
        least = TransactionRam.CURRENCY_LENGTH;
        most = TransactionRam.CURRENCY_LENGTH;
        break;
      case TransactionSteps.TEXT_CHAIN_ID:
        keptAt = TransactionRam.CHAIN_ID;
        least = 1;
        break;
      case TransactionSteps.TEXT_NAME:
        keptAt = TransactionRam.NAME;
        least = SHORTEST_NAME;
        break;
      default:
        CborReader.refuse();
    }
    short length = Util.getShort(ram, (short) (TransactionRam.ARGUMENT + Amount.LENGTH - 2));
    require(length >= least && length <= most);
    if (least != most) {
      ram[keptAt] = (byte) length;
      keptAt++;
    }
    Util.setShort(ram, TransactionRam.KEPT_AT, keptAt);
  }

  private void takeString() {
    switch (lastStep()) {
      case TransactionSteps.BYTES_OWN_X:
        require(!has(OTHER_X));
        break;
      case TransactionSteps.TEXT_CURRENCY:
        for (short i = 0; i < TransactionRam.CURRENCY_LENGTH; i++)
          require(isCapital(ram[(short) (TransactionRam.CURRENCY + i)]));
        break;
      case TransactionSteps.TEXT_CHAIN_ID:
        require(slashOf(TransactionRam.CHAIN_ID) == 0);
        break;
      case TransactionSteps.TEXT_NAME:
        takeName();
        break;
      default:
    }
  }

  private void takeName() {
    short length = ram[TransactionRam.NAME];
    short slash = slashOf(TransactionRam.NAME);
    require(slash > 1 && slash < length);
    short name = (short) (TransactionRam.NAME + 1);
    byte body = TransactionSteps.bodyOf(ram, name, length);
    ram[TransactionRam.STEP] = body;
    if (!policy.allows(name, length, body != TransactionSteps.UNKNOWN)) set(FORBIDDEN);
  }

  /** Adds the amount that came last, which is the last field of a transfer, to the sum of all. */
  private void pay() {
    require(!Amount.isZero(ram, TransactionRam.ARGUMENT, Amount.LENGTH));
    // One sum of two currencies would mean nothing.
    if (has(PAYS)) require(isSameCurrency());
    else
      Util.arrayCopyNonAtomic(
          ram, TransactionRam.CURRENCY, ram, TransactionRam.TOTAL_CURRENCY, TransactionRam.CURRENCY_LENGTH);
    set(PAYS);
    require(Amount.add(ram, TransactionRam.TOTAL, ram, TransactionRam.ARGUMENT));
  }

  private boolean isSameCurrency() {
    byte order =
        Util.arrayCompare(
            ram, TransactionRam.CURRENCY, ram, TransactionRam.TOTAL_CURRENCY, TransactionRam.CURRENCY_LENGTH);
    return order == 0;
  }

  /**
   * Place of the one slash in a text that follows its length, counted from 1; 0 for none. Refuses a second
   * one, and all characters but a-z, 0-9 and hyphen.
   */
  private short slashOf(short textAt) {
    short slash = 0;
    short length = ram[textAt];
    for (short i = 1; i <= length; i++) {
      byte next = ram[(short) (textAt + i)];
      if (next == SLASH && slash == 0) slash = i;
      else require(isNameCharacter(next));
    }
    return slash;
  }

  private static boolean isNameCharacter(byte next) {
    return (next >= 0x61 && next <= 0x7A) || (next >= 0x30 && next <= 0x39) || next == HYPHEN;
  }

  private static boolean isCapital(byte next) {
    return next >= 0x41 && next <= 0x5A;
  }

  private byte lastStep() {
    return TransactionSteps.at((short) (ram[TransactionRam.STEP] - 1));
  }

  private static void require(boolean holds) {
    if (!holds) CborReader.refuse();
  }

  private void set(byte flag) {
    ram[TransactionRam.FLAGS] = (byte) (ram[TransactionRam.FLAGS] | flag);
  }

  private void clear(byte flag) {
    ram[TransactionRam.FLAGS] = (byte) (ram[TransactionRam.FLAGS] & ~flag);
  }
}
