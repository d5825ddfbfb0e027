// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HmacSha512Test {
  private final byte[] ram = new byte[Ram.LENGTH];
  private final HmacSha512 hmac = new HmacSha512(ram);

  /** RFC 4231 §4.2 to §4.5. */
  @ParameterizedTest
  @CsvSource({
    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b, 4869205468657265,"
        + "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
    "4a656665, 7768617420646f2079612077616e7420666f72206e6f7468696e673f,"
        + "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
        + "dddddddddddddddddddddddddddddddddddddddddddddddddd"
        + "dddddddddddddddddddddddddddddddddddddddddddddddddd,"
        + "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
        + "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
    "0102030405060708090a0b0c0d0e0f10111213141516171819,"
        + "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
        + "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd,"
        + "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
        + "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
  })
  void givesThePublishedCodes(String key, String data, String expected) {
    HexFormat hex = HexFormat.of();
    assertEquals(expected, hex.formatHex(computed(hex.parseHex(key), hex.parseHex(data))));
  }

  @Test
  void givesWhatTheJdkGives() throws Exception {
    Random random = SeededRandom.of("HMAC");
    for (int i = 0; i < 500; i++) {
      byte[] key = SeededRandom.bytes(random, 1 + random.nextInt(128));
      byte[] data = SeededRandom.bytes(random, random.nextInt(300));
      Mac mac = Mac.getInstance("HmacSHA512");
      mac.init(new SecretKeySpec(key, "HmacSHA512"));
      assertArrayEquals(mac.doFinal(data), computed(key, data));
    }
  }

  @Test
  void writesOverItsDataAndWipesThePaddedKey() {
    byte[] key = {1, 2, 3};
    byte[] data = SeededRandom.bytes(SeededRandom.of("HMAC in place"), 64);
    byte[] expected = computed(key, data);
    Arrays.fill(ram, HmacSha512.BLOCK, HmacSha512.END, (byte) 0x77);
    hmac.compute(key, (short) 0, (short) 3, data, (short) 0, (short) 64, data, (short) 0);
    assertArrayEquals(expected, data);
    assertArrayEquals(new byte[Ram.LENGTH], ram);
  }

  private byte[] computed(byte[] key, byte[] data) {
    byte[] input = new byte[key.length + data.length + 5];
    System.arraycopy(key, 0, input, 2, key.length);
    System.arraycopy(data, 0, input, key.length + 4, data.length);
    byte[] out = new byte[70];
    short at = (short) (key.length + 4);
    hmac.compute(input, (short) 2, (short) key.length, input, at, (short) data.length, out, (short) 6);
    assertArrayEquals(new byte[6], Arrays.copyOf(out, 6));
    return Arrays.copyOfRange(out, 6, 70);
  }
}
