// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScalarTest {
  private static final BigInteger ALL = BigInteger.ONE.shiftLeft(256);
  private static final short A = 3;
  private static final short B = 40;
  private static final short OUT = 90;

  @Test
  void agreesWithBigIntegerOnTenThousandPairs() {
    Random random = SeededRandom.of("Scalar");
    for (int i = 0; i < 10_000; i++) {
      TestCurve curve = TestCurve.values()[i % 3];
      check(curve, number(random, curve), number(random, curve));
    }
  }

  @Test
  void agreesWithBigIntegerOnEachPairOfEdges() {
    for (TestCurve curve : TestCurve.values()) {
      for (BigInteger a : edges(curve)) for (BigInteger b : edges(curve)) check(curve, a, b);
    }
  }

  @Test
  void incrementsTheLargestNumberToZero() {
    byte[] bytes = memory(ALL.subtract(BigInteger.ONE), BigInteger.ZERO);
    Scalar.increment(bytes, A);
    assertEquals(BigInteger.ZERO, TestCurve.value(bytes, A));
    assertEquals(0, bytes[A - 1]);
  }

  private static void check(TestCurve curve, BigInteger a, BigInteger b) {
    String pair = a.toString(16) + " " + b.toString(16);
    byte[] order = Curves.parameters(curve.id);
    byte[] bytes = memory(a, b);
    assertEquals(a.signum() == 0, Scalar.isZero(bytes, A), pair);
    assertEquals(a.compareTo(b) < 0, Scalar.isLess(bytes, A, bytes, B), pair);
    Scalar.subtract(bytes, A, bytes, B, bytes, OUT);
    assertEquals(a.subtract(b).mod(ALL), TestCurve.value(bytes, OUT), pair);
    if (a.compareTo(curve.n) <= 0 && b.compareTo(curve.n) < 0) {
      Scalar.addModulo(order, Curves.ORDER, bytes, A, bytes, B, bytes, OUT);
      assertEquals(a.add(b).mod(curve.n), TestCurve.value(bytes, OUT), pair);
      Scalar.addModulo(order, Curves.ORDER, bytes, B, bytes, A, bytes, OUT);
      assertEquals(a.add(b).mod(curve.n), TestCurve.value(bytes, OUT), pair);
    }
    assertArrayEquals(memory(a, b), blanked(bytes), "operands and bytes around them stay: " + pair);
    checkInPlace(curve, a, b);
    Scalar.increment(bytes, A);
    assertEquals(a.add(BigInteger.ONE).mod(ALL), TestCurve.value(bytes, A), pair);
  }

  private static void checkInPlace(TestCurve curve, BigInteger a, BigInteger b) {
    byte[] order = Curves.parameters(curve.id);
    byte[] bytes = memory(a, b);
    Scalar.subtract(bytes, A, bytes, B, bytes, B);
    assertEquals(a.subtract(b).mod(ALL), TestCurve.value(bytes, B));
    bytes = memory(a, b);
    Scalar.subtract(bytes, A, bytes, B, bytes, A);
    assertEquals(a.subtract(b).mod(ALL), TestCurve.value(bytes, A));
    if (a.compareTo(curve.n) > 0 || b.compareTo(curve.n) >= 0) return;
    bytes = memory(a, b);
    Scalar.addModulo(order, Curves.ORDER, bytes, A, bytes, B, bytes, B);
    assertEquals(a.add(b).mod(curve.n), TestCurve.value(bytes, B));
    bytes = memory(a, b);
    Scalar.addModulo(order, Curves.ORDER, bytes, A, bytes, B, bytes, A);
    assertEquals(a.add(b).mod(curve.n), TestCurve.value(bytes, A));
  }

  /** Half of the numbers at random, below n or not; the others near an edge. */
  private static BigInteger number(Random random, TestCurve curve) {
    List<BigInteger> edges = edges(curve);
    return switch (random.nextInt(4)) {
      case 0 -> new BigInteger(256, random);
      case 1 -> new BigInteger(256, random).mod(curve.n);
      case 2 -> edges.get(random.nextInt(edges.size())).add(new BigInteger(9, random)).mod(ALL);
      default -> edges.get(random.nextInt(edges.size())).subtract(new BigInteger(9, random)).mod(ALL);
    };
  }

  private static List<BigInteger> edges(TestCurve curve) {
    BigInteger one = BigInteger.ONE;
    return List.of(
        BigInteger.ZERO, one, BigInteger.TWO, BigInteger.valueOf(255), BigInteger.valueOf(256),
        one.shiftLeft(128), one.shiftLeft(255), curve.n.shiftRight(1), curve.n.shiftRight(1).add(one),
        curve.n.subtract(one), curve.n, curve.n.add(one), curve.p, ALL.subtract(curve.n), ALL.subtract(one));
  }

  private static byte[] memory(BigInteger a, BigInteger b) {
    byte[] bytes = new byte[128];
    System.arraycopy(TestCurve.number(a), 0, bytes, A, 32);
    System.arraycopy(TestCurve.number(b), 0, bytes, B, 32);
    return bytes;
  }

  /** The bytes without the result. */
  private static byte[] blanked(byte[] bytes) {
    byte[] copy = bytes.clone();
    Arrays.fill(copy, OUT, OUT + 32, (byte) 0);
    return copy;
  }
}
