// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import com.licel.jcardsim.base.TransientMemory;
import java.util.List;

/**
 * The transient arrays of a card. jCardSim makes arrays of its own for each use of a key; once the card is
 * sealed, which is after installation, such arrays are ordinary garbage and not kept for ever.
 */
final class CardMemory extends TransientMemory {
  private boolean sealed;

  /** Says that the application is installed and has made all its arrays. */
  void seal() {
    sealed = true;
  }

  List<Object> clearedOnReset() {
    return List.copyOf(clearOnReset);
  }

  List<Object> clearedOnDeselect() {
    return List.copyOf(clearOnDeselect);
  }

  /** The last session of the applet has ended. */
  void sessionEnded() {
    clearOnDeselect();
  }

  @Override
  protected void storeArray(Object array, byte event) {
    if (!sealed) super.storeArray(array, event);
  }
}
