// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javacard.framework.ISOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules and forms: docs/card.md, "Policy", and the layout of C1 in docs/apdu.md. */
class PolicyReaderTest {
  private static final String EUR = "82 03 45 55 52 83 01 02 ";
  private static final String MOST = "84 08 00 00 00 00 00 00 00 01 ";
  private static final String ALL = "85 08 FF FF FF FF FF FF FF FF ";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80 01 00",
        "80 01 3E",
        "80 01 2F",
        "80 01 04 81 03 61 2F 62",
        "80 01 06 " + EUR + MOST,
        "80 01 06 " + EUR + ALL,
        "80 01 06 " + EUR + MOST + ALL,
        "80 01 36 81 03 61 2F 62 " + EUR + MOST + ALL,
        "80 01 06 82 03 58 41 55 83 01 00 " + MOST,
        "80 01 06 82 03 58 41 55 83 01 12 " + MOST,
      })
  void keepsThePolicyThatIsCanonicalAlready(String policy) {
    assertEquals(policy.replace(" ", ""), read(policy));
  }

  @Test
  void putsObjectsInOrderAndShortensTheirLengths() {
    String canonical = ("80 01 36 81 03 61 2F 62 " + EUR + MOST + ALL).replace(" ", "");
    String given = ALL + "83 01 02 81 81 03 61 2F 62 00 80 82 00 01 36 82 03 45 55 52 " + MOST;
    assertEquals(canonical, read(given));
    assertEquals("800106", read("00 80 84 00 00 00 01 06 00 00"));
  }

  @Test
  void keepsTheLongestPolicy() {
    String names = "81 60 " + HexFormat.of().formatHex(names(96));
    String policy = "80 01 36 " + names + EUR + MOST + ALL;
    assertEquals(PolicyReader.LENGTH_MAX, read(policy).length() / 2);
    assertEquals(policy.replace(" ", "").toUpperCase(), read(policy));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "81 03 61 2F 62",
        "80 01 40",
        "80 01 80",
        "80 01 C6",
        "80 02 00 06",
        "80 01 06 80 01 06",
        "80 01 06 86 01 00",
        "80 01 06 " + MOST,
        "80 01 06 82 03 45 55 52",
        "80 01 06 83 01 02",
        "80 01 06 " + EUR,
        "80 01 06 82 03 45 55 52 " + MOST,
        "80 01 06 83 01 02 " + ALL,
        "80 01 06 82 03 45 55 72 83 01 02 " + MOST,
        "80 01 06 82 03 45 55 5B 83 01 02 " + MOST,
        "80 01 06 82 03 40 55 52 83 01 02 " + MOST,
        "80 01 06 82 03 C3 84 52 83 01 02 " + MOST,
        "80 01 06 82 03 45 55 52 83 01 13 " + MOST,
        "80 01 06 82 03 45 55 52 83 01 80 " + MOST,
        "80 01 06 82 03 45 55 52 83 01 FF " + MOST,
        "80 01 06 " + EUR + "84 07 00 00 00 00 00 00 01",
        "80 01 11",
        "80 01 12",
        "80 01 15",
        "80 01 03 81 03 61 2F 62",
        "80 01 02 81 03 61 2F 62",
        "80 01 07 81 03 61 2F 62",
        "80 01 05 " + EUR + MOST,
        "80 01 02 " + EUR + ALL,
      })
  void refusesWhatIsNoPolicy(String policy) {
    assertEquals("6A80", read(policy));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a/b",
        "-/-",
        "0-9/z",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b",
        "a/b,a/c",
        "a/bc,a/b",
        "a/b,a/bc",
        "aa/b,a/b",
        "a/b,aa/b,b/a",
      })
  void takesMessageTypes(String names) {
    String policy = "800104" + "81" + String.format("%02X", names.length()) + ascii(names);
    assertEquals(policy, read(policy));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "/ab",
        "ab/",
        "a//",
        "//a",
        "///",
        "a/b/c",
        "A/b",
        "a/B",
        "a_/b",
        "a /b",
        "a.b/c",
        "a`/b",
        "a{/b",
        "a:/b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/b",
        "a/b,",
        ",a/b",
        "a/b,,c/d",
        "a/b,c",
        "a/b,a/b",
        "a/b,c/d,a/b",
        "a/b,c/d,c/d",
        ",,,",
        "a,/b",
      })
  void refusesOtherMessageTypes(String names) {
    assertEquals("6A80", read("800104" + "81" + String.format("%02X", names.length()) + ascii(names)));
  }

  @Test
  void refusesBytesThatAreNoAscii() {
    assertEquals("6A80", read("80 01 04 81 04 61 2F C3 A4"));
    assertEquals("6A80", read("80 01 04 81 06 EF BB BF 61 2F 62"));
    assertEquals("6A80", read("80 01 04 81 03 E1 AF E2"));
  }

  @Test
  void refusesFewerThanThreeAndMoreThan96BytesOfMessageTypes() {
    assertEquals("6A80", read("80 01 04 81 02 61 2F"));
    assertEquals("6A80", read("80 01 04 81 00"));
    assertEquals("6A80", read("80 01 04 81 61 " + HexFormat.of().formatHex(names(97))));
  }

  @Test
  void agreesOnEachByteOfAName() {
    for (int character = 0; character < 256; character++) {
      boolean isGood = "-0123456789abcdefghijklmnopqrstuvwxyz".indexOf(character) >= 0;
      String policy = String.format("8001048104612F62%02X", character);
      assertEquals(isGood ? policy : "6A80", read(policy), policy);
    }
  }

  /** Names of two letters, a comma between two, the last one longer. */
  private static byte[] names(int length) {
    String pairs =
        IntStream.range(0, 22).mapToObj(i -> (char) ('a' + i) + "/b").collect(Collectors.joining(","));
    String names = pairs + ",z/" + "z".repeat(length - pairs.length() - 3);
    return names.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private static String ascii(String text) {
    return KeyParts.hex(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  private static String read(String policy) {
    byte[] data = KeyParts.bytes("00" + policy.replace(" ", ""));
    byte[] out = new byte[PolicyReader.SCRATCH + PolicyReader.LENGTH_MAX];
    try {
      short length =
          PolicyReader.read(data, (short) 1, (short) (data.length - 1), out, PolicyReader.SCRATCH, (short) 0);
      return KeyParts.hex(Arrays.copyOfRange(out, PolicyReader.SCRATCH, PolicyReader.SCRATCH + length));
    } catch (ISOException e) {
      return String.format("%04X", e.getReason());
    }
  }
}
