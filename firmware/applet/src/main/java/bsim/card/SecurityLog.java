// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.MessageDigest;

/**
 * The ring of the last 64 security events, 16 bytes each: sequence (4) ‖ event (1) ‖ reference (1) ‖ detail (2) ‖ first
 * 8 bytes of a hash. The head is SHA-256 over the head before it ‖ the entry. Adding belongs into a transaction that the
 * caller begins, with what the entry tells of.
 */
final class SecurityLog {
  private static final short HASH_PREFIX = 8;
  // One array, so that an entry and its head are few writes: head, base, sequence, then the entries by sequence mod 64.
  private static final short HEAD = 0;
  private static final short BASE = Protocol.LOG_HEAD_LENGTH;
  private static final short SEQUENCE = (short) (2 * Protocol.LOG_HEAD_LENGTH);
  private static final short ENTRIES = (short) (SEQUENCE + 4);
  private static final short LENGTH = (short) (ENTRIES + Protocol.LOG_CAPACITY * Protocol.LOG_ENTRY_LENGTH);

  private static final short HASH = Ram.LOG_SCRATCH;
  private static final short ENTRY = (short) (HASH + Protocol.LOG_HEAD_LENGTH);

  private final byte[] ram;
  private final byte[] log;
  private final MessageDigest sha256;

  SecurityLog(byte[] ram, MessageDigest sha256) {
    this.ram = ram;
    this.sha256 = sha256;
    this.log = new byte[LENGTH];
  }

  /** Adds an event without a hash. Throws 6581 once all numbers are used. */
  void add(byte event, byte reference, short detail) {
    begin(event, reference, detail);
    append();
  }

  /** Adds an event with the first 8 bytes of a hash. */
  void add(byte event, byte reference, byte[] hash, short at) {
    begin(event, reference, (short) 0);
    Util.arrayCopyNonAtomic(hash, at, ram, (short) (ENTRY + 8), HASH_PREFIX);
    append();
  }

  /** Writes the head, 32 bytes; gives the place behind it. */
  short head(byte[] out, short at) {
    return Util.arrayCopyNonAtomic(log, HEAD, out, at, Protocol.LOG_HEAD_LENGTH);
  }

  /** Writes the sequence of the newest entry, 4 bytes; gives the place behind it. */
  short sequence(byte[] out, short at) {
    return Util.arrayCopyNonAtomic(log, SEQUENCE, out, at, (short) 4);
  }

  /** Bytes that GET DATA gives: the head before the oldest entry, then the entries. */
  short length() {
    return (short) (Protocol.LOG_HEAD_LENGTH + (short) (kept() * Protocol.LOG_ENTRY_LENGTH));
  }

  /** Copies {@code count} of those bytes from {@code from} on. */
  void copy(short from, byte[] out, short at, short count) {
    short ring = (short) (Protocol.LOG_CAPACITY * Protocol.LOG_ENTRY_LENGTH);
    // The oldest entry lies behind the newest where the ring is full, and is entry 1 else.
    short newest = (short) (log[(short) (SEQUENCE + 3)] & (short) (Protocol.LOG_CAPACITY - 1));
    short oldest = (short) ((short) (newest + 1 - kept()) & (short) (Protocol.LOG_CAPACITY - 1));
    short start = (short) (oldest * Protocol.LOG_ENTRY_LENGTH);
    for (short i = 0; i < count; i++) {
      short place = (short) (from + i);
      short source;
      if (place < Protocol.LOG_HEAD_LENGTH) source = (short) (BASE + place);
      else {
        place = (short) (start + place - Protocol.LOG_HEAD_LENGTH);
        source = (short) (ENTRIES + (place >= ring ? (short) (place - ring) : place));
      }
      out[(short) (at + i)] = log[source];
    }
  }

  private short kept() {
    boolean isFull = log[SEQUENCE] != 0 || log[(short) (SEQUENCE + 1)] != 0 || log[(short) (SEQUENCE + 2)] != 0;
    short low = (short) (log[(short) (SEQUENCE + 3)] & 0xFF);
    return isFull || low > Protocol.LOG_CAPACITY ? Protocol.LOG_CAPACITY : low;
  }

  private void begin(byte event, byte reference, short detail) {
    Util.arrayCopyNonAtomic(log, SEQUENCE, ram, ENTRY, (short) 4);
    short i = 3;
    while (i >= 0 && ++ram[(short) (ENTRY + i)] == 0) i--;
    if (i < 0) ISOException.throwIt(Protocol.SW_MEMORY_FAILURE);
    ram[(short) (ENTRY + 4)] = event;
    ram[(short) (ENTRY + 5)] = reference;
    Util.setShort(ram, (short) (ENTRY + 6), detail);
    Util.arrayFillNonAtomic(ram, (short) (ENTRY + 8), HASH_PREFIX, (byte) 0);
  }

  private void append() {
    short number = (short) (ram[(short) (ENTRY + 3)] & (short) (Protocol.LOG_CAPACITY - 1));
    short place = (short) (ENTRIES + (short) (number * Protocol.LOG_ENTRY_LENGTH));
    if (kept() == Protocol.LOG_CAPACITY) chain(BASE, log, place);
    chain(HEAD, ram, ENTRY);
    Util.arrayCopy(ram, ENTRY, log, place, Protocol.LOG_ENTRY_LENGTH);
    Util.arrayCopy(ram, ENTRY, log, SEQUENCE, (short) 4);
  }

  /** Replaces a head by SHA-256(head ‖ entry). */
  private void chain(short head, byte[] entry, short at) {
    sha256.reset();
    sha256.update(log, head, Protocol.LOG_HEAD_LENGTH);
    sha256.doFinal(entry, at, Protocol.LOG_ENTRY_LENGTH, ram, HASH);
    Util.arrayCopy(ram, HASH, log, head, Protocol.LOG_HEAD_LENGTH);
  }
}
