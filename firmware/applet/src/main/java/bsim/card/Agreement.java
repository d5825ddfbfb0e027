// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.security.MessageDigest;

/** GENERAL AUTHENTICATE: a secret shared with the holder of another key, by ECDH. Source: SEC 1 v2.0 §3.3.1, §3.6.1. */
final class Agreement {
  private static final byte[] TEMPLATE = {
    0, 0x7C, 0, (byte) 0xFF, Tlv.REQUIRED,
  };
  private static final byte[] ROWS = {
    0, (byte) 0x85, 65, 65, Tlv.REQUIRED,
    0, (byte) 0x94, 0, 64, Tlv.OPTIONAL,
  };
  private static final short ROW_POINT = 0;
  private static final short ROW_INFO = 1;
  /** The counter of the KDF: one block is enough. */
  private static final byte[] COUNTER = {0, 0, 0, 1};

  // The answer: 7C {82 secret}.
  private static final short SECRET_LENGTH = 32;
  private static final short SECRET = (short) (Ram.ANSWER_BYTES + 4);
  private static final short PLACES = (short) (SECRET + SECRET_LENGTH);

  private final byte[] ram;
  private final KeySlots slots;
  private final ChosenKeys keys;
  private final Elliptic elliptic;
  private final MessageDigest sha256;
  private final SecurityLog log;

  Agreement(
      byte[] ram, KeySlots slots, ChosenKeys keys, Elliptic elliptic, MessageDigest sha256, SecurityLog log) {
    this.ram = ram;
    this.slots = slots;
    this.keys = keys;
    this.elliptic = elliptic;
    this.sha256 = sha256;
    this.log = log;
  }

  /** Gives the shared x coordinate, or with SharedInfo 32 bytes of the X9.63 KDF. Throws 6A80 and 6985. */
  short agree(byte[] data, short at, short length) {
    Tlv.readTemplate(TEMPLATE, data, at, length, ROWS, ram, PLACES);
    boolean isDerived = Tlv.isThere(ram, PLACES, ROW_INFO);
    short point = Tlv.place(ram, PLACES, ROW_POINT);
    short info = Tlv.place(ram, PLACES, ROW_INFO);
    short infoLength = Tlv.length(ram, PLACES, ROW_INFO);
    short choice = keys.require(Ram.AGREEMENT_CHOICE);
    byte reference = keys.reference(choice);
    byte needed = isDerived ? Protocol.USAGE_DERIVED_AGREEMENT : Protocol.USAGE_AGREEMENT;
    if ((slots.usage(reference) & needed) == 0) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    keys.load(choice);
    boolean isPoint =
        elliptic.agree(
            slots.curve(reference), ram, Ram.DERIVED_SECRET, data, point, Tlv.length(ram, PLACES, ROW_POINT), ram, SECRET);
    keys.release();
    if (!isPoint) Tlv.refuse();
    JCSystem.beginTransaction();
    log.add(Protocol.LOG_AGREEMENT, reference, (short) 0);
    JCSystem.commitTransaction();
    if (isDerived) derive(data, info, infoLength);
    short behind = Tlv.writeHead((byte) 0x7C, (short) (SECRET_LENGTH + 2), ram, Ram.ANSWER_BYTES);
    behind = Tlv.writeHead((byte) 0x82, SECRET_LENGTH, ram, behind);
    return (short) (behind + SECRET_LENGTH - Ram.ANSWER_BYTES);
  }

  private void derive(byte[] data, short info, short length) {
    sha256.reset();
    sha256.update(ram, SECRET, SECRET_LENGTH);
    sha256.update(COUNTER, (short) 0, (short) COUNTER.length);
    sha256.doFinal(data, info, length, ram, SECRET);
  }
}
