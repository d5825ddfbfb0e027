// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javacard.framework.ISOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlvTest {
  private static final byte[] ROWS = {
    0, (byte) 0x84, 1, 1, Tlv.REQUIRED,
    0, (byte) 0x94, 0, 40, Tlv.OPTIONAL,
    (byte) 0xDF, 0x22, 2, (byte) 0xFF, Tlv.OPTIONAL,
  };
  private static final byte[] TEMPLATE = {0, (byte) 0xB6, 0, (byte) 0xFF, Tlv.REQUIRED};
  private static final short AT = 5;

  private record Item(int tag, int at, int length) {}

  @Test
  void readsObjectsInAnyOrder() {
    assertEquals("84@10+1 94@7+1", read("94 01 07 84 01 05"));
    assertEquals("84@7+1 94@10+1", read("84 01 05 94 01 07"));
  }

  @Test
  void skipsPaddingBeforeBetweenAndBehindObjects() {
    assertEquals("84@9+1 94@13+1", read("00 00 84 01 05 00 94 01 07 00 00 00"));
  }

  @Test
  void readsEachFormOfTheLengthField() {
    assertEquals("84@7+1", read("84 01 05"));
    assertEquals("84@8+1", read("84 81 01 05"));
    assertEquals("84@9+1", read("84 82 00 01 05"));
    assertEquals("84@10+1", read("84 83 00 00 01 05"));
    assertEquals("84@11+1", read("84 84 00 00 00 01 05"));
  }

  @Test
  void readsATagOfTwoBytes() {
    assertEquals("84@7+1 DF22@11+2", read("84 01 05 DF 22 02 01 02"));
  }

  @Test
  void tellsAnEmptyObjectFromNone() {
    assertEquals("84@9+1 94@7+0", read("94 00 84 01 05"));
    assertEquals("84@7+1 94@10+0", read("84 01 05 94 00"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "94 01 07",
        "84 01 05 84 01 05",
        "84 01 05 85 01 05",
        "84 00",
        "84 02 05 06",
        "84",
        "84 01",
        "84 80 05 00 00",
        "84 85 00 00 00 00 01 05",
        "84 FF 05",
        "84 81",
        "84 82 00",
        "84 84 00 00 01",
        "84 83 01 00 01 05",
        "84 84 80 00 00 01 05",
        "84 84 FF FF FF FF 05",
        "84 82 80 01 05",
        "84 01 05 DF",
        "84 01 05 DF 22",
        "84 01 05 DF 22 01 00",
        "84 01 05 DF A2 22 02 01 02",
        "84 01 05 DF 23 02 01 02",
        "84 01 05 1F",
        "84 01 05 94 29 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
            + " 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
      })
  void refusesWhatIsNoneOfTheObjectsOnceEach(String data) {
    assertEquals("6A80", read(data));
  }

  @Test
  void readsATemplateThatIsAloneInTheData() {
    assertEquals("84@9+1", readTemplate("B6 03 84 01 05"));
    assertEquals("84@11+1", readTemplate("00 B6 81 03 84 01 05 00"));
    assertEquals("6A80", readTemplate("B6 03 84 01 05 B6 00"));
    assertEquals("6A80", readTemplate("B6 03 84 01 05 84 01 05"));
    assertEquals("6A80", readTemplate("84 01 05"));
    assertEquals("6A80", readTemplate("B6 02 84 01 05"));
    assertEquals("6A80", readTemplate("B6 00"));
    assertEquals("6A80", readTemplate("B8 03 84 01 05"));
  }

  /** By another reader, which makes lists of whatever objects there are before it looks at the table. */
  @Test
  void acceptsOfChangedDataWhatAnotherReaderAccepts() {
    Random random = new Random(7816);
    byte[] good = KeyParts.bytes("84 01 05 00 94 81 03 01 02 03 DF 22 82 00 02 01 02 00");
    int accepted = 0;
    for (int round = 0; round < 200_000; round++) {
      byte[] data = good.clone();
      for (int change = random.nextInt(3); change >= 0; change--)
        data[random.nextInt(data.length)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 4);
      if (random.nextInt(4) == 0) data = Arrays.copyOf(data, random.nextInt(data.length));
      String expected = expected(data);
      assertEquals(expected, read(KeyParts.hex(data)), KeyParts.hex(data));
      if (!expected.equals("6A80")) accepted++;
    }
    if (accepted < 10_000) fail("accepted only " + accepted);
  }

  @Test
  void writesTheShortestLengthField() {
    byte[] out = new byte[300];
    byte[] value = new byte[255];
    assertEquals(129, Tlv.write((byte) 0xC1, value, (short) 0, (short) 127, out, (short) 0));
    assertEquals("C17F00", KeyParts.hex(out).substring(0, 6));
    assertEquals(131, Tlv.write((byte) 0xC1, value, (short) 0, (short) 128, out, (short) 0));
    assertEquals("C1818000", KeyParts.hex(out).substring(0, 8));
    assertEquals(258, Tlv.write((byte) 0xC1, value, (short) 0, (short) 255, out, (short) 0));
    assertEquals("C181FF00", KeyParts.hex(out).substring(0, 8));
    for (short length : new short[] {0, 1, 127, 128, 255})
      assertEquals(
          Tlv.sizeOf(length), Tlv.write((byte) 0xC1, value, (short) 0, length, out, (short) 0));
    assertEquals(5, Tlv.write((byte) 0x84, (byte) 0x10, out, (short) 2));
    assertEquals("840110", KeyParts.hex(out).substring(4, 10));
  }

  @Test
  void staysWithinTheDataThoughTheArrayGoesOn() {
    byte[] array = KeyParts.bytes("00 00 00 00 00 84 01 05 94 01 07");
    byte[] places = new byte[12];
    Tlv.read(array, AT, (short) 3, ROWS, places, (short) 0);
    assertEquals("84@7+1", text(places));
    assertThrows(ISOException.class, () -> Tlv.read(array, AT, (short) 2, ROWS, places, (short) 0));
    assertThrows(ISOException.class, () -> Tlv.read(array, AT, (short) 5, ROWS, places, (short) 0));
  }

  private static String read(String data) {
    byte[] places = new byte[3 * Tlv.PLACE];
    byte[] bytes = KeyParts.bytes("0000000000" + data.replace(" ", ""));
    try {
      Tlv.read(bytes, AT, (short) (bytes.length - AT), ROWS, places, (short) 0);
    } catch (ISOException e) {
      return String.format("%04X", e.getReason());
    }
    return text(places);
  }

  private static String readTemplate(String data) {
    byte[] places = new byte[3 * Tlv.PLACE];
    byte[] bytes = KeyParts.bytes("0000000000" + data.replace(" ", ""));
    try {
      Tlv.readTemplate(TEMPLATE, bytes, AT, (short) (bytes.length - AT), ROWS, places, (short) 0);
    } catch (ISOException e) {
      return String.format("%04X", e.getReason());
    }
    return text(places);
  }

  private static String text(byte[] places) {
    List<String> found = new ArrayList<>();
    for (short row = 0; row < 3; row++) {
      if (!Tlv.isThere(places, (short) 0, row)) continue;
      String tag = new String[] {"84", "94", "DF22"}[row];
      found.add(tag + "@" + Tlv.place(places, (short) 0, row) + "+" + Tlv.length(places, (short) 0, row));
    }
    return String.join(" ", found);
  }

  private static String expected(byte[] data) {
    List<Item> items = items(data);
    if (items == null) return "6A80";
    List<String> found = new ArrayList<>();
    int known = 0;
    int[][] rows = {{0x84, 1, 1}, {0x94, 0, 40}, {0xDF22, 2, 255}};
    for (int[] row : rows) {
      List<Item> matches = items.stream().filter(item -> item.tag == row[0]).toList();
      if (matches.size() > 1 || (row[0] == 0x84 && matches.isEmpty())) return "6A80";
      for (Item item : matches) {
        if (item.length < row[1] || item.length > row[2]) return "6A80";
        found.add(Integer.toHexString(row[0]).toUpperCase() + "@" + (item.at + AT) + "+" + item.length);
      }
      known += matches.size();
    }
    return known == items.size() ? String.join(" ", found) : "6A80";
  }

  /** Whatever data objects there are; null where there is something else. */
  private static List<Item> items(byte[] data) {
    List<Item> items = new ArrayList<>();
    int at = 0;
    while (at < data.length) {
      int tag = data[at++] & 0xFF;
      if (tag == 0) continue;
      if ((tag & 0x1F) == 0x1F) {
        int more = 0;
        do {
          if (at == data.length || ++more > 2) return null;
          tag = tag << 8 | data[at] & 0xFF;
        } while (data[at++] < 0);
      }
      if (at == data.length) return null;
      long length = data[at++] & 0xFF;
      if (length > 0x7F) {
        int count = (int) length - 0x80;
        if (count < 1 || count > 4 || count > data.length - at) return null;
        length = Long.parseLong(KeyParts.hex(Arrays.copyOfRange(data, at, at + count)), 16);
        at += count;
      }
      if (length > data.length - at) return null;
      items.add(new Item(tag, at, (int) length));
      at += (int) length;
    }
    return items;
  }
}
