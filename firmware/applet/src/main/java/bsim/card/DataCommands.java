// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;
import javacard.security.RandomData;

/** GET DATA of what the applet is and of its holder, and GET CHALLENGE; each writes the answer and gives its length. */
final class DataCommands {
  private static final short CHALLENGE_LENGTH = 32;

  private final byte[] ram;
  private final Holder holder;
  private final RandomData random;
  private final Confirmation confirmation;

  DataCommands(byte[] ram, Holder holder, RandomData random, Confirmation confirmation) {
    this.ram = ram;
    this.holder = holder;
    this.random = random;
    this.confirmation = confirmation;
  }

  short applicationInformation() {
    short at = array((byte) 0x81, Protocol.APPLICATION_VERSION, Ram.ANSWER_BYTES);
    at = Tlv.write((byte) 0x82, holder.lifeCycle(), ram, at);
    at = array((byte) 0x83, Protocol.ALGORITHMS, at);
    at = Tlv.write((byte) 0x84, (byte) Protocol.KEY_SLOTS, ram, at);
    at = Tlv.write((byte) 0x85, holder.at(Holder.PIN_TRIES), ram, at);
    at = Tlv.write((byte) 0x86, holder.at(Holder.PUK_TRIES), ram, at);
    at = array((byte) 0x87, Protocol.HASHES, at);
    at = Tlv.write((byte) 0x88, confirmation.how(), ram, at);
    at = Tlv.writeHead((byte) 0x89, (short) 2, ram, at);
    return (short) (holder.get(Holder.RULES, (short) 2, ram, at) - Ram.ANSWER_BYTES);
  }

  short iccid() {
    return (short) (holder.get(Holder.ICCID, Holder.ICCID_LENGTH, ram, Ram.ANSWER_BYTES) - Ram.ANSWER_BYTES);
  }

  short imsi() {
    return (short) (holder.get(Holder.IMSI, Holder.IMSI_LENGTH, ram, Ram.ANSWER_BYTES) - Ram.ANSWER_BYTES);
  }

  short challenge() {
    random.generateData(ram, Ram.ANSWER_BYTES, CHALLENGE_LENGTH);
    return CHALLENGE_LENGTH;
  }

  /** File control information for SELECT: 6F {84 AID, A5 {9F65 longest data field}}. */
  short fileControlInformation() {
    short length = (short) Protocol.AID.length;
    short at = Tlv.writeHead((byte) 0x6F, (short) (length + 9), ram, Ram.ANSWER_BYTES);
    at = Tlv.write((byte) 0x84, Protocol.AID, (short) 0, length, ram, at);
    at = Tlv.writeHead((byte) 0xA5, (short) 5, ram, at);
    Util.setShort(ram, at, (short) 0x9F65);
    ram[(short) (at + 2)] = 2;
    Util.setShort(ram, (short) (at + 3), Protocol.SIGNED_BYTES_MAX);
    return (short) (at + 5 - Ram.ANSWER_BYTES);
  }

  private short array(byte tag, byte[] value, short at) {
    return Tlv.write(tag, value, (short) 0, (short) value.length, ram, at);
  }
}
