// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static final String SETS = """
      # of the laboratory
      01 00112233445566778899AABBCCDDEEFF 11112222333344445555666677778888 aaaabbbbccccddddeeeeffff00001111
      7F 000102030405060708090A0B0C0D0E0F1011121314151617 %1$s %1$s # AES-192
      """.formatted("22".repeat(24));

  private static Arguments read(String words) {
    return Arguments.read(List.of(words.split(" ")), Map.of());
  }

  @Test
  void makesABlankCardAsTheEmulatorDoesUnlessToldOtherwise() {
    Arguments arguments = read("--listen 127.0.0.1:0");
    CardOptions options = arguments.options();
    assertEquals(Arguments.Task.LISTEN, arguments.task());
    assertEquals("127.0.0.1", arguments.host());
    assertEquals(0, arguments.port());
    assertEquals("bsim.card.BlockchainSim", arguments.applet());
    assertFalse(arguments.isTest());
    assertTrue(options.isSelectable());
    assertEquals(new Scp03Profile(false, true), options.scp03());
    assertEquals(CardOptions.Confirmation.PIN, options.confirmation());
    assertEquals(0x30, options.keySets().get(0).version());
  }

  @Test
  void takesEveryOption() {
    Arguments arguments = read("--test --installed --scp03 s16 --challenge random --confirmation terminal"
        + " --applet a.B --attach [::1]:35963");
    assertEquals(Arguments.Task.ATTACH, arguments.task());
    assertEquals("[::1]", arguments.host());
    assertEquals(35963, arguments.port());
    assertEquals("a.B", arguments.applet());
    assertTrue(arguments.isTest());
    assertFalse(arguments.options().isSelectable());
    assertEquals(new Scp03Profile(true, false), arguments.options().scp03());
    assertEquals(CardOptions.Confirmation.TERMINAL, arguments.options().confirmation());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--listen", "--listen 1", "--listen :1", "--listen a:b", "--attach a:65536",
      "--memory --listen a:1", "--attach a:1 --listen a:1", "--memory --scp03 S8", "--memory --challenge x",
      "--memory --confirmation", "--memory --pin 1234", "file", "--memory --key-sets /nowhere/at/all"})
  void refusesWhatTheHelpDoesNotSay(String words) {
    List<String> list = words.isEmpty() ? List.of() : List.of(words.split(" "));
    assertThrows(IllegalArgumentException.class, () -> Arguments.read(list, Map.of()));
  }

  @Test
  void helpsWhateverElseIsAsked() {
    assertEquals(Arguments.Task.HELP, read("--memory --help").task());
    assertEquals(Arguments.Task.HELP, read("-h --memory").task());
  }

  @Test
  void readsKeySetsFromAFileOrTheEnvironment(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("sets"), SETS);
    List<KeySet> sets = read("--memory --key-sets " + file).options().keySets();
    assertEquals(2, sets.size());
    assertEquals(1, sets.get(0).version());
    assertArrayEquals(Bytes.fromHex("11112222333344445555666677778888"), sets.get(0).mac());
    assertEquals(0x7F, sets.get(1).version());
    assertEquals(24, sets.get(1).dek().length);
    Map<String, String> environment = Map.of("BSIM_KEY_SETS", SETS.replace('\n', ';'));
    assertEquals(1, Arguments.read(List.of("--memory"), environment).options().keySets().get(0).version());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing", "01 00 00 00", "80 %s %s %s", "00 %s %s %s", "01 %s %s",
      "01 %s %s %s %s", "01 %s %s 0g", "0101 %s %s %s", "01 %s %s %s;01 %s %s %s", "01 %s %s %s;2 %s %s %s",
      "01 %s %s %s;02 %s %s %s;03 %s %s %s;04 %s %s %s"})
  void refusesOtherKeySetsAndShowsNothingOfThem(String text) {
    String key = "00112233445566778899AABBCCDDEEFF";
    Map<String, String> environment = Map.of("BSIM_KEY_SETS", text.replace("%s", key));
    IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class,
        () -> Arguments.read(List.of("--memory"), environment));
    assertFalse(refusal.getMessage().contains(key));
    assertTrue(refusal.getMessage().startsWith("BSIM_KEY_SETS: "));
  }
}
