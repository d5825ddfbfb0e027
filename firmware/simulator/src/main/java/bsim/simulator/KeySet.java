// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/**
 * A set of SCP03 keys of the security domain; a value, never changed in place.
 *
 * @param version key version number, 1 to 127
 * @param enc AES key of 16, 24 or 32 bytes, as are the two others, all of one length
 * @param sequenceCounter sessions opened so far
 */
public record KeySet(int version, byte[] enc, byte[] mac, byte[] dek, int sequenceCounter, int triesLeft) {
  /** Failed authentications in a row after which a key set locks. */
  static final int TRIES = 10;
  /** Highest sequence counter, three bytes; a key set that reached it opens no more. */
  static final int SEQUENCE_COUNTER_MAX = 0xFF_FFFF;

  /** A key set that was never used. Throws IllegalArgumentException where the keys are none. */
  public static KeySet fresh(int version, byte[] enc, byte[] mac, byte[] dek) {
    if (version < 1 || version > 0x7F)
      throw new IllegalArgumentException("key version number: found " + version + ", expected 1 to 127");
    if (!isKeyLength(enc.length) || mac.length != enc.length || dek.length != enc.length)
      throw new IllegalArgumentException("found keys of " + enc.length + ", " + mac.length + " and "
          + dek.length + " bytes, expected three of 16, of 24 or of 32");
    return new KeySet(version, enc.clone(), mac.clone(), dek.clone(), 0, TRIES);
  }

  /** GlobalPlatform's public test keys 40 … 4F as version 30: what a blank card comes with. */
  public static KeySet test() {
    byte[] key = Bytes.fromHex("404142434445464748494A4B4C4D4E4F");
    return fresh(0x30, key, key, key);
  }

  static boolean isKeyLength(int length) {
    return length == 16 || length == 24 || length == 32;
  }

  KeySet with(int counter, int tries) {
    return new KeySet(version, enc, mac, dek, counter, tries);
  }

  KeySet copy() {
    return new KeySet(version, enc.clone(), mac.clone(), dek.clone(), sequenceCounter, triesLeft);
  }

  void wipe() {
    Bytes.wipe(enc, mac, dek);
  }
}
