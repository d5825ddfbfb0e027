// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;
import javacard.security.MessageDigest;

/** HMAC-SHA-512 over the platform's SHA-512. Source: RFC 2104 §2. */
final class HmacSha512 {
  /** Bytes of a result. */
  static final short LENGTH = 64;

  /** The padded key: scratch that {@link Elliptic} uses too, since neither runs inside the other. */
  static final short BLOCK = Ram.CRYPTO;
  static final short BLOCK_LENGTH = 128;
  static final short END = (short) (BLOCK + BLOCK_LENGTH);

  private static final byte INNER_PAD = 0x36;
  /** What turns the inner padding into the outer one, 5C. */
  private static final byte INNER_TO_OUTER = 0x6A;

  private final byte[] ram;
  /**
   * Its state is transient memory of the platform, beside that of {@link MessageHash}, whose message may go
   * on.
   */
  private final MessageDigest sha512;

  HmacSha512(byte[] ram) {
    this.ram = ram;
    sha512 = MessageDigest.getInstance(MessageDigest.ALG_SHA_512, false);
  }

  /**
   * Writes the 64 bytes of a key of at most 128 bytes and of data. Both may lie anywhere but in {@link
   * #BLOCK}, and so may the result, which may overlap the data.
   */
  void compute(
      byte[] key,
      short keyAt,
      short keyLength,
      byte[] data,
      short at,
      short length,
      byte[] out,
      short outAt) {
    Util.arrayFillNonAtomic(ram, BLOCK, BLOCK_LENGTH, (byte) 0);
    Util.arrayCopyNonAtomic(key, keyAt, ram, BLOCK, keyLength);
    hash(INNER_PAD, data, at, length, out, outAt);
    hash(INNER_TO_OUTER, out, outAt, LENGTH, out, outAt);
    Util.arrayFillNonAtomic(ram, BLOCK, BLOCK_LENGTH, (byte) 0);
  }

  private void hash(byte pad, byte[] data, short at, short length, byte[] out, short outAt) {
    for (short i = 0; i < BLOCK_LENGTH; i++) ram[(short) (BLOCK + i)] ^= pad;
    sha512.update(ram, BLOCK, BLOCK_LENGTH);
    sha512.doFinal(data, at, length, out, outAt);
  }
}
