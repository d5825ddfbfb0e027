// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CborWriterTest {
  /** Source: RFC 8949 Appendix A; the others by §3 and §4.2.1. */
  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "1, 01",
    "10, 0A",
    "23, 17",
    "24, 1818",
    "25, 1819",
    "100, 1864",
    "255, 18FF",
    "256, 190100",
    "1000, 1903E8",
    "32767, 197FFF",
    "32768, 198000",
    "65535, 19FFFF",
    "65536, 1A00010000",
    "1000000, 1A000F4240",
    "2147483648, 1A80000000",
    "4294967295, 1AFFFFFFFF",
  })
  void writesNumbersInTheirShortestForm(long number, String expected) {
    byte[] bytes = new byte[4];
    for (int i = 0; i < 4; i++) bytes[i] = (byte) (number >> (24 - 8 * i));
    byte[] out = new byte[8];
    short behind = CborWriter.uint(bytes, (short) 0, out, (short) 0);
    assertEquals(expected, KeyParts.hex(Arrays.copyOf(out, behind)));
  }

  @Test
  void writesHeadsOfByteStringsArraysAndMaps() {
    assertEquals("4401020304", bytes(new byte[] {1, 2, 3, 4}));
    assertEquals("40", bytes(new byte[0]));
    assertEquals("57" + "00".repeat(23), bytes(new byte[23]));
    assertEquals("5818" + "00".repeat(24), bytes(new byte[24]));
    assertEquals("58FF" + "00".repeat(255), bytes(new byte[255]));
    assertEquals("590100" + "00".repeat(256), bytes(new byte[256]));
    byte[] out = new byte[4];
    assertEquals(1, CborWriter.head(CborWriter.ARRAY, (short) 3, out, (short) 0));
    assertEquals(2, CborWriter.head(CborWriter.MAP, (short) 12, out, (short) 1));
    assertEquals("83AC", KeyParts.hex(Arrays.copyOf(out, 2)));
  }

  private static String bytes(byte[] value) {
    byte[] out = new byte[300];
    short behind = CborWriter.bytes(value, (short) 0, (short) value.length, out, (short) 0);
    return KeyParts.hex(Arrays.copyOf(out, behind));
  }
}
