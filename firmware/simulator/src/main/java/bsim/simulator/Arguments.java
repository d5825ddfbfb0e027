// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What the runner was called with. */
final class Arguments {
  static final String HELP = """
      The applet on a simulated Java Card, as a card in a virtual reader.

      --attach HOST:PORT   put the card into a reader that waits there (vsmartcard's vpcd: 127.0.0.1:35963)
      --listen HOST:PORT   wait there for readers; with port 0 the chosen one is printed
      --memory             print what memory the applet takes, as JSON, and end
      --help               print this

      of the blank card:
      --installed                        the application is installed, and not selectable yet
      --confirmation terminal|pin        how transactions are confirmed (default pin)
      --scp03 s8|s16                     length of challenges and MACs (default s8)
      --challenge pseudo-random|random   card challenges (default pseudo-random)
      --key-sets FILE                    key sets of the security domain, 1 to 3, a line each: version, ENC,
                                         MAC and DEK in hexadecimal; also in the environment, BSIM_KEY_SETS
                                         (default: GlobalPlatform's public test keys as version 30)
      --applet CLASS                     class of the applet (default bsim.card.BlockchainSim)

      for tests:
      --test               let the reader replace, save and restore the card

      The card lives as long as the process: its keys are in no file. It is for development and tests.
      Ends with 0 when it is told to (SIGTERM, SIGINT), 1 when something failed, 2 when it was called wrongly.
      """;

  /** What the process does. */
  enum Task { ATTACH, LISTEN, MEMORY, HELP }

  private static final String KEY_SETS = "BSIM_KEY_SETS";

  private Task task;
  private String host;
  private int port;
  private boolean isTest;
  private String applet = "bsim.card.BlockchainSim";
  private boolean isS16;
  private boolean isPseudoRandom = true;
  private CardOptions options = CardOptions.defaults();

  private Arguments() {}

  /** Throws IllegalArgumentException, with what is wrong, for what {@link #HELP} does not say. */
  static Arguments read(List<String> words, Map<String, String> environment) {
    Arguments arguments = new Arguments();
    String keySets = environment.get(KEY_SETS);
    if (keySets != null) arguments.useKeySets(keySets, KEY_SETS);
    for (int i = 0; i < words.size(); ) {
      String word = words.get(i++);
      if (arguments.takesFlag(word)) continue;
      if (i == words.size()) throw new IllegalArgumentException("unknown, or its value is missing: " + word);
      arguments.take(word, words.get(i++));
    }
    if (arguments.task == null)
      throw new IllegalArgumentException("found none of --attach, --listen, --memory, expected one");
    arguments.options = arguments.options.withScp03(arguments.isS16, arguments.isPseudoRandom);
    return arguments;
  }

  Task task() {
    return task;
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  boolean isTest() {
    return isTest;
  }

  /** Name of the applet's class. */
  String applet() {
    return applet;
  }

  CardOptions options() {
    return options;
  }

  private boolean takesFlag(String word) {
    switch (word) {
      case "--help", "-h" -> task = Task.HELP;
      case "--memory" -> begin(Task.MEMORY);
      case "--test" -> isTest = true;
      case "--installed" -> options = options.withSelectable(false);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void take(String word, String value) {
    switch (word) {
      case "--attach" -> address(Task.ATTACH, value);
      case "--listen" -> address(Task.LISTEN, value);
      case "--scp03" -> isS16 = choice(word, value, "s16", "s8");
      case "--challenge" -> isPseudoRandom = choice(word, value, "pseudo-random", "random");
      case "--confirmation" -> options = options.withConfirmation(choice(word, value, "terminal", "pin")
          ? CardOptions.Confirmation.TERMINAL : CardOptions.Confirmation.PIN);
      case "--key-sets" -> useKeySets(textOf(value), value);
      case "--applet" -> applet = value;
      default -> throw new IllegalArgumentException("unknown argument: " + word);
    }
  }

  private void begin(Task chosen) {
    if (task == Task.HELP) return;
    if (task != null)
      throw new IllegalArgumentException("found more than one of --attach, --listen, --memory, expected one");
    task = chosen;
  }

  private void address(Task chosen, String value) {
    begin(chosen);
    int colon = value.lastIndexOf(':');
    String digits = value.substring(colon + 1);
    if (colon < 1 || !digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > 0xFFFF)
      throw new IllegalArgumentException("found the address " + value + ", expected HOST:PORT");
    host = value.substring(0, colon);
    port = Integer.parseInt(digits);
  }

  private void useKeySets(String text, String source) {
    try {
      List<KeySet> sets = KeySetText.read(text);
      new KeyStore(sets);
      options = options.withKeySets(sets);
    } catch (IllegalArgumentException cause) {
      throw new IllegalArgumentException(source + ": " + cause.getMessage(), cause);
    }
  }

  private static String textOf(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException | RuntimeException cause) {
      throw new IllegalArgumentException("key sets not read from " + file + ": " + cause, cause);
    }
  }

  /** Whether the value is the first of two that it may be. */
  static boolean choice(String name, String value, String first, String second) {
    if (!value.equals(first) && !value.equals(second))
      throw new IllegalArgumentException(
          "found " + name + " " + value + ", expected " + first + " or " + second);
    return value.equals(first);
  }
}
