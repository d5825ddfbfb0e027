// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

/**
 * The card has no power any more: whatever ran on it stops here, since no code of a card catches an Error.
 */
final class PowerLoss extends Error {
  private static final long serialVersionUID = 1;

  PowerLoss(int step) {
    super("power lost before step " + step, null, false, false);
  }
}
