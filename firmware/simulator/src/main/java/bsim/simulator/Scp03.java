// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import com.licel.jcardsim.bouncycastle.crypto.engines.AESEngine;
import com.licel.jcardsim.bouncycastle.crypto.macs.CMac;
import com.licel.jcardsim.bouncycastle.crypto.params.KeyParameter;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The computations of SCP03. Source: GlobalPlatform Amendment D v1.2 §4.1.5 and §6.2. */
final class Scp03 {
  /** Derivation constants. Source: GlobalPlatform Amendment D v1.2 §4.1.5, table 4-1. */
  static final int CARD_CRYPTOGRAM = 0x00;

  static final int HOST_CRYPTOGRAM = 0x01;
  static final int CARD_CHALLENGE = 0x02;
  static final int S_ENC = 0x04;
  static final int S_MAC = 0x06;
  static final int S_RMAC = 0x07;

  /** Bits of the security level. Source: GlobalPlatform Amendment D v1.2 §7.1.2. */
  static final int C_MAC = 0x01;

  static final int C_ENCRYPTION = 0x02;
  static final int R_MAC = 0x10;
  static final int R_ENCRYPTION = 0x20;

  static final int BLOCK = 16;

  private Scp03() {}

  /** Whether a host may ask for that level. */
  static boolean isLevel(int level) {
    return level == 0x01 || level == 0x03 || level == 0x11 || level == 0x13 || level == 0x33;
  }

  /** AES-CMAC over the parts, 16 bytes. Source: NIST SP 800-38B. */
  static byte[] cmac(byte[] key, byte[]... parts) {
    CMac mac = new CMac(new AESEngine());
    mac.init(new KeyParameter(key));
    for (byte[] part : parts) mac.update(part, 0, part.length);
    byte[] result = new byte[BLOCK];
    mac.doFinal(result, 0);
    return result;
  }

  /** {@code length} bytes derived from a key. Source: NIST SP 800-108, counter mode with AES-CMAC. */
  static byte[] derive(byte[] key, int constant, byte[] context, int length) {
    byte[] derived = new byte[length];
    byte[] label = new byte[12];
    label[11] = (byte) constant;
    for (int counter = 1, at = 0; at < length; counter++, at += BLOCK) {
      byte[] middle = Bytes.of(0, length * 8 >> 8, length * 8, counter);
      byte[] block = cmac(key, label, middle, context);
      System.arraycopy(block, 0, derived, at, Math.min(BLOCK, length - at));
    }
    return derived;
  }

  /** Sequence counter in three bytes. */
  static byte[] counterBytes(int sequenceCounter) {
    return Bytes.of(sequenceCounter >> 16, sequenceCounter >> 8, sequenceCounter);
  }

  /** First three bytes of sixteen 01, encrypted. Source: GlobalPlatform Amendment D v1.2 §7.2.2. */
  static byte[] checkValue(byte[] key) {
    byte[] ones = new byte[BLOCK];
    Arrays.fill(ones, (byte) 1);
    return Arrays.copyOf(ecb(key, ones), 3);
  }

  /**
   * Data padded and encrypted; no data stays none. Source: GlobalPlatform Amendment D v1.2 §6.2.6 and §6.2.7.
   */
  static byte[] encrypt(byte[] key, boolean isResponse, int counter, byte[] data) {
    if (data.length == 0) return data;
    byte[] padded = Arrays.copyOf(data, (data.length / BLOCK + 1) * BLOCK);
    padded[data.length] = (byte) 0x80;
    return cbc(key, Cipher.ENCRYPT_MODE, vector(key, isResponse, counter), padded);
  }

  /** What {@link #encrypt} was given; null where the bytes are no whole blocks or not padded. */
  static byte[] decrypt(byte[] key, boolean isResponse, int counter, byte[] data) {
    if (data.length == 0) return data;
    if (data.length % BLOCK != 0) return null;
    byte[] padded = cbc(key, Cipher.DECRYPT_MODE, vector(key, isResponse, counter), data);
    int end = padded.length - 1;
    while (end > padded.length - BLOCK && padded[end] == 0) end--;
    return padded[end] == (byte) 0x80 ? Arrays.copyOf(padded, end) : null;
  }

  /**
   * AES-CBC under the static DEK, IV 00, no padding; the data is whole blocks. Source: Amendment D v1.2
   * §6.2.8.
   */
  static byte[] underDek(byte[] dek, boolean isEncryption, byte[] data) {
    int mode = isEncryption ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE;
    return cbc(dek, mode, new byte[BLOCK], data);
  }

  private static byte[] vector(byte[] key, boolean isResponse, int counter) {
    byte[] block = new byte[BLOCK];
    if (isResponse) block[0] = (byte) 0x80;
    for (int i = 0; i < 4; i++) block[BLOCK - 1 - i] = (byte) (counter >> 8 * i);
    return ecb(key, block);
  }

  private static byte[] ecb(byte[] key, byte[] block) {
    try {
      Cipher cipher = Cipher.getInstance("AES/ECB/NoPadding");
      cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
      return cipher.doFinal(block);
    } catch (GeneralSecurityException cause) {
      throw new IllegalStateException(cause);
    }
  }

  private static byte[] cbc(byte[] key, int mode, byte[] vector, byte[] data) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
      cipher.init(mode, new SecretKeySpec(key, "AES"), new IvParameterSpec(vector));
      return cipher.doFinal(data);
    } catch (GeneralSecurityException cause) {
      throw new IllegalStateException(cause);
    }
  }
}
