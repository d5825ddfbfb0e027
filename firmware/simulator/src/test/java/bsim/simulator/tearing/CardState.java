// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.CardImage;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A state of a card without power: an image to restore, and what its persistent memory holds that means
 * something.
 *
 * @param name what it is called where a card is in none of those it may be in
 */
record CardState(String name, CardImage image, Map<String, byte[]> memory) {
  /** Length of a chain of certificates, behind its place. */
  private static final int LENGTH_OF_CHAIN = 2048;

  /** The state in which the card is. */
  static CardState of(String name, TearableCard card) {
    return new CardState(name, card.save(), memoryOf(card.content()));
  }

  boolean hasMemory(Map<String, byte[]> other) {
    return difference(other).isEmpty();
  }

  /** Where the other memory differs; empty where it does not. */
  String difference(Map<String, byte[]> other) {
    StringBuilder places = new StringBuilder();
    memory.forEach((array, bytes) -> {
      int at = Arrays.mismatch(bytes, other.get(array));
      if (at >= 0) places.append(' ').append(array).append('[').append(at).append(']');
    });
    return places.toString();
  }

  /**
   * Content of the arrays, without what nobody reads: of the two places for certificates the one that holds
   * no chain, and in the other what is behind the chain.
   */
  static Map<String, byte[]> memoryOf(Map<String, byte[]> content) {
    Map<String, byte[]> memory = new HashMap<>(content);
    boolean isOther = content.get("Certificates.which")[0] != 0;
    byte[] chain = content.get(isOther ? "Certificates.other" : "Certificates.one");
    int length = (chain[LENGTH_OF_CHAIN] & 0xFF) << 8 | chain[LENGTH_OF_CHAIN + 1] & 0xFF;
    memory.remove("Certificates.one");
    memory.remove("Certificates.other");
    memory.put("chain", Arrays.copyOf(chain, length));
    return memory;
  }
}
