// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.licel.jcardsim.bouncycastle.crypto.digests.KeccakDigest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Keccak256Test {
  private static final short AT = 11;

  private final byte[] memory = new byte[AT + Keccak256.LENGTH + 4];
  private final Keccak256 keccak = new Keccak256(memory, AT);

  @Test
  void givesThePublishedDigests() {
    for (Fixture vector : Fixture.read("crypto/card-curves.json").get("hashes").get("vectors").items()) {
      if (!vector.get("hash").text().equals("Keccak-256")) continue;
      assertEquals(vector.get("digest").text(), hex(digest(vector.get("message").bytes())));
    }
  }

  /**
   * Keccak submission, ShortMsgKAT_256.txt: Len 0, 8, 16. Ethereum's selectors of transfer(…) and
   * balanceOf(…), ERC-20.
   */
  @ParameterizedTest
  @CsvSource({
    "'', c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    "cc, eead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a",
    "41fb, a8eaceda4d47b3281a795ad9e1ea2122b407baf9aabcb9e18b5717b7873537d2",
  })
  void givesTheDigestsOfTheSubmission(String message, String expected) {
    assertEquals(expected, hex(digest(HexFormat.of().parseHex(message))));
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', value = {"transfer(address,uint256);a9059cbb", "balanceOf(address);70a08231"})
  void givesTheSelectorsOfErc20(String function, String selector) {
    assertEquals(selector, hex(digest(function.getBytes(StandardCharsets.US_ASCII))).substring(0, 8));
  }

  @Test
  void givesWhatBouncyCastleGivesForEachLength() {
    Random random = SeededRandom.of("Keccak");
    for (int length = 0; length <= 420; length++) {
      byte[] message = SeededRandom.bytes(random, length);
      assertArrayEquals(bouncyCastle(message), digest(message), "length " + length);
    }
  }

  @Test
  void takesAMessageInPartsOfAnyLength() {
    Random random = SeededRandom.of("Keccak in parts");
    for (int i = 0; i < 60; i++) {
      byte[] message = SeededRandom.bytes(random, random.nextInt(600));
      keccak.begin();
      for (int at = 0; at < message.length; ) {
        int length = Math.min(message.length - at, random.nextInt(150));
        keccak.update(message, (short) at, (short) length);
        at += length;
      }
      byte[] out = new byte[32];
      keccak.digest(out, (short) 0);
      assertArrayEquals(bouncyCastle(message), out);
    }
  }

  @Test
  void leavesTheBytesAroundAndWipesItsState() {
    Arrays.fill(memory, (byte) 0x33);
    keccak.begin();
    keccak.update(new byte[300], (short) 0, (short) 300);
    byte[] out = new byte[34];
    keccak.digest(out, (short) 1);
    assertArrayEquals(bouncyCastle(new byte[300]), Arrays.copyOfRange(out, 1, 33));
    assertEquals(0, out[0] | out[33]);
    byte[] expected = new byte[memory.length];
    Arrays.fill(expected, 0, AT, (byte) 0x33);
    Arrays.fill(expected, AT + Keccak256.LENGTH, expected.length, (byte) 0x33);
    assertArrayEquals(expected, memory);
  }

  private byte[] digest(byte[] message) {
    keccak.begin();
    keccak.update(message, (short) 0, (short) message.length);
    byte[] out = new byte[32];
    keccak.digest(out, (short) 0);
    return out;
  }

  private static byte[] bouncyCastle(byte[] message) {
    KeccakDigest digest = new KeccakDigest(256);
    digest.update(message, 0, message.length);
    byte[] out = new byte[32];
    digest.doFinal(out, 0);
    return out;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
