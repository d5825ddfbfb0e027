// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class FlawTest {
  @Test
  void aCardThatKeepsWhatAnOpenTransactionWroteFails() {
    fails(new Flaw(true, Set.of()), "VERIFY, right, wrong, with the duress PIN", "SecurityLog.log");
  }

  @Test
  void anAppletThatVerifiesThePinWithoutATransactionFails() {
    fails(withoutTransactions("Pins"), "VERIFY, right, wrong, with the duress PIN", "Holder.data");
  }

  @Test
  void anAppletThatSignsWithoutATransactionFails() {
    fails(withoutTransactions("Signing"), "signatures of digests and messages", "KeySlots.memory");
  }

  @Test
  void anAppletThatErasesKeysWithoutATransactionFails() {
    fails(withoutTransactions("KeyCommands"), "keys made and erased by the holder", "KeySlots.states");
  }

  @Test
  void anAppletThatDoesNotTidyUpItsSlotsFails() {
    fails(without("BlockchainSim>KeySlots.cleanUp"), "keys made and erased by the holder", "KeySlots.states");
  }

  @Test
  void anAppletThatDoesNotTidyUpAfterPersonalisationFails() {
    fails(without("BlockchainSim>Holder.cleanUp"), "personalisation", "Holder.data");
  }

  private static Flaw withoutTransactions(String caller) {
    return without(caller + ">JCSystem.beginTransaction", caller + ">JCSystem.commitTransaction");
  }

  private static Flaw without(String... calls) {
    return new Flaw(false, Set.of(calls));
  }

  /** Tearing that scene finds the card where it may not be, by that array among others. */
  private static void fails(Flaw flaw, String title, String array) {
    Scene scene = Scenes.all().stream().filter(each -> each.title().equals(title)).findFirst().orElseThrow();
    TornScene torn = new TornScene(scene, new Prepared(flaw).of(scene.image()));
    AssertionError failure = assertThrows(AssertionError.class, torn::tearEverywhere);
    assertTrue(failure.getMessage().contains("not after, by"), failure::getMessage);
    assertTrue(failure.getMessage().contains(array), failure::getMessage);
  }
}
