// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javacard.framework.ISOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CborReaderTest {
  /** Writes down what it is told, in the diagnostic notation of RFC 8949 §8. */
  private static final class Notes implements CborSink {
    final byte[] ram = new byte[Ram.LENGTH];
    final StringBuilder text = new StringBuilder();
    private final byte[] string = new byte[70_000];
    private int length;
    private byte initial;

    @Override
    public void head(byte next) {
      initial = next;
      length = 0;
      if (isContainer()) text.append((next & 0xE0) == 0x80 ? "[" : "{");
    }

    @Override
    public void content(byte[] buffer, short at, short count) {
      System.arraycopy(buffer, at, string, length, count);
      length += count;
    }

    @Override
    public void end(byte depth) {
      text.append(isContainer() ? ")" : value()).append(depth).append(' ');
      initial = (byte) 0x80;
    }

    private boolean isContainer() {
      int major = initial & 0xE0;
      return major == 0x80 || major == 0xA0;
    }

    private String value() {
      BigInteger argument =
          new BigInteger(1, Arrays.copyOfRange(ram, TransactionRam.ARGUMENT, TransactionRam.ARGUMENT + 8));
      return switch (initial & 0xE0) {
        case 0x00 -> argument.toString();
        case 0x20 -> argument.not().toString();
        case 0x40 -> "h" + HexFormat.of().formatHex(string, 0, length);
        case 0x60 -> '"' + new String(string, 0, length, StandardCharsets.UTF_8) + '"';
        default -> "simple" + argument;
      };
    }
  }

  /** What the reader tells of the parts; null when it refuses, "more" when the item is not complete. */
  private static String read(byte[]... parts) {
    Notes notes = new Notes();
    CborReader reader = new CborReader(notes.ram, notes);
    reader.begin();
    try {
      for (byte[] part : parts) reader.write(part, (short) 0, (short) part.length);
    } catch (ISOException refusal) {
      assertEquals(0x6A80, refusal.getReason());
      return null;
    }
    return reader.isComplete() ? notes.text.toString() : "more";
  }

  private static String read(String digits) {
    return read(bytes(digits));
  }

  private static boolean accepts(String digits) {
    String read = read(digits);
    return read != null && !read.equals("more");
  }

  private static byte[] bytes(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  private static byte[][] bytewise(byte[] bytes) {
    byte[][] parts = new byte[bytes.length][];
    for (int i = 0; i < bytes.length; i++) parts[i] = new byte[] {bytes[i]};
    return parts;
  }

  private static List<Fixture> vectors(String list) {
    return Fixture.read("protocol/cbor.json").get(list).items();
  }

  static List<Fixture> integers() {
    return vectors("integers");
  }

  static List<Fixture> values() {
    return vectors("values");
  }

  static List<Fixture> refused() {
    return vectors("refused");
  }

  static List<Fixture> notDeterministic() {
    return Fixture.read("protocol/cbor.json").get("notDeterministic").get("cases").items();
  }

  @ParameterizedTest
  @MethodSource("integers")
  void readsTheIntegersOfRfc8949(Fixture vector) {
    assertEquals(vector.get("value").text() + "0 ", read(vector.get("hex").bytes()));
    assertEquals(vector.get("value").text() + "0 ", read(bytewise(vector.get("hex").bytes())));
  }

  @ParameterizedTest
  @MethodSource("values")
  void readsTheValuesOfRfc8949WholeAndByteByByte(Fixture vector) {
    byte[] bytes = vector.get("hex").bytes();
    String whole = read(bytes);
    assertTrue(whole != null && !whole.equals("more"));
    assertEquals(whole, read(bytewise(bytes)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatIsNotInTheProfile(Fixture vector) {
    assertEquals(null, read(vector.get("hex").bytes()));
  }

  @ParameterizedTest
  @MethodSource("notDeterministic")
  void doesNotAcceptWhatIsNotDeterministicOrNotWellFormed(Fixture vector) {
    assertFalse(accepts(vector.items().get(0).text()));
  }

  @ParameterizedTest
  @CsvSource({
    "8301820203820405, '[11 [22 32 )1 [42 52 )1 )0 '",
    "a26161016162820203, '{\"a\"1 11 \"b\"1 [22 32 )1 )0 '",
    "a201a202a0030002a10100, '{11 {22 {)2 32 02 )1 21 {12 02 )1 )0 '",
    "84f4f5f640, '[simple201 simple211 simple221 h1 )0 '",
    "6161, '\"a\"0 '",
    "a0, '{)0 '",
  })
  void tellsItemsAndTheirDepth(String digits, String told) {
    assertEquals(told, read(digits));
  }

  @ParameterizedTest
  @ValueSource(strings = {"80", "a0", "00", "60", "41ff", "8100", "a10000"})
  void refusesAByteBehindAnItem(String digits) {
    assertTrue(accepts(digits));
    assertEquals(null, read(digits + "00"));
    assertEquals(null, read(bytes(digits), new byte[1]));
  }

  @ParameterizedTest
  @ValueSource(strings = {"81", "a100"})
  void takesEightLevelsAndRefusesNine(String opening) {
    assertTrue(accepts(opening.repeat(8) + "00"));
    assertEquals(null, read(opening.repeat(9)));
    assertTrue(accepts(opening.repeat(7) + "80"));
    assertEquals(null, read(opening.repeat(8) + "80"));
  }

  @Test
  void takesKeysOf32BytesAndRefusesLongerOnes() {
    assertTrue(accepts("a1781e" + "61".repeat(30) + "00"));
    assertEquals(null, read("a1781f"));
    assertEquals(null, read("a17903e8"));
    assertEquals(null, read("a179ffff"));
    assertTrue(accepts("a11affffffff00"));
    assertTrue(accepts("a13affffffff00"));
    assertEquals(null, read("a11b"));
    assertEquals(null, read("a13b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"5a", "7a", "9a", "ba", "5b", "7b", "9b", "bb"})
  void refusesLengthsAndCountsInFourBytes(String digits) {
    assertEquals(null, read(digits));
  }

  @ParameterizedTest
  @ValueSource(ints = {255, 256, 32_767, 32_768, 32_769, 65_535})
  void countsLengthsAndItemsWithoutSign(int count) {
    String digits = count < 256 ? String.format("58%02x", count) : String.format("59%04x", count);
    byte[] head = bytes(digits);
    byte[] most = new byte[Math.min(count, 32_767)];
    byte[] rest = new byte[count - most.length - (count > most.length ? 1 : 0)];
    byte[] last = count > most.length ? new byte[1] : new byte[0];
    if (last.length > 0) assertEquals("more", read(head, most, rest));
    assertEquals("h" + "00".repeat(count) + "0 ", read(head, most, rest, last));
    assertEquals(null, read(head, most, rest, last, new byte[1]));
    byte[] array = head.clone();
    array[0] += 0x40;
    assertEquals("more", read(array, Arrays.copyOf(most, most.length - 1)));
    String whole = read(array, most, rest, last);
    assertTrue(whole.endsWith("01 )0 "));
    assertEquals(null, read(array, most, rest, last, new byte[1]));
  }

  @Test
  void keepsTheLastKeyOfEachMapApart() {
    assertTrue(accepts("a201a105000200"));
    assertEquals(null, read("a201a105000100"));
    assertEquals(null, read("a202a1050001"));
  }

  @Test
  void refusesNothingButWith6A80WhateverTheBytes() {
    Random random = new Random(20);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      // Nested ones are rare among all.
      for (int at = 0; at < bytes.length; at++)
        if (random.nextInt(3) > 0) bytes[at] = (byte) (random.nextInt(8) << 5 | random.nextInt(4));
      String whole = read(bytes);
      assertEquals(whole, read(bytewise(bytes)));
    }
  }
}
