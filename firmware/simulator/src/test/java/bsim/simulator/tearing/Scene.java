// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.util.List;

/**
 * What is done to a card from a prepared state on, so that some kind of write happens.
 *
 * @param image the prepared state
 * @param acts one command each; they know what a card answers that is not torn
 */
record Scene(String title, Prepared.State image, List<Act> acts) {
  interface Act {
    /** Sends one command; gives its answer. Throws AssertionError for another one than a whole card gives. */
    String play(Reader reader);
  }
}
