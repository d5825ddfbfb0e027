// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/**
 * How a card does SCP03; what its i parameter says.
 *
 * @param isS16 whether challenges, cryptograms and MACs have 16 bytes instead of 8
 * @param isPseudoRandom whether card challenges are computed from the sequence counter, or drawn
 */
public record Scp03Profile(boolean isS16, boolean isPseudoRandom) {
  /** Mode S8 with pseudo-random challenges. */
  static final Scp03Profile DEFAULT = new Scp03Profile(false, true);

  /** Bytes of challenges, cryptograms and MACs. */
  int length() {
    return isS16 ? 16 : 8;
  }
}
