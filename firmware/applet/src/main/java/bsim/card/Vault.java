// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.KeyBuilder;
import javacard.security.RandomData;
import javacardx.crypto.Cipher;

/**
 * Seals secrets at rest: AES-256 in CBC mode under a key object made at installation, which the platform
 * protects as it does all its keys and which never leaves the card. What is sealed is secret, not proof
 * against change.
 */
final class Vault {
  static final short IV = HmacSha512.END;
  static final short END = (short) (IV + 16);

  private static final short KEY_LENGTH = 32;

  private final byte[] ram;
  private final AESKey key;
  private final Cipher cipher;

  Vault(byte[] ram, RandomData random) {
    this.ram = ram;
    key = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_256, false);
    cipher = Cipher.getInstance(Cipher.ALG_AES_BLOCK_128_CBC_NOPAD, false);
    random.generateData(ram, HmacSha512.BLOCK, KEY_LENGTH);
    key.setKey(ram, HmacSha512.BLOCK);
    Util.arrayFillNonAtomic(ram, HmacSha512.BLOCK, KEY_LENGTH, (byte) 0);
  }

  /**
   * Writes the sealed form of a secret, as long as the secret, a multiple of 16 bytes. The label, which no
   * other secret has, keeps equal secrets from looking equal.
   */
  void seal(short label, byte[] secret, short at, short length, byte[] out, short outAt) {
    work(Cipher.MODE_ENCRYPT, label, secret, at, length, out, outAt);
  }

  /** Writes the secret that was sealed under the label; the caller wipes it. */
  void open(short label, byte[] sealed, short at, short length, byte[] out, short outAt) {
    work(Cipher.MODE_DECRYPT, label, sealed, at, length, out, outAt);
  }

  private void work(byte mode, short label, byte[] in, short at, short length, byte[] out, short outAt) {
    Util.arrayFillNonAtomic(ram, IV, (short) 14, (byte) 0);
    Util.setShort(ram, (short) (IV + 14), label);
    cipher.init(key, mode, ram, IV, (short) 16);
    cipher.doFinal(in, at, length, out, outAt);
  }
}
