// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.CardImage;
import bsim.simulator.CardMachine;
import bsim.simulator.CardOptions;
import java.util.Map;
import javacard.framework.Applet;

/** A card with the applet, from which power can be taken at any write of the applet. */
final class TearableCard {
  private static final String APPLET = "bsim.card.BlockchainSim";

  private final Tearing tearing;
  private final CardMachine machine;
  private final PersistentMemory memory;

  /** A blank card. */
  TearableCard(CardOptions options, Flaw flaw) {
    tearing = new Tearing(flaw);
    tearing.begin(Cut.never(Cut.Remains.FORWARD));
    TearingLoader loader = new TearingLoader(flaw);
    machine = new CardMachine(appletOf(loader), options.withFaults(TearableCard::fail));
    memory = new PersistentMemory(tearing.applet(), loader.loaded());
    tearing.installed(memory);
  }

  /** R-APDU of a C-APDU, whose steps are counted as {@link Cut} says. */
  byte[] process(byte[] apdu, Cut.Remains remains) {
    return run(apdu, Cut.never(remains));
  }

  /** Steps of the last command. */
  int steps() {
    return tearing.steps();
  }

  int largestTransaction() {
    return tearing.largestTransaction();
  }

  /**
   * Loses power within a command, or behind its end where it has as many steps as the cut says. Throws
   * AssertionError where it has fewer.
   */
  void tear(byte[] apdu, Cut cut) {
    try {
      run(apdu, cut);
      if (tearing.steps() != cut.step()) throw new AssertionError("only " + tearing.steps() + " steps");
    } catch (PowerLoss loss) {
      // What was to be.
    }
    powerOff();
  }

  void powerOff() {
    tearing.begin(Cut.never(Cut.Remains.FORWARD));
    machine.powerOff();
  }

  CardImage save() {
    return machine.save();
  }

  void restore(CardImage image, byte[] seed) {
    tearing.begin(Cut.never(Cut.Remains.FORWARD));
    machine.restore(image, seed);
    memory.accept();
  }

  /** Copies of the applet's persistent arrays, by class and field. */
  Map<String, byte[]> content() {
    return memory.content();
  }

  /** Brings arrays back that {@link #content} gave. */
  void load(Map<String, byte[]> content) {
    memory.load(content);
  }

  private byte[] run(byte[] apdu, Cut cut) {
    tearing.begin(cut);
    byte[] response = machine.process(apdu);
    tearing.end();
    memory.requireNothingElseWritten();
    return response;
  }

  private static Class<? extends Applet> appletOf(TearingLoader loader) {
    try {
      return loader.loadClass(APPLET).asSubclass(Applet.class);
    } catch (ClassNotFoundException cause) {
      throw new IllegalStateException(cause);
    }
  }

  /** Takes what the machine would answer 6F00 to. */
  private static void fail(Throwable fault) {
    if (fault instanceof PowerLoss loss) throw loss;
    throw new AssertionError("the applet failed", fault);
  }
}
