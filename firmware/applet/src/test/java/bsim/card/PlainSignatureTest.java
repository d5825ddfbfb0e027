// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.licel.jcardsim.bouncycastle.asn1.ASN1EncodableVector;
import com.licel.jcardsim.bouncycastle.asn1.ASN1Integer;
import com.licel.jcardsim.bouncycastle.asn1.DERSequence;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Signatures as platforms give them, SEQUENCE { INTEGER, INTEGER }, made r ‖ s with low s. */
class PlainSignatureTest {
  private static final short AT = 9;

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void readsNumbersOfEachLength(TestCurve curve) throws IOException {
    Random random = SeededRandom.of("DER on " + curve);
    for (int rBits = 1; rBits <= 256; rBits++) {
      BigInteger r = ofBits(rBits, random).mod(curve.n);
      BigInteger s = ofBits(1 + random.nextInt(256), random).mod(curve.n);
      check(curve, r, s, der(r, s));
      check(curve, s, r, der(s, r));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void readsTheShortestAndTheLongestSignature(TestCurve curve) throws IOException {
    BigInteger greatest = curve.n.subtract(BigInteger.ONE);
    byte[] shortest = der(BigInteger.ONE, BigInteger.ONE);
    byte[] longest = der(greatest, greatest);
    assertEquals(8, shortest.length);
    assertEquals(72, longest.length);
    check(curve, BigInteger.ONE, BigInteger.ONE, shortest);
    check(curve, greatest, greatest, longest);
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void keepsSUpToHalfOfNAndTurnsTheRest(TestCurve curve) throws IOException {
    BigInteger half = curve.n.shiftRight(1);
    BigInteger more = half.add(BigInteger.ONE);
    for (BigInteger s : List.of(half.subtract(BigInteger.ONE), half, more, half.add(BigInteger.TWO))) {
      check(curve, BigInteger.TEN, s, der(BigInteger.TEN, s));
    }
    assertEquals(hex(BigInteger.TEN) + hex(half), plain(curve, der(BigInteger.TEN, more)));
  }

  @Test
  void skipsZerosThatDerForbids() {
    TestCurve curve = TestCurve.SECP256K1;
    String large = "7f".repeat(32);
    String one = hex(BigInteger.ONE);
    String padded = "304a" + "0222" + "0000" + large + "0224" + "00000000" + one;
    assertEquals(large + one, plain(curve, HexFormat.of().parseHex(padded)));
    String fixed = "3044" + "0220" + one + "0220" + hex(BigInteger.TWO);
    assertEquals(one + hex(BigInteger.TWO), plain(curve, HexFormat.of().parseHex(fixed)));
  }

  private static void check(TestCurve curve, BigInteger r, BigInteger s, byte[] der) {
    BigInteger low = s.min(curve.n.subtract(s));
    assertEquals(hex(r) + hex(low), plain(curve, der));
  }

  /** The signature lies in an area that was used before, and is no longer than its bytes. */
  private static String plain(TestCurve curve, byte[] der) {
    byte[] area = new byte[AT + Math.max(der.length, 32)];
    Arrays.fill(area, (byte) 0xEE);
    System.arraycopy(der, 0, area, AT, der.length);
    byte[] out = new byte[70];
    Arrays.fill(out, (byte) 0xEE);
    Elliptic.plainSignature(curve.id, area, AT, out, (short) 3);
    assertEquals("eeeeee", HexFormat.of().formatHex(out, 0, 3));
    assertEquals("eeeeee", HexFormat.of().formatHex(out, 67, 70));
    return HexFormat.of().formatHex(out, 3, 67);
  }

  private static byte[] der(BigInteger r, BigInteger s) throws IOException {
    ASN1EncodableVector numbers = new ASN1EncodableVector();
    numbers.add(new ASN1Integer(r));
    numbers.add(new ASN1Integer(s));
    return new DERSequence(numbers).getEncoded("DER");
  }

  private static BigInteger ofBits(int bits, Random random) {
    return new BigInteger(bits, random).setBit(bits - 1);
  }

  private static String hex(BigInteger number) {
    return HexFormat.of().formatHex(TestCurve.number(number));
  }
}
