// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * A transaction that is open: what it changed, so that it can be undone. Source: Java Card 3.0.5 Runtime
 * Environment Specification, Classic Edition, §7.
 */
final class Transaction {
  /** Bytes of the commit buffer for each write beside the bytes that it replaces: where, and how many. */
  private static final int OVERHEAD = 4;

  private record Place(byte[] array, int from, int to) {
    boolean meets(Place other) {
      return array == other.array && from < other.to && other.from < to;
    }
  }

  private record Replaced(Place place, byte[] bytes) {}

  private final Deque<Replaced> replaced = new ArrayDeque<>();
  private final List<Place> outside = new ArrayList<>();
  private int size;

  /**
   * Bytes that it takes of the commit buffer: of each write those it replaces and 4, also where another one
   * replaced them before.
   */
  int size() {
    return size;
  }

  /** Takes note of bytes that are about to be written as part of it. */
  void add(byte[] array, int at, int length) {
    Place place = new Place(array, at, at + length);
    if (outside.stream().anyMatch(place::meets)) throw undefined();
    replaced.push(new Replaced(place, Arrays.copyOfRange(array, at, at + length)));
    size += length + OVERHEAD;
  }

  /** Takes note of bytes that are about to be written while it is open, and stay written. */
  void passBy(byte[] array, int at, int length) {
    Place place = new Place(array, at, at + length);
    if (replaced.stream().map(Replaced::place).anyMatch(place::meets)) throw undefined();
    outside.add(place);
  }

  /** Puts back what was there before it. */
  void undo(PersistentMemory memory) {
    for (Replaced each : replaced) memory.put(each.place().array(), each.place().from(), each.bytes());
    replaced.clear();
  }

  private static AssertionError undefined() {
    return new AssertionError("bytes are written atomically and not, in one transaction");
  }
}
