// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.security.CryptoException;
import javacard.security.MessageDigest;

/**
 * The hash of a message that is given in parts, over any number of commands. There is one on the card; its
 * state of SHA-256 and SHA-512 is transient memory of the platform, that of Keccak-256 lies in the workspace.
 */
final class MessageHash {
  /**
   * The state of Keccak-256; the 16 bytes of the workspace before it are {@link TransactionPrefix}'s and
   * others'.
   */
  static final short KECCAK = (short) (Ram.WORK_AREA + 16);
  /** Which hash is under way, as its byte on the card. */
  static final short HASH = (short) (KECCAK + Keccak256.LENGTH);
  static final short END = (short) (HASH + 1);

  private final byte[] ram;
  private final MessageDigest sha256;
  private final MessageDigest sha512;
  private final Keccak256 keccak256;

  MessageHash(byte[] ram) {
    this.ram = ram;
    sha256 = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
    sha512 = MessageDigest.getInstance(MessageDigest.ALG_SHA_512, false);
    keccak256 = new Keccak256(ram, KECCAK);
  }

  /** Whether the card has a hash. */
  static boolean isKnown(byte hash) {
    return hash == Protocol.HASH_SHA256 || hash == Protocol.HASH_SHA512 || hash == Protocol.HASH_KECCAK256;
  }

  /** Begins a message with a hash that is known; one under way is lost. */
  void begin(byte hash) {
    abandon();
    ram[HASH] = hash;
  }

  /** Takes the next bytes of the message. */
  void update(byte[] part, short at, short length) {
    if (ram[HASH] == Protocol.HASH_KECCAK256) {
      keccak256.update(part, at, length);
    } else {
      platformHash().update(part, at, length);
    }
  }

  /** Writes the digest of all parts, wipes the state, and returns the length of the digest, 32 or 64. */
  short digest(byte[] out, short outAt) {
    short length = Keccak256.DIGEST_LENGTH;
    if (ram[HASH] == Protocol.HASH_KECCAK256) {
      keccak256.digest(out, outAt);
    } else {
      length = platformHash().doFinal(ram, HASH, (short) 0, out, outAt);
    }
    ram[HASH] = 0;
    return length;
  }

  /** Wipes the state of a message that is not finished. */
  void abandon() {
    sha256.reset();
    sha512.reset();
    keccak256.begin();
    ram[HASH] = 0;
  }

  private MessageDigest platformHash() {
    if (ram[HASH] == 0) CryptoException.throwIt(CryptoException.INVALID_INIT);
    return ram[HASH] == Protocol.HASH_SHA512 ? sha512 : sha256;
  }
}
