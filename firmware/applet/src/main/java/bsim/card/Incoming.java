// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.APDU;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** Receives the data field of the command under way; where it lies, and how much of it, is in {@link Ram}. */
final class Incoming {
  private final byte[] ram;

  Incoming(byte[] ram) {
    this.ram = ram;
  }

  /** Receives the first bytes of the data, if there are any. */
  void receive(APDU apdu) {
    short length = apdu.setIncomingAndReceive();
    Util.setShort(ram, Ram.DATA, apdu.getOffsetCdata());
    Util.setShort(ram, Ram.DATA_LENGTH, apdu.getIncomingLength());
    Util.setShort(ram, Ram.RECEIVED, length);
  }

  /** Receives the rest of data that is needed whole. Throws 6700 where the APDU buffer has no room for it. */
  void receiveRest(APDU apdu) {
    short at = Util.getShort(ram, Ram.DATA);
    short length = Util.getShort(ram, Ram.DATA_LENGTH);
    short received = Util.getShort(ram, Ram.RECEIVED);
    if (received >= length) return;
    if (length > (short) (apdu.getBuffer().length - at)) ISOException.throwIt(Protocol.SW_WRONG_LENGTH);
    while (received < length) received += apdu.receiveBytes((short) (at + received));
  }
}
