// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PointCheckTest {
  private static final BigInteger ALL = BigInteger.ONE.shiftLeft(256);
  private static final short AT = 7;

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void acceptsPointsOfTheCurveAndRefusesTheirNeighbours(TestCurve curve) {
    Random random = random(curve);
    for (int i = 0; i < 300; i++) {
      byte[] point = curve.point(curve.secret(random));
      assertTrue(isOnCurve(curve, point));
      point[1 + random.nextInt(64)] ^= (byte) (1 << random.nextInt(8));
      assertFalse(isOnCurve(curve, point));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void agreesWithTheEquationInBigIntegers(TestCurve curve) {
    Random random = random(curve);
    for (int i = 0; i < 500; i++) {
      BigInteger x = coordinate(curve, random);
      // p is 3 modulo 4 on all three curves, so that a square has this root.
      BigInteger y = i % 2 == 0
          ? curve.rightSide(x).modPow(curve.p.add(BigInteger.ONE).shiftRight(2), curve.p)
          : coordinate(curve, random);
      boolean holds = y.modPow(BigInteger.TWO, curve.p).equals(curve.rightSide(x));
      assertEquals(holds, isOnCurve(curve, point(x, y)), x.toString(16) + " " + y.toString(16));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void refusesCoordinatesOfPOrMore(TestCurve curve) {
    BigInteger x = BigInteger.ZERO;
    BigInteger y;
    do {
      x = x.add(BigInteger.ONE);
      y = curve.rightSide(x).modPow(curve.p.add(BigInteger.ONE).shiftRight(2), curve.p);
    } while (!y.modPow(BigInteger.TWO, curve.p).equals(curve.rightSide(x)));
    assertTrue(isOnCurve(curve, point(x, y)));
    assertTrue(x.add(curve.p).compareTo(ALL) < 0);
    assertFalse(isOnCurve(curve, point(x.add(curve.p), y)));
    assertFalse(isOnCurve(curve, point(x, curve.p)));
    assertFalse(isOnCurve(curve, point(curve.p, y)));
    if (y.add(curve.p).compareTo(ALL) < 0) assertFalse(isOnCurve(curve, point(x, y.add(curve.p))));
    assertFalse(isOnCurve(curve, point(ALL.subtract(BigInteger.ONE), ALL.subtract(BigInteger.ONE))));
  }

  @Test
  void refusesASmallYPlusPOfAPointThatHasOne() {
    // On brainpoolP256r1, p leaves room for a third of all coordinates plus p.
    TestCurve curve = TestCurve.BRAINPOOL;
    Random random = random(curve);
    byte[] point;
    do {
      point = curve.point(curve.secret(random));
    } while (TestCurve.value(point, 33).add(curve.p).compareTo(ALL) >= 0);
    assertFalse(isOnCurve(curve, point(TestCurve.value(point, 1), TestCurve.value(point, 33).add(curve.p))));
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void refusesEachFirstByteBut04(TestCurve curve) {
    byte[] point = curve.point(BigInteger.TEN);
    for (int first = 0; first < 256; first++) {
      point[0] = (byte) first;
      assertEquals(first == 4, isOnCurve(curve, point));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void refusesPointsOfTheOtherCurvesAndZeros(TestCurve curve) {
    for (TestCurve other : TestCurve.values()) {
      assertEquals(other == curve, isOnCurve(curve, other.point(BigInteger.TEN)));
    }
    assertFalse(isOnCurve(curve, point(BigInteger.ZERO, BigInteger.ZERO)));
  }

  private static boolean isOnCurve(TestCurve curve, byte[] point) {
    byte[] bytes = new byte[AT + 65];
    System.arraycopy(point, 0, bytes, AT, 65);
    return PointCheck.isOnCurve(curve.id, bytes, AT, new byte[5 + PointCheck.SCRATCH_LENGTH], (short) 5);
  }

  private static byte[] point(BigInteger x, BigInteger y) {
    byte[] point = new byte[65];
    point[0] = 4;
    System.arraycopy(TestCurve.number(x), 0, point, 1, 32);
    System.arraycopy(TestCurve.number(y), 0, point, 33, 32);
    return point;
  }

  /** A number below p, one in four near 0 or p, where carries are long. */
  private static BigInteger coordinate(TestCurve curve, Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> new BigInteger(16, random);
      case 1 -> curve.p.subtract(BigInteger.ONE).subtract(new BigInteger(16, random));
      default -> new BigInteger(320, random).mod(curve.p);
    };
  }

  private static Random random(TestCurve curve) {
    return SeededRandom.of("PointCheck on " + curve);
  }
}
