// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.APDU;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.globalplatform.SecureChannel;

/**
 * Sends what a command answers, as much as Le allows, and keeps the rest for GET RESPONSE. One response waits at a time;
 * long ones are not copied: they are read again from where they lie.
 */
final class Answer {
  // Where a response lies.
  static final byte NOWHERE = 0;
  /** In the answer's own bytes. */
  static final byte BYTES = 1;
  static final byte CERTIFICATES = 2;
  static final byte LOG = 3;
  static final byte DIRECTORY = 4;
  /** Made ready in persistent memory: a long response under an R-MAC. */
  private static final byte PROTECTED = 5;

  /** Bytes that are given to the card's runtime at once. */
  private static final short PIECE = 128;
  /** Padding and MAC of a response, and its status word. */
  private static final short PROTECTION_MAX = 34;

  private final byte[] ram;
  private final SecurityLog log;
  private final Certificates certificates;
  private final KeyDirectory directory;

  Answer(byte[] ram, SecurityLog log, Certificates certificates, KeyDirectory directory) {
    this.ram = ram;
    this.log = log;
    this.certificates = certificates;
    this.directory = directory;
  }

  /** Forgets what waits, and wipes it. */
  void drop() {
    if (ram[Ram.ANSWER_SOURCE] == NOWHERE) return;
    Util.arrayFillNonAtomic(ram, Ram.ANSWER, (short) (8 + Ram.ANSWER_BYTES_LENGTH), (byte) 0);
  }

  /** Whether a response waits for this channel. */
  boolean waits() {
    return ram[Ram.ANSWER_SOURCE] != NOWHERE && ram[Ram.ANSWER_CHANNEL] == ram[Ram.CHANNEL];
  }

  /** Protects a response as the secure channel does; gives its length, and leaves at ANSWER_SOURCE where it lies now. */
  short protect(SecureChannel channel, byte source, short length, short status) {
    // A warning has no data, wherever it would lie.
    boolean isInRam = source == BYTES || length == 0;
    if (isInRam && (short) (length + PROTECTION_MAX) <= Ram.ANSWER_BYTES_LENGTH) {
      Util.setShort(ram, (short) (Ram.ANSWER_BYTES + length), status);
      ram[Ram.ANSWER_SOURCE] = BYTES;
      return channel.wrap(ram, Ram.ANSWER_BYTES, (short) (length + 2));
    }
    byte[] room = certificates.room();
    copy(source, (short) 0, room, (short) 0, length);
    Util.setShort(room, length, status);
    ram[Ram.ANSWER_SOURCE] = PROTECTED;
    return channel.wrap(room, (short) 0, (short) (length + 2));
  }

  /** Answers with a response of that length and status word; does not return but with 9000. */
  void give(APDU apdu, byte source, short length, short status) {
    ram[Ram.ANSWER_SOURCE] = length == 0 ? NOWHERE : source;
    ram[Ram.ANSWER_CHANNEL] = ram[Ram.CHANNEL];
    Util.setShort(ram, Ram.ANSWER_GIVEN, (short) 0);
    Util.setShort(ram, Ram.ANSWER_LENGTH, length);
    Util.setShort(ram, Ram.ANSWER_STATUS, status);
    next(apdu);
  }

  /** Answers with the next part of what waits. */
  void next(APDU apdu) {
    short given = Util.getShort(ram, Ram.ANSWER_GIVEN);
    short left = (short) (Util.getShort(ram, Ram.ANSWER_LENGTH) - given);
    short status = Util.getShort(ram, Ram.ANSWER_STATUS);
    if (left > 0) {
      short wanted = apdu.setOutgoing();
      short count = wanted < left ? wanted : left;
      apdu.setOutgoingLength(count);
      send(apdu, ram[Ram.ANSWER_SOURCE], given, count);
      Util.setShort(ram, Ram.ANSWER_GIVEN, (short) (given + count));
      left -= count;
    }
    if (left > 0) status = (short) ((short) 0x6100 | (left > 255 ? (short) 0 : left));
    else drop();
    if (status != Protocol.SW_OK) ISOException.throwIt(status);
  }

  private void send(APDU apdu, byte source, short from, short count) {
    byte[] buffer = apdu.getBuffer();
    while (count > 0) {
      short piece = count > PIECE ? PIECE : count;
      copy(source, from, buffer, (short) 0, piece);
      apdu.sendBytes((short) 0, piece);
      from += piece;
      count -= piece;
    }
  }

  private void copy(byte source, short from, byte[] out, short at, short count) {
    switch (source) {
      case BYTES:
        Util.arrayCopyNonAtomic(ram, (short) (Ram.ANSWER_BYTES + from), out, at, count);
        break;
      case CERTIFICATES:
        certificates.copy(from, out, at, count);
        break;
      case LOG:
        log.copy(from, out, at, count);
        break;
      case DIRECTORY:
        directory.copy(from, out, at, count);
        break;
      default:
        Util.arrayCopyNonAtomic(certificates.room(), from, out, at, count);
    }
  }
}
