// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against the JDK's arithmetic of unsigned numbers of 64 bits. */
class AmountTest {
  private static final int AT = 3;

  private final Random random = new Random(20);

  private static byte[] bytes(long value) {
    byte[] bytes = new byte[AT + 8];
    for (int i = 0; i < 8; i++) bytes[AT + i] = (byte) (value >> (56 - 8 * i));
    return bytes;
  }

  private static long value(byte[] bytes) {
    long value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | bytes[AT + i] & 0xFF;
    return value;
  }

  /** Of any length, at the edges of bytes, and about the signs of bytes. */
  private long next() {
    long value = random.nextLong() >>> random.nextInt(64);
    return switch (random.nextInt(4)) {
      case 0 -> (1L << random.nextInt(64)) - random.nextInt(2);
      case 1 -> value | 0x8080808080808080L;
      default -> value;
    };
  }

  @Test
  void comparesWithoutSign() {
    for (int i = 0; i < 100_000; i++) {
      long first = next();
      long second = random.nextInt(10) == 0 ? first : next();
      boolean isGreater = Amount.isGreater(bytes(first), (short) AT, bytes(second), (short) AT);
      assertEquals(Long.compareUnsigned(first, second) > 0, isGreater);
    }
  }

  @Test
  void addsAndTellsWhetherTheSumFits() {
    for (int i = 0; i < 100_000; i++) {
      long first = next();
      long second = next();
      byte[] sum = bytes(first);
      boolean fits = Amount.add(sum, (short) AT, bytes(second), (short) AT);
      assertEquals(Long.compareUnsigned(first + second, first) >= 0, fits);
      if (fits) assertEquals(first + second, value(sum));
    }
  }

  @Test
  void writesDecimalDigitsWithAsManyZerosAsWanted() {
    byte[] out = new byte[30];
    for (int i = 0; i < 100_000; i++) {
      long value = i == 0 ? -1 : i == 1 ? 0 : next();
      int least = random.nextInt(20) + 1;
      byte[] amount = bytes(value);
      short length = Amount.decimal(amount, (short) AT, (short) least, out, (short) 2);
      String digits = Long.toUnsignedString(value);
      String expected = "0".repeat(Math.max(0, least - digits.length())) + digits;
      assertEquals(expected, new String(out, 2, length, StandardCharsets.US_ASCII));
      assertTrue(Amount.isZero(amount, (short) AT, (short) 8));
    }
  }

  @Test
  void knowsZeroByAllItsBytes() {
    assertTrue(Amount.isZero(bytes(0), (short) AT, Amount.LENGTH));
    for (int bit = 0; bit < 64; bit++)
      assertFalse(Amount.isZero(bytes(1L << bit), (short) AT, Amount.LENGTH));
  }
}
