// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

/**
 * Where in a command power is lost, and how a write that is not atomic is left.
 *
 * @param step number of the step that does not happen any more, from 0: a step is a write that happens
 *     whole or not at all, a piece of one that is not atomic, or a commit
 */
record Cut(int step, Remains remains) {
  /**
   * What a write that is not atomic leaves in its place. The Java Card API promises nothing of it, neither an
   * order nor that each byte is the old one or the new one.
   */
  enum Remains {
    /** New bytes before the cut, old ones behind it; a piece is one byte. */
    FORWARD(1),
    /** New bytes behind the cut, old ones before it; a piece is 8 bytes. */
    BACKWARD(8),
    /** Bytes that are neither; the whole write is one piece. */
    GARBAGE(Short.MAX_VALUE);

    private final int piece;

    Remains(int piece) {
      this.piece = piece;
    }

    /** Bytes of a piece, at most. */
    int piece() {
      return piece;
    }
  }

  /** No loss of power. */
  static Cut never(Remains remains) {
    return new Cut(-1, remains);
  }
}
