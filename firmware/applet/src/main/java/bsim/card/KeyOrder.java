// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/**
 * Checks that the keys of the open maps come in rising order. A new key is written over the last one of its
 * map as it comes: up to the first byte that differs both are the same, and from there the old one is of no
 * use. No encoding is the beginning of another, so two keys that differ do so before either ends, and lengths
 * need not be kept.
 *
 * <p>Source: RFC 8949 §4.2.1 (bytewise lexicographic order of the encodings).
 */
final class KeyOrder {
  private final byte[] ram;

  /** {@code ram} is laid out by {@link TransactionRam}. */
  KeyOrder(byte[] ram) {
    this.ram = ram;
  }

  /** A key of the map with that frame begins; the first one rises above nothing. */
  void begin(short frame) {
    ram[TransactionRam.KEY_AT] = 0;
    boolean isFirst = ram[(short) (frame + TransactionRam.FRAME_KIND)] == CborReader.FIRST_KEY;
    ram[TransactionRam.KEY_ROSE] = (byte) (isFirst ? 1 : 0);
  }

  /** Takes the next byte of the key; whether the key may still be right. */
  boolean next(short frame, byte next) {
    byte length = ram[TransactionRam.KEY_AT];
    if (length == TransactionRam.KEY_LENGTH_MAX) return false;
    short at = (short) (frame + TransactionRam.FRAME_KEY + length);
    if (!rose()) {
      short difference = (short) ((short) (next & 0xFF) - (short) (ram[at] & 0xFF));
      if (difference < 0) return false;
      if (difference > 0) ram[TransactionRam.KEY_ROSE] = 1;
    }
    ram[at] = next;
    ram[TransactionRam.KEY_AT] = (byte) (length + 1);
    return true;
  }

  /** Whether this many more bytes fit; a number below 0 is 32768 or more. */
  boolean fits(short count) {
    short room = (short) (TransactionRam.KEY_LENGTH_MAX - ram[TransactionRam.KEY_AT]);
    return count >= 0 && count <= room;
  }

  /** Whether the key that ends here came after the one before it. */
  boolean rose() {
    return ram[TransactionRam.KEY_ROSE] != 0;
  }
}
