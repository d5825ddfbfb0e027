// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import java.util.Random;

/** Random input of a test: another one each time, whose seed is printed; `-Dbsim.seed=` gives one again. */
final class SeededRandom {
  private SeededRandom() {}

  static Random of(String test) {
    long seed = Long.getLong("bsim.seed", System.nanoTime());
    System.out.println(test + ": seed " + seed);
    return new Random(seed);
  }

  /** New random bytes. */
  static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
