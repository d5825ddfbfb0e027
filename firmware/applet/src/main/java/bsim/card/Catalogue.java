// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.Util;

/** The commands as protocol/ lists them: which one a header is, and who may use it when. */
final class Catalogue {
  private static final byte INS_GET_DATA = (byte) 0xCA;

  private final byte[] ram;
  private final Holder holder;
  private final Session session;

  Catalogue(byte[] ram, Holder holder, Session session) {
    this.ram = ram;
    this.holder = holder;
    this.session = session;
  }

  /** Index of the command of a header; {@code cla} is without chaining, secure messaging and channel. Throws 6D00, 6A86, 6A88. */
  byte find(byte cla, byte[] header) {
    byte ins = header[ISO7816.OFFSET_INS];
    boolean isKnown = false;
    byte index = 0;
    for (short row = 0; row < Protocol.COMMANDS.length; row += Protocol.COLUMN_WIDTH) {
      if (Protocol.COMMANDS[row] == cla && Protocol.COMMANDS[(short) (row + Protocol.COLUMN_INS)] == ins) {
        if (hasParameters(row, header)) return index;
        isKnown = true;
      }
      index++;
    }
    if (!isKnown) ISOException.throwIt(Protocol.SW_UNKNOWN_INSTRUCTION);
    // P1-P2 of GET DATA is a tag.
    ISOException.throwIt(ins == INS_GET_DATA ? Protocol.SW_NOT_FOUND : Protocol.SW_BAD_PARAMETERS);
    return index;
  }

  /** Throws 6985 when the life-cycle state does not have the command, 6982 when access does not. */
  void admit(byte command) {
    if ((cell(command, Protocol.COLUMN_STATES) & holder.stateBit()) == 0)
      ISOException.throwIt(Protocol.SW_WRONG_STATE);
    boolean isHolder = session.presence() != Session.NOBODY;
    boolean isAdministrator = isAdministratorFor(command);
    boolean isAllowed;
    switch (cell(command, Protocol.COLUMN_ACCESS)) {
      case Protocol.ACCESS_HOLDER:
        isAllowed = isHolder;
        break;
      case Protocol.ACCESS_ADMINISTRATOR:
        isAllowed = isAdministrator;
        break;
      case Protocol.ACCESS_HOLDER_OR_ADMINISTRATOR:
        isAllowed = isHolder || isAdministrator;
        break;
      case Protocol.ACCESS_ADMINISTRATOR_WITH_HOLDER:
        isAllowed = isHolder && isAdministrator;
        break;
      default:
        isAllowed = true;
    }
    if (!isAllowed) ISOException.throwIt(Protocol.SW_NOT_AUTHORISED);
  }


  /** Whether the data may come in parts. */
  boolean isInParts(byte command) {
    return hasFlag(command, (byte) (Protocol.FLAG_GATHERED | Protocol.FLAG_STREAMED));
  }

  boolean isStreamed(byte command) {
    return hasFlag(command, Protocol.FLAG_STREAMED);
  }

  /** Whether the data is secret: it comes encrypted from the administrator, and is wiped after use. */
  boolean hasSecret(byte command) {
    return hasFlag(command, Protocol.FLAG_SECRET_DATA);
  }

  /** Longest data field of a command, or of a part. */
  short most(byte command) {
    return length(command, Protocol.COLUMN_MOST);
  }

  /** Whether a data field of that length, not above {@link #most}, is long enough. */
  boolean fits(byte command, short length) {
    return length >= length(command, length > 0 ? Protocol.COLUMN_LEAST_PRESENT : Protocol.COLUMN_LEAST);
  }

  private boolean isAdministratorFor(byte command) {
    byte level = ram[Ram.LEVEL];
    return level != 0 && (!hasSecret(command) || (level & Protocol.LEVEL_C_ENCRYPTION) != 0);
  }

  private static boolean hasParameters(short row, byte[] header) {
    byte p1 = header[ISO7816.OFFSET_P1];
    if (Protocol.COMMANDS[(short) (row + Protocol.COLUMN_P2)] != header[ISO7816.OFFSET_P2]) return false;
    switch (Protocol.COMMANDS[(short) (row + Protocol.COLUMN_PARAMETER)]) {
      case Protocol.PARAMETER_KEY_VERSION:
        return p1 >= 0;
      case Protocol.PARAMETER_SECURITY_LEVEL:
        for (short i = 0; i < Protocol.SECURITY_LEVELS.length; i++) if (Protocol.SECURITY_LEVELS[i] == p1) return true;
        return false;
      default:
        return Protocol.COMMANDS[(short) (row + Protocol.COLUMN_P1)] == p1;
    }
  }

  private static boolean hasFlag(byte command, byte flags) {
    return (cell(command, Protocol.COLUMN_FLAGS) & flags) != 0;
  }

  private static byte cell(byte command, short column) {
    return Protocol.COMMANDS[(short) ((short) (command * Protocol.COLUMN_WIDTH) + column)];
  }

  private static short length(byte command, short column) {
    return Util.getShort(Protocol.COMMANDS, (short) ((short) (command * Protocol.COLUMN_WIDTH) + column));
  }
}
