// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.licel.jcardsim.bouncycastle.crypto.digests.KeccakDigest;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javacard.security.CryptoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageHashTest {
  private final byte[] ram = new byte[Ram.LENGTH];
  private final MessageHash hash = new MessageHash(ram);

  @Test
  void givesThePublishedDigests() {
    int given = 0;
    for (Fixture vector : Fixture.read("crypto/card-curves.json").get("hashes").get("vectors").items()) {
      if (vector.get("hash").text().equals("SM3")) continue;
      byte id = switch (vector.get("hash").text()) {
        case "SHA-256" -> Protocol.HASH_SHA256;
        case "SHA-512" -> Protocol.HASH_SHA512;
        default -> Protocol.HASH_KECCAK256;
      };
      hash.begin(id);
      byte[] message = vector.get("message").bytes();
      hash.update(message, (short) 0, (short) message.length);
      assertEquals(vector.get("digest").text(), HexFormat.of().formatHex(digest()));
      given++;
    }
    assertEquals(4, given);
  }

  @ParameterizedTest
  @ValueSource(bytes = {Protocol.HASH_SHA256, Protocol.HASH_SHA512, Protocol.HASH_KECCAK256})
  void takesPartsAndForgetsWhatWasAbandoned(byte id) throws Exception {
    Random random = SeededRandom.of("hash " + id);
    for (int i = 0; i < 30; i++) {
      byte[] message = SeededRandom.bytes(random, random.nextInt(500));
      for (byte other = Protocol.HASH_SHA256; other <= Protocol.HASH_KECCAK256; other++) {
        hash.begin(other);
        hash.update(message, (short) 0, (short) (message.length / 2));
      }
      if (i % 2 == 0) hash.abandon();
      hash.begin(id);
      for (int at = 0; at < message.length; ) {
        int length = Math.min(message.length - at, random.nextInt(100));
        hash.update(message, (short) at, (short) length);
        at += length;
      }
      assertArrayEquals(expected(id, message), digest());
    }
  }

  @Test
  void keepsItsStateOverADerivation() throws Exception {
    Elliptic elliptic = new Elliptic(ram);
    HdKeys keys = new HdKeys(ram, elliptic, new HmacSha512(ram));
    for (byte id = Protocol.HASH_SHA256; id <= Protocol.HASH_KECCAK256; id++) {
      hash.begin(id);
      hash.update(new byte[200], (short) 0, (short) 150);
      byte[] seed = new byte[16];
      keys.derive(Protocol.ALGORITHM_P256, seed, (short) 0, (short) 16, new byte[4], (short) 0, (short) 4);
      hash.update(new byte[200], (short) 0, (short) 50);
      assertArrayEquals(expected(id, new byte[200]), digest());
    }
  }

  @Test
  void leavesTheFirst16BytesOfTheWorkspaceAndWipesTheOthers() {
    Arrays.fill(ram, Ram.WORK_AREA, MessageHash.END, (byte) 0x44);
    hash.begin(Protocol.HASH_KECCAK256);
    hash.update(new byte[] {1, 2, 3}, (short) 0, (short) 3);
    hash.abandon();
    byte[] expected = new byte[MessageHash.END - Ram.WORK_AREA];
    Arrays.fill(expected, 0, 16, (byte) 0x44);
    assertArrayEquals(expected, Arrays.copyOfRange(ram, Ram.WORK_AREA, MessageHash.END));
  }

  @Test
  void refusesPartsOfNoMessage() {
    assertThrows(CryptoException.class, () -> hash.update(ram, (short) 0, (short) 1));
    assertThrows(CryptoException.class, () -> hash.digest(ram, (short) 0));
    hash.begin(Protocol.HASH_SHA512);
    digest();
    assertThrows(CryptoException.class, () -> hash.update(ram, (short) 0, (short) 1));
  }

  @Test
  void knowsThreeHashBytesAndNoOther() {
    for (int id = -128; id < 128; id++) assertEquals(id >= 1 && id <= 3, MessageHash.isKnown((byte) id));
  }

  private byte[] digest() {
    byte[] out = new byte[66];
    short length = hash.digest(out, (short) 1);
    for (int at = length + 1; at < out.length; at++) assertEquals(0, out[at]);
    return Arrays.copyOfRange(out, 1, 1 + length);
  }

  private static byte[] expected(byte id, byte[] message) throws Exception {
    if (id == Protocol.HASH_SHA256) return MessageDigest.getInstance("SHA-256").digest(message);
    if (id == Protocol.HASH_SHA512) return MessageDigest.getInstance("SHA-512").digest(message);
    KeccakDigest digest = new KeccakDigest(256);
    digest.update(message, 0, message.length);
    byte[] out = new byte[32];
    digest.doFinal(out, 0);
    return out;
  }
}
