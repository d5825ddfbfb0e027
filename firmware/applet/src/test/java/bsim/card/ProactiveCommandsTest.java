// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Vectors: 3GPP TS 31.124 §27.22.4.1 and §27.22.4.2, as in fixtures/protocol/proactive.json. */
class ProactiveCommandsTest {
  private static final String DETAILS_OF_QUESTION = "8103022204";
  private static final String DEVICES = "82028281";

  static List<Fixture> texts() {
    return Fixture.read("protocol/proactive.json").get("displayText").items().stream()
        .filter(each -> each.toString().contains("ours=true") && each.toString().contains("qualifier=128"))
        .filter(each -> each.get("text").text().matches("[A-Za-z0-9 .,<>-]*"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("texts")
  void showsTextsAsTheTestSpecificationHasThem(Fixture vector) {
    byte[] text = vector.get("text").text().getBytes(StandardCharsets.US_ASCII);
    byte[] out = new byte[300];
    short length = ProactiveCommands.displayText(text, (short) 0, (short) text.length, out, (short) 3);
    assertEquals(vector.get("command").text(), hex(out, 3, length));
  }

  @Test
  void hasSuchVectors() {
    assertTrue(texts().size() >= 4);
  }

  /** Source: ETSI TS 102 223 V17 §6.6.2, by hand. */
  @Test
  void asksWhetherToSign() {
    byte[] out = new byte[40];
    short length = ProactiveCommands.askYesOrNo(out, (short) 1);
    assertEquals("D0148103022204820281828D09045369676E2069743F", hex(out, 1, length));
  }

  /** By hand; lengths from 80 on have a byte more. Source: ETSI TS 101 220 V17 §7.1.1. */
  @ParameterizedTest
  @CsvSource({
    "0, D00C810301218082028102 8D0104",
    "114, D07E810301218082028102 8D7304",
    "115, D07F810301218082028102 8D7404",
    "116, D08180810301218082028102 8D7504",
    "126, D0818A810301218082028102 8D7F04",
    "127, D0818C810301218082028102 8D818004",
    "164, D081B1810301218082028102 8D81A504",
    "240, D081FD810301218082028102 8D81F104",
  })
  void writesLengthsInOneByteOrTwo(int count, String head) {
    byte[] text = new byte[count];
    Arrays.fill(text, (byte) 0x78);
    byte[] out = new byte[300];
    short length = ProactiveCommands.displayText(text, (short) 0, (short) count, out, (short) 0);
    assertEquals(head.replace(" ", "") + "78".repeat(count), hex(out, 0, length));
  }

  @ParameterizedTest
  @CsvSource({
    "810301218082028281830100, 2",
    "810301218082028281830104, 2",
    // Tags without the comprehension bit, any qualifier, further information, further objects, longer lengths.
    "010301210002028281030100, 2",
    "81030121808202828183030012FF, 2",
    "8103012180820282818301008D020400, 2",
    "8503AABBCC810301218082028281830100 8D00, 2",
    "81810301218082820002828183 820001 00, 2",
    "81030121808203828100830100, 2",
    // The first of each kind counts.
    "810301218081030222048202828183010083 0110, 2",
    // Not performed; another number; another type.
    "810301218082028281830110, 1",
    "810301218082028281830102, 1",
    "81030121808202828183022001, 1",
    "810302218082028281830100, 1",
    "810301228082028281830100, 1",
    // No TERMINAL RESPONSE.
    "8103012180820282818300, 0",
    "810301218082028281, 0",
    "8102012182028281830100, 0",
    "81040121800082028281830100, 0",
    "8103012180830100, 0",
    "8103012180820182830100, 0",
    "810301218082028182830100, 0",
    "81030121808202828183010000, 0",
    "8103012180820282818301007F00, 0",
    "810301218082028281830100FF00, 0",
    "81030121808202828183010081, 0",
    "8103012180820282818301008D80, 0",
    "8103012180820282818301008D8300000100, 0",
    "8103012180820282818301008D02, 0",
    "8103012180820282818301008D8180, 0",
    "8103012180820282818301008D82FFFF04, 0",
    "8103012180820282818301008D828000, 0",
    "8103012180820282818301008D82, 0",
    "8103012180820282818301008D81, 0",
    "8103012180820282818301008D8200, 0",
    "'', 0",
  })
  void readsWhatBecameOfTheText(String digits, byte verdict) {
    assertEquals(verdict, read(digits.replace(" ", ""), false));
  }

  @ParameterizedTest
  @CsvSource({
    "8301008D020401, 2",
    "8301040D81020401, 2",
    "8301008D020400, 1",
    "8301008D020801, 1",
    "8301008D03040100, 1",
    "8301008D0104, 1",
    "830100, 1",
    "8301028D020401, 1",
    "830110, 1",
    "8301128D020401, 1",
    "8301008D0204, 0",
  })
  void readsWhatTheHolderSaid(String digits, byte verdict) {
    assertEquals(verdict, read(DETAILS_OF_QUESTION + DEVICES + digits, true));
  }

  @ParameterizedTest
  @CsvSource({"8103012204", "8103022104", "8103022200", "8103022203"})
  void takesAYesToAnotherCommandForNone(String details) {
    assertEquals(ProactiveCommands.REFUSED, read(details + DEVICES + "8301008D020401", true));
  }

  @Test
  void readsAnyBytesWithoutAFault() {
    Random random = new Random(20);
    byte[] whole = HexFormat.of().parseHex(DETAILS_OF_QUESTION + DEVICES + "8301008D020401");
    for (int i = 0; i < 200_000; i++) {
      byte[] data = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
      for (int change = random.nextInt(3); change > 0 && data.length > 0; change--)
        data[random.nextInt(data.length)] = (byte) random.nextInt();
      byte verdict = ProactiveCommands.read(data, (short) 0, (short) data.length, i % 2 == 0);
      assertTrue(verdict >= ProactiveCommands.UNREADABLE && verdict <= ProactiveCommands.AGREED);
    }
  }

  private static byte read(String digits, boolean isQuestion) {
    byte[] data = HexFormat.of().parseHex("AA" + digits);
    return ProactiveCommands.read(data, (short) 1, (short) (data.length - 1), isQuestion);
  }

  private static String hex(byte[] bytes, int at, int length) {
    return HexFormat.of().withUpperCase().formatHex(bytes, at, at + length);
  }
}
