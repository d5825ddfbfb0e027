// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.util.Set;

/**
 * What is wrong with a card on purpose, to show that tearing it finds that.
 *
 * @param keepsTransactions whether what an open transaction wrote stays when power is lost
 * @param omitted calls of void methods that the applet does not make, as {@code Caller>Class.method}, by
 *     simple names
 */
record Flaw(boolean keepsTransactions, Set<String> omitted) {
  static final Flaw NONE = new Flaw(false, Set.of());
}
