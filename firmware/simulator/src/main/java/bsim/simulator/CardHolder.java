// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import javacard.framework.Applet;

/** The card that the reader meets now. For tests it can be replaced, saved and restored. */
final class CardHolder {
  private final Class<? extends Applet> applet;
  private final CardOptions defaults;
  private final Map<Integer, CardImage> images = new HashMap<>();
  private CardMachine card;

  CardHolder(Class<? extends Applet> applet, CardOptions defaults) {
    this.applet = applet;
    this.defaults = defaults;
    card = new CardMachine(applet, defaults);
  }

  CardMachine card() {
    return card;
  }

  /**
   * A new blank card in the place of the one before. The text has a line {@code key=value} for each option
   * that is not as the process was told: lifeCycle installed or selectable, mode S8 or S16, challenge
   * pseudo-random or random, confirmation terminal or pin, seed in hexadecimal. Throws
   * IllegalArgumentException.
   */
  void replace(byte[] text) {
    CardOptions options = defaults;
    boolean isS16 = defaults.scp03().isS16();
    boolean isPseudoRandom = defaults.scp03().isPseudoRandom();
    for (String line : new String(text, StandardCharsets.UTF_8).split("\n")) {
      if (line.isBlank()) continue;
      String[] parts = line.strip().split("=", 2);
      String name = parts[0];
      String value = parts.length == 2 ? parts[1] : "";
      switch (name) {
        case "lifeCycle" ->
            options = options.withSelectable(Arguments.choice(name, value, "selectable", "installed"));
        case "mode" -> isS16 = Arguments.choice(name, value, "S16", "S8");
        case "challenge" -> isPseudoRandom = Arguments.choice(name, value, "pseudo-random", "random");
        case "confirmation" -> options = options.withConfirmation(
            Arguments.choice(name, value, "terminal", "pin")
                ? CardOptions.Confirmation.TERMINAL : CardOptions.Confirmation.PIN);
        case "seed" -> options = options.withSeed(Bytes.fromHex(value));
        default -> throw new IllegalArgumentException("found the option " + name
            + ", expected lifeCycle, mode, challenge, confirmation or seed");
      }
    }
    card = new CardMachine(applet, options.withScp03(isS16, isPseudoRandom));
  }

  /** Keeps what the card holds, in a slot from 0 to 255. */
  void save(int slot) {
    images.put(slot, card.save());
  }

  /**
   * Puts the card of a slot in the place of this one, as it was when it was saved, reset; its random bytes
   * begin anew from that seed, or come from the platform where that is empty. Throws IllegalArgumentException
   * for an empty slot.
   */
  void restore(int slot, byte[] seed) {
    CardImage image = images.get(slot);
    if (image == null) throw new IllegalArgumentException("found nothing saved in slot " + slot);
    card = image.card();
    card.restore(image, seed.length == 0 ? null : seed);
  }
}
