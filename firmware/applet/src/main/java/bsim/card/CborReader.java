// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * A reader of one item of deterministic CBOR (RFC 8949 §4.2.1) that keeps nothing of what it reads but the
 * last key of each open map. It refuses, with 6A80, heads that are not the shortest, indefinite lengths,
 * floats, tags, undefined and other simple values, map keys that are not in rising order or other than
 * integers below 2^32 and texts, encoded in at most 32 bytes, text that is not UTF-8 or begins with a byte
 * order mark, lengths and counts from 65,536 on, and more than 8 open arrays and maps. The content of byte
 * strings is not looked into.
 */
final class CborReader {
  /** Major types, as the upper three bits of a first byte. Source: RFC 8949 §3.1. */
  static final byte MAJOR = (byte) 0xE0;
  static final byte UINT = 0x00;
  static final byte NINT = 0x20;
  static final byte BYTES = 0x40;
  static final byte TEXT = 0x60;
  static final byte ARRAY = (byte) 0x80;
  static final byte MAP = (byte) 0xA0;
  private static final byte TAG = (byte) 0xC0;
  private static final byte SIMPLE = (byte) 0xE0;
  /** The two upper bits: 0 for integers, which have no content. */
  private static final byte NOT_INTEGER = (byte) 0xC0;

  /** The rest of a first byte: the argument itself below 24, else how many bytes it has. */
  private static final byte INFO = 0x1F;
  private static final short INFO_ONE_BYTE = 24;
  private static final short INFO_EIGHT_BYTES = 27;
  /** false, true and null. Source: RFC 8949 §3.3, table 4. */
  private static final short SIMPLE_LEAST = 20;
  private static final short SIMPLE_MOST = 22;
  private static final short COUNT_WIDTH = 2;
  private static final short KEY_WIDTH = 4;
  private static final short ARGUMENT_END =
      (short) (TransactionRam.ARGUMENT + TransactionRam.ARGUMENT_LENGTH);

  // Kinds of frames: what comes next in an array or a map.
  private static final byte ITEM = 0;
  static final byte FIRST_KEY = 1;
  private static final byte KEY = 2;
  private static final byte VALUE = 3;

  private final byte[] ram;
  private final CborSink sink;
  private final KeyOrder keys;
  private final Utf8Check utf8;

  /** {@code ram} is laid out by {@link TransactionRam}. */
  CborReader(byte[] ram, CborSink sink) {
    this.ram = ram;
    this.sink = sink;
    keys = new KeyOrder(ram);
    utf8 = new Utf8Check(ram);
  }

  /** Begins with a new item. */
  void begin() {
    ram[TransactionRam.DEPTH] = 0;
    ram[TransactionRam.COMPLETE] = 0;
    ram[TransactionRam.ARGUMENT_LEFT] = 0;
    Util.setShort(ram, TransactionRam.CONTENT_LEFT, (short) 0);
  }

  /** Reads on. Throws 6A80, after which the reader is of no use until it begins anew. */
  void write(byte[] buffer, short at, short length) {
    short end = (short) (at + length);
    while (at < end) {
      short left = Util.getShort(ram, TransactionRam.CONTENT_LEFT);
      if (left != 0) {
        // Below 0 it is 32768 or more.
        short part = (short) (end - at);
        if (left > 0 && left < part) part = left;
        content(buffer, at, part);
        at = (short) (at + part);
      } else {
        if (ram[TransactionRam.ARGUMENT_LEFT] != 0) argument(buffer[at]);
        else first(buffer[at]);
        at++;
      }
    }
  }

  /** Whether the item is complete. A further byte is refused. */
  boolean isComplete() {
    return ram[TransactionRam.COMPLETE] != 0;
  }

  /** Throws 6A80. */
  static void refuse() {
    ISOException.throwIt(Protocol.SW_BAD_DATA);
  }

  private void first(byte initial) {
    byte major = (byte) (initial & MAJOR);
    short info = (short) (initial & INFO);
    if (isComplete() || major == TAG || info > INFO_EIGHT_BYTES) refuse();
    if (major == SIMPLE && (info < SIMPLE_LEAST || info > SIMPLE_MOST)) refuse();
    boolean inKey = isInKey();
    if (inKey) {
      if (major != UINT && major != NINT && major != TEXT) refuse();
      keys.begin(frame());
      nextOfKey(initial);
    }
    ram[TransactionRam.INITIAL] = initial;
    Util.arrayFillNonAtomic(ram, TransactionRam.ARGUMENT, TransactionRam.ARGUMENT_LENGTH, (byte) 0);
    if (info < INFO_ONE_BYTE) {
      ram[(short) (ARGUMENT_END - 1)] = (byte) info;
      headEnd();
      return;
    }
    short width = (short) (1 << (short) (info - INFO_ONE_BYTE));
    // Nothing that is counted or a key is so large, and lengths and counts have two bytes here.
    if ((initial & NOT_INTEGER) != 0 && width > COUNT_WIDTH) refuse();
    if (inKey && width > KEY_WIDTH) refuse();
    ram[TransactionRam.ARGUMENT_LEFT] = (byte) width;
  }

  private void argument(byte next) {
    if (isInKey()) nextOfKey(next);
    short left = ram[TransactionRam.ARGUMENT_LEFT];
    ram[(short) (ARGUMENT_END - left)] = next;
    left--;
    ram[TransactionRam.ARGUMENT_LEFT] = (byte) left;
    if (left != 0) return;
    if (!isShortest()) refuse();
    headEnd();
  }

  /** Whether half the width, or the first byte, would not have held the argument. */
  private boolean isShortest() {
    short info = (short) (ram[TransactionRam.INITIAL] & INFO);
    short last = (short) (ram[(short) (ARGUMENT_END - 1)] & 0xFF);
    if (info == INFO_ONE_BYTE) return last >= INFO_ONE_BYTE;
    short half = (short) (1 << (short) (info - INFO_ONE_BYTE - 1));
    short at = (short) (ARGUMENT_END - half - half);
    return !Amount.isZero(ram, at, half);
  }

  private void headEnd() {
    byte initial = ram[TransactionRam.INITIAL];
    byte major = (byte) (initial & MAJOR);
    short count = Util.getShort(ram, (short) (ARGUMENT_END - 2));
    sink.head(initial);
    if (major == ARRAY || major == MAP) {
      if (ram[TransactionRam.DEPTH] == TransactionRam.FRAMES_MAX) refuse();
      if (count != 0) {
        open(major == MAP ? FIRST_KEY : ITEM, count);
        return;
      }
    } else if (major == BYTES || major == TEXT) {
      if (isInKey() && !keys.fits(count)) refuse();
      utf8.begin();
      if (count != 0) {
        Util.setShort(ram, TransactionRam.CONTENT_LEFT, count);
        return;
      }
    }
    itemEnd();
  }

  private void open(byte kind, short count) {
    ram[TransactionRam.DEPTH]++;
    short frame = frame();
    ram[(short) (frame + TransactionRam.FRAME_KIND)] = kind;
    Util.setShort(ram, (short) (frame + TransactionRam.FRAME_LEFT), count);
  }

  private void content(byte[] buffer, short at, short length) {
    boolean isText = (ram[TransactionRam.INITIAL] & MAJOR) == TEXT;
    if (isText) checkText(buffer, at, length);
    sink.content(buffer, at, length);
    short left = (short) (Util.getShort(ram, TransactionRam.CONTENT_LEFT) - length);
    Util.setShort(ram, TransactionRam.CONTENT_LEFT, left);
    if (left != 0) return;
    if (isText && !utf8.isWhole()) refuse();
    itemEnd();
  }

  private void checkText(byte[] buffer, short at, short length) {
    boolean inKey = isInKey();
    short end = (short) (at + length);
    for (short i = at; i < end; i++) {
      if (!utf8.next(buffer[i])) refuse();
      if (inKey) nextOfKey(buffer[i]);
    }
  }

  /** Ends the item and every array and map that ends with it. */
  private void itemEnd() {
    for (; ; ) {
      boolean isKey = isInKey();
      if (isKey && !keys.rose()) refuse();
      byte depth = ram[TransactionRam.DEPTH];
      sink.end(depth);
      if (depth == 0) {
        ram[TransactionRam.COMPLETE] = 1;
        return;
      }
      short frame = frame();
      short kindAt = (short) (frame + TransactionRam.FRAME_KIND);
      if (isKey) {
        ram[kindAt] = VALUE;
        return;
      }
      if (ram[kindAt] == VALUE) ram[kindAt] = KEY;
      short leftAt = (short) (frame + TransactionRam.FRAME_LEFT);
      short left = (short) (Util.getShort(ram, leftAt) - 1);
      Util.setShort(ram, leftAt, left);
      if (left != 0) return;
      ram[TransactionRam.DEPTH]--;
    }
  }

  private void nextOfKey(byte next) {
    if (!keys.next(frame(), next)) refuse();
  }

  private boolean isInKey() {
    if (ram[TransactionRam.DEPTH] == 0) return false;
    byte kind = ram[(short) (frame() + TransactionRam.FRAME_KIND)];
    return kind == FIRST_KEY || kind == KEY;
  }

  /** Place of the innermost open array's or map's frame. */
  private short frame() {
    short above = (short) (ram[TransactionRam.DEPTH] - 1);
    return (short) (TransactionRam.FRAMES + (short) (above * TransactionRam.FRAME_LENGTH));
  }
}
