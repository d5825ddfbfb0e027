// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The host's end of an SCP03 session, written from Amendment D over nothing but the AES of the Java platform,
 * for tests: it shares no line with the card's end.
 */
final class ScpHost {
  private static final byte[] TEST_KEY = Bytes.fromHex("404142434445464748494A4B4C4D4E4F");

  private final UnaryOperator<byte[]> card;
  private final int channel;
  private final int length;
  private final byte[] enc;
  private final byte[] mac;
  private final byte[] rmac;
  private final byte[] context;
  private byte[] chaining = new byte[16];
  private int counter;
  private int level;
  /** Answer to INITIALIZE UPDATE, without the status word. */
  final byte[] beginning;

  /**
   * INITIALIZE UPDATE with the test keys, or others of one value; {@code length} is 8 in mode S8 and 16 in
   * S16.
   */
  ScpHost(UnaryOperator<byte[]> card, int channel, int length, int version, byte[] key) {
    this.card = card;
    this.channel = channel;
    this.length = length;
    byte[] challenge = new byte[length];
    Arrays.fill(challenge, (byte) 0x5A);
    byte[] header = Bytes.of(0x80 | channel, 0x50, version, 0, length);
    beginning = expect(0x9000, card.apply(Bytes.concat(header, challenge, Bytes.of(0))));
    byte[] cardChallenge = Arrays.copyOfRange(beginning, 13, 13 + length);
    context = Bytes.concat(challenge, cardChallenge);
    enc = derive(key, 4, key.length);
    mac = derive(key, 6, key.length);
    rmac = derive(key, 7, key.length);
    byte[] cryptogram = Arrays.copyOfRange(beginning, 13 + length, 13 + 2 * length);
    if (!Arrays.equals(cryptogram, derive(mac, 0, length))) throw new AssertionError("wrong card cryptogram");
  }

  static ScpHost begin(UnaryOperator<byte[]> card, int channel, int length) {
    return new ScpHost(card, channel, length, 0, TEST_KEY);
  }

  /** The session, opened at a level. */
  static ScpHost open(UnaryOperator<byte[]> card, int channel, int level) {
    ScpHost host = begin(card, channel, 8);
    expect(0x9000, card.apply(host.authentication(level)));
    return host;
  }

  /** EXTERNAL AUTHENTICATE. */
  byte[] authentication(int level) {
    byte[] apdu = protect(Bytes.of(0x80 | channel, 0x82, level, 0), derive(mac, 1, length), false);
    this.level = level;
    return apdu;
  }

  /** A protected command of a header, plain data and an Le of 00. */
  byte[] wrap(int cla, int ins, int p1, int p2, byte[] data) {
    counter++;
    boolean isEncrypted = (level & 2) != 0 && data.length > 0;
    byte[] sent = isEncrypted ? cbc(enc, Cipher.ENCRYPT_MODE, vector(0), padded(data)) : data;
    return protect(Bytes.of(cla | channel, ins, p1, p2), sent, true);
  }

  /** Plain data of the answer to the last command, with its MAC checked, and the status word. */
  byte[] unwrap(byte[] answer) {
    int end = answer.length - 2;
    byte[] status = Arrays.copyOfRange(answer, end, end + 2);
    boolean isError = status[0] != (byte) 0x90 && status[0] != 0x62 && status[0] != 0x63;
    if ((level & 0x10) == 0 || isError) return answer;
    byte[] sent = Arrays.copyOf(answer, end - length);
    byte[] expected = Arrays.copyOf(cmac(rmac, Bytes.concat(chaining, sent, status)), length);
    if (!Arrays.equals(expected, Arrays.copyOfRange(answer, end - length, end)))
      throw new AssertionError("wrong R-MAC");
    if ((level & 0x20) == 0 || sent.length == 0) return Bytes.concat(sent, status);
    byte[] plain = cbc(enc, Cipher.DECRYPT_MODE, vector(0x80), sent);
    int last = plain.length - 1;
    while (plain[last] == 0) last--;
    return Bytes.concat(Arrays.copyOf(plain, last), status);
  }

  /** Wraps a command, sends it, and unwraps the answer. */
  byte[] exchange(int cla, int ins, int p1, int p2, byte[] data) {
    return unwrap(card.apply(wrap(cla, ins, p1, p2, data)));
  }

  /** Data of an answer with that status word. */
  static byte[] expect(int status, byte[] answer) {
    int end = answer.length - 2;
    if (Bytes.readUint16(answer, end) != status) throw new AssertionError("answered " + Bytes.hex(answer));
    return Arrays.copyOf(answer, end);
  }

  private byte[] protect(byte[] header, byte[] sent, boolean hasLe) {
    byte[] secure = header.clone();
    secure[0] |= 4;
    byte[] covered = secure.clone();
    covered[0] &= ~3;
    byte[] lc = Bytes.of(sent.length + length);
    chaining = cmac(mac, Bytes.concat(chaining, covered, lc, sent));
    byte[] apdu = Bytes.concat(secure, lc, sent, Arrays.copyOf(chaining, length));
    return hasLe ? Bytes.concat(apdu, Bytes.of(0)) : apdu;
  }

  private byte[] derive(byte[] key, int constant, int bytes) {
    byte[] derived = new byte[0];
    for (int block = 1; derived.length < bytes; block++) {
      byte[] label = Bytes.concat(new byte[11], Bytes.of(constant, 0, bytes * 8 >> 8, bytes * 8, block));
      derived = Bytes.concat(derived, cmac(key, Bytes.concat(label, context)));
    }
    return Arrays.copyOf(derived, bytes);
  }

  private byte[] vector(int first) {
    byte[] block = new byte[16];
    block[0] = (byte) first;
    block[15] = (byte) counter;
    return cbc(enc, Cipher.ENCRYPT_MODE, new byte[16], block);
  }

  private static byte[] padded(byte[] data) {
    byte[] padded = Arrays.copyOf(data, (data.length / 16 + 1) * 16);
    padded[data.length] = (byte) 0x80;
    return padded;
  }

  /** NIST SP 800-38B, by AES-CBC: the last block of the message that ends in the tweaked block. */
  private static byte[] cmac(byte[] key, byte[] message) {
    byte[] first = doubled(cbc(key, Cipher.ENCRYPT_MODE, new byte[16], new byte[16]));
    boolean isWhole = message.length > 0 && message.length % 16 == 0;
    byte[] tweak = isWhole ? first : doubled(first);
    byte[] blocks = isWhole ? message.clone() : padded(message);
    for (int i = 0; i < 16; i++) blocks[blocks.length - 16 + i] ^= tweak[i];
    byte[] all = cbc(key, Cipher.ENCRYPT_MODE, new byte[16], blocks);
    return Arrays.copyOfRange(all, all.length - 16, all.length);
  }

  private static byte[] doubled(byte[] block) {
    byte[] twice = new byte[16];
    for (int i = 0; i < 16; i++)
      twice[i] = (byte) (block[i] << 1 | (i < 15 ? (block[i + 1] & 0xFF) >> 7 : 0));
    if (block[0] < 0) twice[15] ^= (byte) 0x87;
    return twice;
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
