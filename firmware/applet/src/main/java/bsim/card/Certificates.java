// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * The certificate chain of the attestation key. It comes in parts, into a second place, and takes the place of the one
 * before in one write. Between two chains that place is room for responses that are too long for the transient memory
 * and need a MAC: such reads are the administrator's, and rare enough for the memory's endurance.
 */
final class Certificates {
  /** The longest protected response: 16 entries of the key directory of 166 bytes, padding, MAC and status word. */
  private static final short ROOM_LENGTH = 2720;
  private static final short LENGTH_OF = Protocol.CERTIFICATES_MAX;

  private final byte[] one;
  private final byte[] other;
  /** One byte: which of the two holds the chain, 0 or 1. */
  private final byte[] which;

  Certificates() {
    one = new byte[ROOM_LENGTH];
    other = new byte[ROOM_LENGTH];
    which = new byte[1];
  }

  /** Length of the chain; 0 where none is stored. */
  short length() {
    return Util.getShort(chain(), LENGTH_OF);
  }

  /** Copies {@code count} bytes of it from {@code from} on. */
  void copy(short from, byte[] out, short at, short count) {
    Util.arrayCopyNonAtomic(chain(), from, out, at, count);
  }

  /** The place that holds no chain. */
  byte[] room() {
    return which[0] == 0 ? other : one;
  }

  /** Takes a part of a new chain, of which there are {@code before} bytes. */
  void add(short before, byte[] data, short at, short length) {
    Util.arrayCopyNonAtomic(data, at, room(), before, length);
  }

  /** Puts the new chain, of that length, in the place of the old one; inside the caller's transaction. */
  void replace(short length) {
    Util.setShort(room(), LENGTH_OF, length);
    which[0] ^= 1;
  }

  /** Erases the chain; inside the caller's transaction. */
  void erase() {
    Util.setShort(chain(), LENGTH_OF, (short) 0);
  }

  private byte[] chain() {
    return which[0] == 0 ? one : other;
  }
}
