// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import javacard.framework.APDU;
import javacard.framework.APDUException;

/**
 * What an applet calls in the place of the methods of {@link APDU} that receive data: jCardSim gives a data
 * field at once, however long, and a card with a short buffer and T=1 block by block. The first part is what
 * the buffer takes; what lies behind it is no data. Public because the applet's classes call it. Source: Java
 * Card 3.0.5 API, javacard.framework.APDU.
 */
public final class IncomingBlocks {
  /** Bytes of data that the buffer takes behind a header: any short data field. */
  static final int ROOM = 255;
  /** Bytes that a block brings. */
  static final int BLOCK = 254;
  /** What lies in the buffer where no data came. */
  static final byte NO_DATA = (byte) 0xA5;

  private static final byte[] NOTHING = {};
  /** What is still to come of the command under way. */
  private static final Map<APDU, byte[]> COMING = Collections.synchronizedMap(new WeakHashMap<>());

  private IncomingBlocks() {}

  public static short setIncomingAndReceive(APDU apdu) {
    int length = apdu.setIncomingAndReceive();
    int end = apdu.getOffsetCdata() + length;
    int behind = Math.min(end, apdu.getOffsetCdata() + ROOM);
    byte[] buffer = apdu.getBuffer();
    COMING.put(apdu, Arrays.copyOfRange(buffer, behind, end));
    Arrays.fill(buffer, behind, buffer.length, NO_DATA);
    return (short) (behind - apdu.getOffsetCdata());
  }

  public static short receiveBytes(APDU apdu, short at) {
    byte[] coming = COMING.getOrDefault(apdu, NOTHING);
    byte state = apdu.getCurrentState();
    if (state == APDU.STATE_INITIAL || state >= APDU.STATE_OUTGOING)
      APDUException.throwIt(APDUException.ILLEGAL_USE);
    boolean fits = at >= 0 && at + BLOCK <= apdu.getOffsetCdata() + ROOM;
    if (coming.length > 0 && !fits) APDUException.throwIt(APDUException.BUFFER_BOUNDS);
    int length = Math.min(coming.length, BLOCK);
    System.arraycopy(coming, 0, apdu.getBuffer(), at, length);
    COMING.put(apdu, Arrays.copyOfRange(coming, length, coming.length));
    return (short) length;
  }
}
