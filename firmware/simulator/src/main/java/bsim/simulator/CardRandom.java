// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * Random bytes of a card: of the platform, or for tests a stream that another card can be given too.
 *
 * <p>The stream of a command is SHA-256(seed ‖ number ‖ 0) ‖ SHA-256(seed ‖ number ‖ 1) ‖ …, both numbers in
 * four bytes, big-endian. The command's number counts C-APDUs, whatever they are: 1 is the first one since
 * the card was made or restored, 0 stands for what comes before it. Whoever asks for bytes within a command
 * gets the next ones.
 */
final class CardRandom {
  private static final SecureRandom PLATFORM = new SecureRandom();

  private byte[] seed;
  private int number;
  private int block;
  /** Bytes of the block before that were not asked for yet. */
  private byte[] rest = Bytes.NONE;

  CardRandom(byte[] seed) {
    restart(seed);
  }

  /** A secure source, whatever the card's is: for nonces, which must never come twice. */
  static SecureRandom platform() {
    return PLATFORM;
  }

  /** Counts commands from 0 again, with another seed; null for random bytes of the platform. */
  void restart(byte[] seed) {
    this.seed = seed == null ? null : seed.clone();
    number = 0;
    beginStream();
  }

  /** Begins the stream of the next command. */
  void beginCommand() {
    number++;
    beginStream();
  }

  void fill(byte[] bytes, int from, int length) {
    if (seed == null) {
      byte[] drawn = new byte[length];
      PLATFORM.nextBytes(drawn);
      System.arraycopy(drawn, 0, bytes, from, length);
      return;
    }
    for (int done = 0; done < length; ) {
      if (rest.length == 0) rest = nextBlock();
      int count = Math.min(rest.length, length - done);
      System.arraycopy(rest, 0, bytes, from + done, count);
      rest = Bytes.slice(rest, count, rest.length);
      done += count;
    }
  }

  byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    fill(bytes, 0, length);
    return bytes;
  }

  private void beginStream() {
    block = 0;
    rest = Bytes.NONE;
  }

  private byte[] nextBlock() {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(seed);
      sha256.update(Bytes.concat(Bytes.uint16(number >> 16), Bytes.uint16(number)));
      sha256.update(Bytes.concat(Bytes.uint16(block >> 16), Bytes.uint16(block)));
      block++;
      return sha256.digest();
    } catch (NoSuchAlgorithmException cause) {
      throw new IllegalStateException(cause);
    }
  }
}
