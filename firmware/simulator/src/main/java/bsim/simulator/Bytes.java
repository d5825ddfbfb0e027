// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.security.MessageDigest;
import java.util.HexFormat;

/** Byte arrays. */
final class Bytes {
  static final byte[] NONE = {};

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private Bytes() {}

  /** The parts one behind the other, as a new array. */
  static byte[] concat(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) length += part.length;
    byte[] whole = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  static byte[] of(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) bytes[i] = (byte) values[i];
    return bytes;
  }

  /** Two bytes, big-endian. */
  static byte[] uint16(int value) {
    return of(value >> 8, value);
  }

  static int readUint16(byte[] bytes, int at) {
    return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
  }

  static byte[] slice(byte[] bytes, int from, int to) {
    byte[] part = new byte[to - from];
    System.arraycopy(bytes, from, part, 0, part.length);
    return part;
  }

  /** Compares in a time that does not depend on where the bytes differ. */
  static boolean equal(byte[] a, byte[] b) {
    return MessageDigest.isEqual(a, b);
  }

  static void wipe(byte[]... arrays) {
    for (byte[] array : arrays) java.util.Arrays.fill(array, (byte) 0);
  }

  static String hex(byte[] bytes) {
    return HEX.formatHex(bytes);
  }

  /** Bytes of hexadecimal digits; throws IllegalArgumentException for anything else. */
  static byte[] fromHex(String digits) {
    return HEX.parseHex(digits);
  }
}
