// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HdKeysTest {
  private static final String BASE_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

  private final byte[] ram = new byte[Ram.LENGTH];
  private final Elliptic elliptic = new Elliptic(ram);
  private final HdKeys keys = new HdKeys(ram, elliptic, new HmacSha512(ram));

  @Test
  void derivesTheKeysOfBip32() throws Exception {
    List<Fixture> vectors = Fixture.read("crypto/hd-keys.json").get("bip32").get("vectors").items();
    assertEquals(4, vectors.size());
    for (Fixture vector : vectors) {
      byte[] above = null;
      for (Fixture link : vector.get("chain").items()) {
        byte[] extended = base58Check(link.get("xprv").text());
        byte[] secret = Arrays.copyOfRange(extended, 46, 78);
        check(TestCurve.SECP256K1, vector, link, secret, Arrays.copyOfRange(extended, 13, 45), above);
        byte[] point = Arrays.copyOfRange(base58Check(link.get("xpub").text()), 45, 78);
        assertArrayEquals(point, compressed(TestCurve.SECP256K1, secret));
        above = secret;
      }
    }
  }

  @Test
  void derivesTheKeysOfSlip10AndItsRetries() {
    List<String> titles = new ArrayList<>();
    for (Fixture vector : Fixture.read("crypto/hd-keys.json").get("slip10").get("vectors").items()) {
      if (!vector.get("curve").text().equals("P-256")) continue;
      titles.add(vector.get("title").text());
      byte[] above = null;
      for (Fixture link : vector.get("chain").items()) {
        byte[] secret = link.get("private").bytes();
        check(TestCurve.P256, vector, link, secret, link.get("chainCode").bytes(), above);
        assertArrayEquals(link.get("public").bytes(), compressed(TestCurve.P256, secret));
        above = secret;
      }
    }
    assertEquals(List.of("test vector 1", "test vector 2", "derivation retry", "seed retry"), titles);
  }

  /** The derivation written out in BigInteger and javax.crypto, along paths of ten levels. */
  @ParameterizedTest
  @EnumSource(value = TestCurve.class, names = {"P256", "SECP256K1"})
  void derivesWhatAnotherImplementationDerives(TestCurve curve) throws Exception {
    Random random = SeededRandom.of("HD keys on " + curve);
    for (int i = 0; i < 25; i++) {
      byte[] seed = SeededRandom.bytes(random, 16 + random.nextInt(49));
      int[] path = random.ints(random.nextInt(11)).toArray();
      String label = curve == TestCurve.P256 ? "Nist256p1 seed" : "Bitcoin seed";
      byte[] node = hmac(label.getBytes(StandardCharsets.US_ASCII), seed);
      for (int index : path) node = child(curve, node, index);
      assertTrue(derive(curve, seed, path));
      assertArrayEquals(node, Arrays.copyOfRange(ram, HdKeys.NODE, HdKeys.NODE + 64));
    }
  }

  @Test
  void takesASeedFromItsOwnPlaceAndLeavesOnlyTheKeys() {
    byte[] seed = SeededRandom.bytes(SeededRandom.of("seed"), 64);
    int[] path = {0x80000000, 7, 0x80000001};
    assertTrue(derive(TestCurve.SECP256K1, seed, path));
    byte[] expected = Arrays.copyOfRange(ram, Ram.CRYPTO, Ram.CRYPTO + Ram.CRYPTO_LENGTH);
    Arrays.fill(ram, (byte) 0);
    System.arraycopy(seed, 0, ram, HdKeys.SEED, 64);
    byte[] levels = bytes(path);
    byte curve = TestCurve.SECP256K1.id;
    assertTrue(keys.derive(curve, ram, HdKeys.SEED, (short) 64, levels, (short) 0, (short) 12));
    assertArrayEquals(expected, Arrays.copyOfRange(ram, Ram.CRYPTO, Ram.CRYPTO + Ram.CRYPTO_LENGTH));
    Arrays.fill(ram, HdKeys.NODE, HdKeys.PARENT + 32, (byte) 0);
    assertArrayEquals(new byte[Ram.LENGTH], ram);
  }

  @Test
  void wipesKeysAndSeed() {
    Arrays.fill(ram, (byte) 0x21);
    keys.wipe();
    for (int at = 0; at < ram.length; at++) {
      assertEquals(at >= HdKeys.NODE && at < HdKeys.END ? 0 : 0x21, ram[at]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 65, 80})
  void makesNoKeyOfASeedOfAnotherLength(int length) {
    for (TestCurve curve : List.of(TestCurve.P256, TestCurve.SECP256K1)) {
      Arrays.fill(ram, HdKeys.NODE, HdKeys.END, (byte) 0x21);
      assertFalse(derive(curve, new byte[length], new int[] {1}));
      assertArrayEquals(new byte[Ram.LENGTH], ram);
    }
  }

  /** Numbers that no known seed leads to, put where the digest is added. */
  @ParameterizedTest
  @EnumSource(value = TestCurve.class, names = {"P256", "SECP256K1"})
  void makesNoChildOfADigestOfNOrMoreOrOfASumOfZero(TestCurve curve) {
    BigInteger one = BigInteger.ONE;
    BigInteger five = BigInteger.valueOf(5);
    assertFalse(added(curve, five, curve.n));
    assertFalse(added(curve, five, one.shiftLeft(256).subtract(one)));
    assertFalse(added(curve, five, curve.n.subtract(five)));
    assertTrue(added(curve, five, BigInteger.ZERO));
    assertEquals(five, TestCurve.value(ram, HdKeys.DIGEST));
    assertTrue(added(curve, five, curve.n.subtract(one)));
    assertEquals(BigInteger.valueOf(4), TestCurve.value(ram, HdKeys.DIGEST));
    assertEquals(five, TestCurve.value(ram, HdKeys.NODE));
  }

  @Test
  void makesTheSeedOfADecoyByHmac() throws Exception {
    Random random = SeededRandom.of("decoy");
    for (int length = 16; length <= 64; length++) {
      byte[] seed = SeededRandom.bytes(random, length);
      byte[] expected = hmac("bsim/decoy-seed/1".getBytes(StandardCharsets.US_ASCII), seed);
      byte[] out = new byte[66];
      keys.decoySeed(seed, (short) 0, (short) length, out, (short) 1);
      assertArrayEquals(expected, Arrays.copyOfRange(out, 1, 65));
      System.arraycopy(seed, 0, ram, HdKeys.SEED, length);
      keys.decoySeed(ram, HdKeys.SEED, (short) length, ram, HdKeys.SEED);
      assertArrayEquals(expected, Arrays.copyOfRange(ram, HdKeys.SEED, HdKeys.SEED + 64));
    }
  }

  private void check(
      TestCurve curve, Fixture vector, Fixture link, byte[] secret, byte[] chainCode, byte[] parent) {
    String title = vector.get("title").text() + " " + link.get("path").text();
    assertTrue(derive(curve, vector.get("seed").bytes(), path(link.get("path").text())), title);
    assertEquals(hex(secret), hexAt(HdKeys.NODE), title);
    assertEquals(hex(chainCode), hexAt(HdKeys.CHAIN_CODE), title);
    if (parent != null) assertEquals(hex(parent), hexAt(HdKeys.PARENT), title);
  }

  /** Derives with seed and path in the middle of an array. */
  private boolean derive(TestCurve curve, byte[] seed, int[] path) {
    byte[] levels = bytes(path);
    byte[] input = new byte[seed.length + levels.length + 5];
    System.arraycopy(seed, 0, input, 2, seed.length);
    System.arraycopy(levels, 0, input, seed.length + 3, levels.length);
    return keys.derive(curve.id, input, (short) 2, (short) seed.length, input, (short) (seed.length + 3),
        (short) levels.length);
  }

  private boolean added(TestCurve curve, BigInteger secret, BigInteger digest) {
    System.arraycopy(TestCurve.number(secret), 0, ram, HdKeys.NODE, 32);
    System.arraycopy(TestCurve.number(digest), 0, ram, HdKeys.DIGEST, 32);
    return keys.addParent(curve.id);
  }

  private String hexAt(short at) {
    return HexFormat.of().formatHex(ram, at, at + 32);
  }

  private byte[] compressed(TestCurve curve, byte[] secret) {
    byte[] point = new byte[65];
    elliptic.publicPoint(curve.id, secret, (short) 0, point, (short) 0);
    return compressed(point);
  }

  private static byte[] compressed(byte[] point) {
    byte[] bytes = Arrays.copyOf(point, 33);
    bytes[0] = (byte) (point[64] % 2 == 0 ? 2 : 3);
    return bytes;
  }

  private static byte[] child(TestCurve curve, byte[] node, int index) throws Exception {
    BigInteger secret = TestCurve.value(node, 0);
    byte[] chainCode = Arrays.copyOfRange(node, 32, 64);
    byte[] head = index < 0
        ? ByteBuffer.allocate(33).put((byte) 0).put(node, 0, 32).array()
        : compressed(curve.point(secret));
    byte[] digest = hmac(chainCode, ByteBuffer.allocate(37).put(head).putInt(index).array());
    byte[] result = digest.clone();
    System.arraycopy(TestCurve.number(TestCurve.value(digest, 0).add(secret).mod(curve.n)), 0, result, 0, 32);
    return result;
  }

  private static byte[] hmac(byte[] key, byte[] data) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA512");
    mac.init(new SecretKeySpec(key, "HmacSHA512"));
    return mac.doFinal(data);
  }

  private static int[] path(String text) {
    return Arrays.stream(text.split("/")).skip(1).mapToInt(HdKeysTest::index).toArray();
  }

  private static int index(String level) {
    return level.endsWith("'")
        ? Integer.parseInt(level.substring(0, level.length() - 1)) | 0x80000000
        : Integer.parseInt(level);
  }

  private static byte[] bytes(int[] path) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * path.length);
    for (int index : path) bytes.putInt(index);
    return bytes.array();
  }

  /** The 78 bytes of an extended key. */
  private static byte[] base58Check(String text) throws Exception {
    BigInteger value = BigInteger.ZERO;
    for (char digit : text.toCharArray()) {
      value = value.multiply(BigInteger.valueOf(58)).add(BigInteger.valueOf(BASE_58.indexOf(digit)));
    }
    byte[] bytes = value.toByteArray();
    assertEquals(82, bytes.length);
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    byte[] sum = sha.digest(sha.digest(Arrays.copyOf(bytes, 78)));
    assertArrayEquals(Arrays.copyOf(sum, 4), Arrays.copyOfRange(bytes, 78, 82));
    return Arrays.copyOf(bytes, 78);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
