// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.List;
import java.util.function.Consumer;

/**
 * How a blank card is made.
 *
 * @param isSelectable whether the application can be selected already, or is installed only
 * @param confirmation what the applet is told about how it confirms, in its application parameters
 * @param keySets 1 to 3 key sets of the security domain
 * @param seed of random bytes that another card can be given too, for tests only; null for those of the
 *     platform
 * @param faults told what lies behind a status word 6F00
 */
public record CardOptions(boolean isSelectable, Scp03Profile scp03, Confirmation confirmation,
    List<KeySet> keySets, byte[] seed, Consumer<Throwable> faults) {
  /** How a transaction is confirmed; its value is the application parameter of the applet. */
  public enum Confirmation {
    TERMINAL(0x01),
    PIN(0x02);

    private final int value;

    Confirmation(int value) {
      this.value = value;
    }

    int value() {
      return value;
    }
  }

  /**
   * Selectable, S8 with pseudo-random challenges, confirmation by PIN, public test keys; faults go to stderr.
   */
  public static CardOptions defaults() {
    return new CardOptions(true, Scp03Profile.DEFAULT, Confirmation.PIN, List.of(KeySet.test()), null,
        Throwable::printStackTrace);
  }

  public CardOptions withSelectable(boolean isSelectable) {
    return new CardOptions(isSelectable, scp03, confirmation, keySets, seed, faults);
  }

  public CardOptions withScp03(boolean isS16, boolean isPseudoRandom) {
    return new CardOptions(
        isSelectable, new Scp03Profile(isS16, isPseudoRandom), confirmation, keySets, seed, faults);
  }

  public CardOptions withConfirmation(Confirmation confirmation) {
    return new CardOptions(isSelectable, scp03, confirmation, keySets, seed, faults);
  }

  public CardOptions withKeySets(List<KeySet> keySets) {
    return new CardOptions(isSelectable, scp03, confirmation, keySets, seed, faults);
  }

  public CardOptions withSeed(byte[] seed) {
    return new CardOptions(isSelectable, scp03, confirmation, keySets, seed, faults);
  }

  public CardOptions withFaults(Consumer<Throwable> faults) {
    return new CardOptions(isSelectable, scp03, confirmation, keySets, seed, faults);
  }
}
