// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.licel.jcardsim.bouncycastle.crypto.params.ECPublicKeyParameters;
import com.licel.jcardsim.bouncycastle.crypto.signers.ECDSASigner;
import java.lang.reflect.Field;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javacard.security.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EllipticTest {
  private static final short SECRET = HdKeys.NODE;
  private static final short OUT = Ram.ANSWER_BYTES;

  private final byte[] ram = new byte[Ram.LENGTH];
  private final Elliptic elliptic = new Elliptic(ram);

  @Test
  void givesThePublicPointsOfPublishedKeys() {
    Fixture signatures = Fixture.read("crypto/card-signatures.json");
    for (Fixture vector : signatures.get("vectors").items()) {
      if (vector.get("curve").text().equals("Ed25519")) continue;
      assertEquals(
          "04" + vector.get("publicKey").text(), hex(publicPoint(curveOf(vector), vector, "secret")));
    }
    for (Fixture vector : agreements()) {
      assertEquals(vector.get("point").text(), hex(publicPoint(curveOf(vector), vector, "secret")));
      assertEquals(vector.get("peerPoint").text(), hex(publicPoint(curveOf(vector), vector, "peerSecret")));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void givesThePublicPointsThatBouncyCastleGives(TestCurve curve) {
    Random random = SeededRandom.of("public points on " + curve);
    for (int i = 0; i < 40; i++) checkPublicPoint(curve, curve.secret(random));
    for (BigInteger edge : List.of(BigInteger.ONE, BigInteger.TWO, curve.n.subtract(BigInteger.ONE))) {
      checkPublicPoint(curve, edge);
    }
  }

  @Test
  void agreesOnPublishedSecrets() {
    for (Fixture vector : agreements()) {
      TestCurve curve = curveOf(vector);
      assertEquals(vector.get("shared").text(),
          hex(agreed(curve, vector.get("secret").bytes(), vector.get("peerPoint").bytes())));
      assertEquals(vector.get("shared").text(),
          hex(agreed(curve, vector.get("peerSecret").bytes(), vector.get("point").bytes())));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void agreesOnWhatBouncyCastleAgreesOn(TestCurve curve) {
    Random random = SeededRandom.of("agreement on " + curve);
    for (int i = 0; i < 40; i++) {
      BigInteger secret = curve.secret(random);
      byte[] peer = curve.point(curve.secret(random));
      assertArrayEquals(curve.agreed(secret, peer), agreed(curve, TestCurve.number(secret), peer));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void agreesWithNothingThatIsNoPointOfTheCurve(TestCurve curve) {
    byte[] point = curve.point(BigInteger.TEN);
    byte[] other = point.clone();
    other[64] ^= 1;
    assertRefused(curve, other);
    assertRefused(curve, new byte[] {0});
    assertRefused(curve, new byte[0]);
    assertRefused(curve, new byte[65]);
    assertRefused(curve, Arrays.copyOf(point, 64));
    assertRefused(curve, Arrays.copyOf(point, 66));
    byte[] compressed = Arrays.copyOf(point, 33);
    compressed[0] = (byte) (2 + (point[64] & 1));
    assertRefused(curve, compressed);
    for (int first : new int[] {0, 2, 3, 5, 6, 7, 0x84, 0xFF}) {
      byte[] prefixed = point.clone();
      prefixed[0] = (byte) first;
      assertRefused(curve, prefixed);
    }
    for (TestCurve foreign : TestCurve.values()) {
      if (foreign != curve) assertRefused(curve, foreign.point(BigInteger.TEN));
    }
  }

  @Test
  void makesSignaturesOfP256ThatTheJdkVerifies() throws Exception {
    AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
    named.init(new ECGenParameterSpec("secp256r1"));
    ECParameterSpec spec = named.getParameterSpec(ECParameterSpec.class);
    Random random = SeededRandom.of("signatures");
    for (int i = 0; i < 50; i++) {
      BigInteger secret = TestCurve.P256.secret(random);
      byte[] digest = SeededRandom.bytes(random, 32);
      byte[] point = TestCurve.P256.point(secret);
      ECPoint key = new ECPoint(TestCurve.value(point, 1), TestCurve.value(point, 33));
      Signature verifier = Signature.getInstance("NONEwithECDSAinP1363Format");
      verifier.initVerify(KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(key, spec)));
      verifier.update(digest);
      assertTrue(verifier.verify(signed(TestCurve.P256, secret, digest)));
    }
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void makesSignaturesOfLowSThatBouncyCastleVerifies(TestCurve curve) {
    Random random = SeededRandom.of("signatures on " + curve);
    for (int i = 0; i < 50; i++) {
      BigInteger secret = curve.secret(random);
      byte[] digest = SeededRandom.bytes(random, 32);
      byte[] signature = signed(curve, secret, digest);
      BigInteger r = TestCurve.value(signature, 0);
      BigInteger s = TestCurve.value(signature, 32);
      assertTrue(s.compareTo(curve.n.shiftRight(1)) <= 0);
      ECDSASigner verifier = new ECDSASigner();
      verifier.init(false, new ECPublicKeyParameters(curve.domain.getG().multiply(secret), curve.domain));
      assertTrue(verifier.verifySignature(digest, r, s));
    }
  }

  @Test
  void signsTheFirst32BytesOfALongerDigest() {
    byte[] digest = SeededRandom.bytes(SeededRandom.of("digest"), 64);
    byte[] signature = signed(TestCurve.BRAINPOOL, BigInteger.TEN, digest);
    ECDSASigner verifier = new ECDSASigner();
    verifier.init(false, new ECPublicKeyParameters(
        TestCurve.BRAINPOOL.domain.getG().multiply(BigInteger.TEN), TestCurve.BRAINPOOL.domain));
    assertTrue(verifier.verifySignature(
        Arrays.copyOf(digest, 32), TestCurve.value(signature, 0), TestCurve.value(signature, 32)));
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void takesNumbersFrom1ToNMinus1AsPrivateKeys(TestCurve curve) {
    BigInteger one = BigInteger.ONE;
    assertFalse(isPrivateKey(curve, BigInteger.ZERO, 32));
    assertTrue(isPrivateKey(curve, one, 32));
    assertTrue(isPrivateKey(curve, curve.n.subtract(one), 32));
    assertFalse(isPrivateKey(curve, curve.n, 32));
    assertFalse(isPrivateKey(curve, one.shiftLeft(256).subtract(one), 32));
    assertFalse(isPrivateKey(curve, BigInteger.TEN, 31));
    assertFalse(isPrivateKey(curve, BigInteger.TEN, 33));
    assertFalse(isPrivateKey(curve, BigInteger.TEN, 0));
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void drawsAgainAboveNMinus2AndAdds1(TestCurve curve) {
    BigInteger one = BigInteger.ONE;
    BigInteger greatest = curve.n.subtract(BigInteger.TWO);
    byte[] all = TestCurve.number(one.shiftLeft(256).subtract(one));
    assertEquals(one, generated(curve, TestCurve.number(BigInteger.ZERO)));
    assertEquals(greatest.add(one), generated(curve, TestCurve.number(greatest)));
    byte[] nMinus1 = TestCurve.number(greatest.add(one));
    byte[] n = TestCurve.number(curve.n);
    byte[] good = TestCurve.number(BigInteger.valueOf(255));
    assertEquals(BigInteger.valueOf(256), generated(curve, nMinus1, n, all, good));
  }

  @Test
  void leavesNothingInItsScratchAndTheRestOfTheRegionAsItWas() {
    byte[] digest = SeededRandom.bytes(SeededRandom.of("scratch"), 32);
    byte[] peer = TestCurve.P256.point(BigInteger.valueOf(77));
    for (Runnable job : List.<Runnable>of(
        () -> signed(TestCurve.P256, BigInteger.TEN, digest),
        () -> agreed(TestCurve.P256, TestCurve.number(BigInteger.TEN), peer))) {
      Arrays.fill(ram, HmacSha512.BLOCK, HmacSha512.END, (byte) 0x55);
      Arrays.fill(ram, HmacSha512.END, HdKeys.END, (byte) 0x66);
      job.run();
      for (int at = HmacSha512.BLOCK; at < HmacSha512.END; at++) assertEquals(0, ram[at]);
      for (int at = SECRET + 32; at < HdKeys.END; at++) assertEquals(0x66, ram[at]);
    }
  }

  @Test
  void usesNothingOfTheRegionForAPublicPoint() {
    Arrays.fill(ram, Ram.CRYPTO, Ram.CRYPTO + Ram.CRYPTO_LENGTH, (byte) 0x55);
    byte[] secret = TestCurve.number(BigInteger.TEN);
    byte[] before = ram.clone();
    byte[] point = new byte[65];
    elliptic.publicPoint(TestCurve.P256.id, secret, (short) 0, point, (short) 0);
    assertArrayEquals(before, ram);
  }

  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void leavesNoPrivateKeyInAKeyObject(TestCurve curve) throws IllegalAccessException {
    byte[] peer = curve.point(BigInteger.valueOf(77));
    for (Runnable job : List.<Runnable>of(
        () -> signed(curve, BigInteger.TEN, new byte[32]),
        () -> agreed(curve, TestCurve.number(BigInteger.TEN), peer),
        () -> publicPoint(curve, TestCurve.number(BigInteger.TEN)))) {
      job.run();
      for (Field field : Elliptic.class.getDeclaredFields()) {
        if (field.getType() != ECPrivateKey.class) continue;
        field.setAccessible(true);
        ECPrivateKey key = (ECPrivateKey) field.get(elliptic);
        byte[] secret = new byte[32];
        if (key.isInitialized()) key.getS(secret, (short) 0);
        assertTrue(TestCurve.value(secret, 0).compareTo(BigInteger.ONE) <= 0);
      }
    }
  }

  @Test
  void writesAResultOverItsInput() {
    System.arraycopy(TestCurve.number(BigInteger.TEN), 0, ram, OUT, 32);
    elliptic.publicPoint(TestCurve.P256.id, ram, OUT, ram, OUT);
    assertArrayEquals(TestCurve.P256.point(BigInteger.TEN), Arrays.copyOfRange(ram, OUT, OUT + 65));
    elliptic.agree(
        TestCurve.P256.id, TestCurve.number(BigInteger.TWO), (short) 0, ram, OUT, (short) 65, ram, OUT);
    assertArrayEquals(
        Arrays.copyOfRange(TestCurve.P256.point(BigInteger.valueOf(20)), 1, 33),
        Arrays.copyOfRange(ram, OUT, OUT + 32));
  }

  private void checkPublicPoint(TestCurve curve, BigInteger secret) {
    assertArrayEquals(curve.point(secret), publicPoint(curve, TestCurve.number(secret)));
  }

  private byte[] publicPoint(TestCurve curve, Fixture vector, String key) {
    return publicPoint(curve, vector.get(key).bytes());
  }

  private byte[] publicPoint(TestCurve curve, byte[] secret) {
    System.arraycopy(secret, 0, ram, SECRET, 32);
    elliptic.publicPoint(curve.id, ram, SECRET, ram, OUT);
    return Arrays.copyOfRange(ram, OUT, OUT + 65);
  }

  private byte[] agreed(TestCurve curve, byte[] secret, byte[] peer) {
    System.arraycopy(secret, 0, ram, SECRET, 32);
    assertTrue(elliptic.agree(curve.id, ram, SECRET, peer, (short) 0, (short) peer.length, ram, OUT));
    return Arrays.copyOfRange(ram, OUT, OUT + 32);
  }

  private void assertRefused(TestCurve curve, byte[] peer) {
    byte[] secret = TestCurve.number(BigInteger.valueOf(12345));
    byte[] out = new byte[32];
    short length = (short) peer.length;
    assertFalse(elliptic.agree(curve.id, secret, (short) 0, peer, (short) 0, length, out, (short) 0));
    assertArrayEquals(new byte[32], out);
  }

  private byte[] signed(TestCurve curve, BigInteger secret, byte[] digest) {
    System.arraycopy(TestCurve.number(secret), 0, ram, SECRET, 32);
    elliptic.sign(curve.id, ram, SECRET, digest, (short) 0, ram, OUT);
    return Arrays.copyOfRange(ram, OUT, OUT + 64);
  }

  private boolean isPrivateKey(TestCurve curve, BigInteger value, int length) {
    return elliptic.isPrivateKey(curve.id, TestCurve.number(value), (short) 0, (short) length);
  }

  private BigInteger generated(TestCurve curve, byte[]... draws) {
    ScriptedRandom random = new ScriptedRandom(draws);
    byte[] out = new byte[40];
    elliptic.generate(curve.id, random, out, (short) 5);
    assertEquals(0, random.left());
    return TestCurve.value(out, 5);
  }

  private static List<Fixture> agreements() {
    return Fixture.read("crypto/card-curves.json").get("agreement").get("vectors").items();
  }

  private static TestCurve curveOf(Fixture vector) {
    return TestCurve.named(vector.get("curve").text());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
