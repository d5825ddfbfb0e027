// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.List;

/**
 * What a card holds at a moment, to be restored into the same card: every object that can be reached from the
 * applet, and the state of the operating system.
 */
public final class CardImage {
  private final CardMachine card;
  private final ObjectGraph.Snapshot applet;
  private final List<KeySet> keySets;
  private final byte[] lifeCycle;

  CardImage(CardMachine card, ObjectGraph.Snapshot applet, List<KeySet> keySets, byte[] lifeCycle) {
    this.card = card;
    this.applet = applet;
    this.keySets = keySets;
    this.lifeCycle = lifeCycle.clone();
  }

  /** The card that it is of, and alone can be restored into. */
  public CardMachine card() {
    return card;
  }

  ObjectGraph.Snapshot applet() {
    return applet;
  }

  List<KeySet> keySets() {
    return keySets;
  }

  byte[] lifeCycle() {
    return lifeCycle;
  }
}
