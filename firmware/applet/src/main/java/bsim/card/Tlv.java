// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * BER-TLV data objects of a command, in place: read in any order, each of them once, no other, against a
 * table with a row of {@link #ROW} bytes for each: tag (2), fewest and most bytes of the value (1 each), and
 * {@link #REQUIRED} or {@link #OPTIONAL}. What does not fit is 6A80. Source: ISO/IEC 7816-4:2020 §6.3.
 */
final class Tlv {
  static final short ROW = 5;
  static final byte REQUIRED = 0;
  static final byte OPTIONAL = 1;

  /**
   * Bytes that are written for a row: place of the value (2; 0 where the object is absent), and its length
   * (2).
   */
  static final short PLACE = 4;

  private static final short MIN = 2;
  private static final short MAX = 3;
  private static final short PRESENCE = 4;

  private Tlv() {}

  /**
   * Reads data objects and writes their places, {@link #PLACE} bytes for each row, at {@code places}. The
   * data does not begin at 0 of its array, for 0 says that an object is absent. Bytes 00 between the objects
   * are skipped; length fields have up to 5 bytes, none the indefinite form.
   */
  static void read(byte[] data, short at, short length, byte[] rows, byte[] out, short places) {
    short end = (short) (at + length);
    Util.arrayFillNonAtomic(out, places, (short) ((short) (rows.length / ROW) * PLACE), (byte) 0);
    while (at < end) {
      if (data[at] == 0) {
        at++;
        continue;
      }
      short tag = tagAt(data, at, end);
      at += (short) ((short) (tag & (short) 0xFF00) == 0 ? 1 : 2);
      short size = sizeAt(data, at, end);
      at += sizeOfSize(data[at]);
      put(tag, at, size, rows, out, places);
      at += size;
    }
    for (short row = 0; row < rows.length; row += ROW) {
      boolean isAbsent = Util.getShort(out, placeOf(row, places)) == 0;
      if (isAbsent && rows[(short) (row + PRESENCE)] == REQUIRED) refuse();
    }
  }

  /**
   * Reads the data objects of a template that is alone in the data; {@code template} is a table of that one
   * row.
   */
  static void readTemplate(
      byte[] template, byte[] data, short at, short length, byte[] rows, byte[] out, short places) {
    read(data, at, length, template, out, places);
    read(data, place(out, places, (short) 0), length(out, places, (short) 0), rows, out, places);
  }

  /** Whether there was an object of a row. */
  static boolean isThere(byte[] out, short places, short row) {
    return place(out, places, row) != 0;
  }

  /** Place of the value of a row. */
  static short place(byte[] out, short places, short row) {
    return Util.getShort(out, (short) (places + (short) (row * PLACE)));
  }

  /** Length of the value of a row; 0 where there is none. */
  static short length(byte[] out, short places, short row) {
    return Util.getShort(out, (short) (places + (short) (row * PLACE) + 2));
  }

  /** Writes tag and shortest length field of an object of up to 255 bytes; gives the place behind them. */
  static short writeHead(byte tag, short length, byte[] out, short at) {
    out[at++] = tag;
    if (length > 0x7F) out[at++] = (byte) 0x81;
    out[at++] = (byte) length;
    return at;
  }

  /** Writes an object of up to 255 bytes; gives the place behind it. */
  static short write(byte tag, byte[] value, short at, short length, byte[] out, short outAt) {
    return Util.arrayCopyNonAtomic(value, at, out, writeHead(tag, length, out, outAt), length);
  }

  /** Writes an object of one byte; gives the place behind it. */
  static short write(byte tag, byte value, byte[] out, short at) {
    short behind = writeHead(tag, (short) 1, out, at);
    out[behind++] = value;
    return behind;
  }

  /** Bytes of an object of one byte of tag and up to 255 bytes of value. */
  static short sizeOf(short length) {
    return (short) (length + (length > 0x7F ? 3 : 2));
  }

  static void refuse() {
    ISOException.throwIt(Protocol.SW_BAD_DATA);
  }

  /** A tag of one or two bytes; longer ones no table has. */
  private static short tagAt(byte[] data, short at, short end) {
    short first = (short) (data[at] & 0xFF);
    if ((first & 0x1F) != 0x1F) return first;
    at++;
    if (at >= end || data[at] < 0) refuse();
    return Util.makeShort((byte) first, data[at]);
  }

  private static short sizeOfSize(byte first) {
    return (short) (first >= 0 ? 1 : 1 + (first & 0x0F));
  }

  /** Length of a value, of which all bytes are there. */
  private static short sizeAt(byte[] data, short at, short end) {
    if (at >= end) refuse();
    byte first = data[at++];
    short size = first;
    if (first < 0) {
      short count = (short) (first & 0x7F);
      if (count == 0 || count > 4 || count > (short) (end - at)) refuse();
      size = 0;
      for (; count > 0; count--) {
        if (size > 0x7F) refuse();
        size = (short) ((short) (size << 8) | (short) (data[at++] & 0xFF));
      }
    }
    if (size > (short) (end - at)) refuse();
    return size;
  }

  private static void put(short tag, short at, short size, byte[] rows, byte[] out, short places) {
    short row = 0;
    while (row < rows.length && Util.getShort(rows, row) != tag) row += ROW;
    if (row >= rows.length) refuse();
    short place = placeOf(row, places);
    if (Util.getShort(out, place) != 0
        || size < (short) (rows[(short) (row + MIN)] & 0xFF)
        || size > (short) (rows[(short) (row + MAX)] & 0xFF)) refuse();
    Util.setShort(out, place, at);
    Util.setShort(out, (short) (place + 2), size);
  }

  private static short placeOf(short row, short places) {
    return (short) (places + (short) ((short) (row / ROW) * PLACE));
  }
}
