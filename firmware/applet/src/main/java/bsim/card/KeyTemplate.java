// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * What commands say of a key: reads their data objects into the bytes from {@link Ram#TEMPLATE} on. Places of
 * path, secret and challenge are those in the command data; a place of 0 says that there is none. All that it
 * refuses is 6A80.
 */
final class KeyTemplate {
  /** A new key, with the secret where it is imported. */
  static final byte[] NEW_KEY = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x80, 1, 1, Tlv.REQUIRED,
    0, (byte) 0xC0, 1, 1, Tlv.OPTIONAL,
    0, (byte) 0x95, 1, 1, Tlv.OPTIONAL,
    0, (byte) 0xC1, 3, (byte) PolicyReader.LENGTH_MAX, Tlv.OPTIONAL,
  };
  static final byte[] IMPORTED_KEY = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x80, 1, 1, Tlv.REQUIRED,
    0, (byte) 0xC0, 1, 1, Tlv.OPTIONAL,
    0, (byte) 0x95, 1, 1, Tlv.OPTIONAL,
    0, (byte) 0xC1, 3, (byte) PolicyReader.LENGTH_MAX, Tlv.OPTIONAL,
    0, (byte) 0xC5, 16, 64, Tlv.REQUIRED,
  };
  /** A key that is there. */
  static final byte[] REFERENCE = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
  };
  /** A key that is there, of a wallet the one at the path. */
  static final byte[] CHOICE = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x94, 4, 40, Tlv.OPTIONAL,
  };
  /** The same with the hash of messages. */
  static final byte[] SIGNATURE_CHOICE = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x94, 4, 40, Tlv.OPTIONAL,
    0, (byte) 0x80, 1, 1, Tlv.OPTIONAL,
  };
  /** The same with a challenge. */
  static final byte[] ATTESTATION = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x94, 4, 40, Tlv.OPTIONAL,
    0, (byte) 0x81, 16, 64, Tlv.REQUIRED,
  };

  private static final byte[] TEMPLATE = {
    0, (byte) 0xB6, 0, (byte) 0xFF, Tlv.REQUIRED,
  };

  // Rows of those tables.
  private static final short ROW_REFERENCE = 0;
  private static final short ROW_CURVE = 1;
  private static final short ROW_ROLE = 2;
  private static final short ROW_USAGE = 3;
  private static final short ROW_POLICY = 4;
  private static final short ROW_SECRET = 5;
  private static final short ROW_PATH = 1;
  private static final short ROW_HASH = 2;
  private static final short ROW_CHALLENGE = 2;

  /** The highest byte of a hash that has a meaning, declared or not. */
  private static final byte HASH_MAX = 4;
  private static final byte SIGNING = Protocol.USAGE_SIGNATURE | Protocol.USAGE_AUTHENTICATION;
  private static final byte AGREEING = Protocol.USAGE_AGREEMENT | Protocol.USAGE_DERIVED_AGREEMENT;

  // Scratch, in the bytes of the answer that is yet to come.
  private static final short POLICY = (short) (Ram.ANSWER_BYTES + 280);
  private static final short PLACES = (short) (POLICY + PolicyReader.LENGTH_MAX);
  private static final short POLICY_PLACES = (short) (PLACES + 6 * Tlv.PLACE);

  private final byte[] ram;

  KeyTemplate(byte[] ram) {
    this.ram = ram;
  }

  /**
   * Reads B6 {a new key}, by {@link #NEW_KEY} or {@link #IMPORTED_KEY}, with what goes without saying put in:
   * role identity, all usages of the role, the default policy. The policy lies in {@code ram}, in its
   * canonical form, till the answer is written. Refused is what curve, role and usage do not allow together.
   */
  void readNewKey(byte[] rows, byte[] data, short at, short length) {
    Tlv.readTemplate(TEMPLATE, data, at, length, rows, ram, PLACES);
    readReference(data);
    byte curve = data[place(ROW_CURVE)];
    byte role = byteOr(data, ROW_ROLE, Protocol.ROLE_IDENTITY);
    byte most = role == Protocol.ROLE_AGREEMENT ? AGREEING : SIGNING;
    byte usage = byteOr(data, ROW_USAGE, most);
    boolean isGood =
        Curves.isKnown(curve)
            && role >= Protocol.ROLE_IDENTITY
            && role <= Protocol.ROLE_AGREEMENT
            && usage != 0
            && (usage & (byte) ~most) == 0
            && (role != Protocol.ROLE_WALLET || curve != Protocol.ALGORITHM_BRAINPOOL_P256R1);
    if (!isGood) Tlv.refuse();
    ram[Ram.TEMPLATE_CURVE] = curve;
    ram[Ram.TEMPLATE_ROLE] = role;
    ram[Ram.TEMPLATE_USAGE] = usage;
    readPolicy(data);
    if (rows == IMPORTED_KEY) keep(ROW_SECRET, Ram.TEMPLATE_SECRET);
  }

  /** Reads B6 {a key that is there}, by {@link #REFERENCE} or {@link #CHOICE}. */
  void readKey(byte[] rows, byte[] data, short at, short length) {
    Tlv.readTemplate(TEMPLATE, data, at, length, rows, ram, PLACES);
    readChoice(rows, data);
  }

  /**
   * Reads the same without B6 around it; also by {@link #SIGNATURE_CHOICE}, which leaves the hash, 0 where
   * none is named, or by {@link #ATTESTATION}, which leaves the challenge.
   */
  void readBareKey(byte[] rows, byte[] data, short at, short length) {
    Tlv.read(data, at, length, rows, ram, PLACES);
    readChoice(rows, data);
    if (rows == ATTESTATION) keep(ROW_CHALLENGE, Ram.TEMPLATE_CHALLENGE);
    if (rows != SIGNATURE_CHOICE) return;
    boolean isNamed = Tlv.isThere(ram, PLACES, ROW_HASH);
    byte hash = byteOr(data, ROW_HASH, (byte) 0);
    if (isNamed && (hash <= 0 || hash > HASH_MAX)) Tlv.refuse();
    ram[Ram.TEMPLATE_HASH] = hash;
  }

  private void readReference(byte[] data) {
    ram[Ram.TEMPLATE_REFERENCE] = data[place(ROW_REFERENCE)];
  }

  private void readChoice(byte[] rows, byte[] data) {
    readReference(data);
    Util.arrayFillNonAtomic(ram, Ram.TEMPLATE_PATH, (short) 4, (byte) 0);
    if (rows == REFERENCE) return;
    keep(ROW_PATH, Ram.TEMPLATE_PATH);
    if ((Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH) & 3) != 0) Tlv.refuse();
  }

  private void readPolicy(byte[] data) {
    short length = (short) PolicyReader.DEFAULT.length;
    if (Tlv.isThere(ram, PLACES, ROW_POLICY)) {
      short given = Tlv.length(ram, PLACES, ROW_POLICY);
      length = PolicyReader.read(data, place(ROW_POLICY), given, ram, POLICY, POLICY_PLACES);
    } else Util.arrayCopyNonAtomic(PolicyReader.DEFAULT, (short) 0, ram, POLICY, length);
    Util.setShort(ram, Ram.TEMPLATE_POLICY, POLICY);
    Util.setShort(ram, Ram.TEMPLATE_POLICY_LENGTH, length);
  }

  private short place(short row) {
    return Tlv.place(ram, PLACES, row);
  }

  private byte byteOr(byte[] data, short row, byte otherwise) {
    return Tlv.isThere(ram, PLACES, row) ? data[place(row)] : otherwise;
  }

  /** Keeps place and length of the value of a row. */
  private void keep(short row, short at) {
    Util.arrayCopyNonAtomic(ram, (short) (PLACES + (short) (row * Tlv.PLACE)), ram, at, Tlv.PLACE);
  }
}
