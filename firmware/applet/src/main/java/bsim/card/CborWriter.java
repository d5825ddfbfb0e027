// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/** Heads and numbers of CBOR in their shortest form. Source: RFC 8949 §3, §4.2.1. */
final class CborWriter {
  static final byte UINT = 0;
  static final byte BYTES = 0x40;
  static final byte ARRAY = (byte) 0x80;
  static final byte MAP = (byte) 0xA0;

  private CborWriter() {}

  /** Writes the head of a major type with an argument of 0 to 32767; gives the place behind it. */
  static short head(byte type, short argument, byte[] out, short at) {
    if (argument < 24) {
      out[at] = (byte) (type | argument);
      return (short) (at + 1);
    }
    if (argument < 0x100) {
      out[at++] = (byte) (type | 24);
      out[at] = (byte) argument;
      return (short) (at + 1);
    }
    out[at] = (byte) (type | 25);
    return Util.setShort(out, (short) (at + 1), argument);
  }

  /** Writes an unsigned integer of 4 bytes, big-endian; gives the place behind it. */
  static short uint(byte[] number, short at, byte[] out, short outAt) {
    short high = Util.getShort(number, at);
    short low = Util.getShort(number, (short) (at + 2));
    if (high == 0 && low >= 0) return head(UINT, low, out, outAt);
    if (high != 0) {
      out[outAt] = 26;
      return Util.arrayCopyNonAtomic(number, at, out, (short) (outAt + 1), (short) 4);
    }
    out[outAt] = 25;
    return Util.setShort(out, (short) (outAt + 1), low);
  }

  /** Writes a byte string; gives the place behind it. */
  static short bytes(byte[] value, short at, short length, byte[] out, short outAt) {
    return Util.arrayCopyNonAtomic(value, at, out, head(BYTES, length, out, outAt), length);
  }
}
