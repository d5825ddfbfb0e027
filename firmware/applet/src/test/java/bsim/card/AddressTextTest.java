// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTextTest {
  private static final String CHARACTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  private static final int[] GENERATOR = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};

  /** Source: BIP-350, valid strings, and an address of 32 bytes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a1lqfn3a",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
        "?1v759aa",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
      })
  void makesThePublishedChecksums(String text) {
    String prefix = text.substring(0, text.lastIndexOf('1'));
    byte[] values = new byte[text.length() - prefix.length() - 1];
    for (int i = 0; i < values.length; i++)
      values[i] = (byte) CHARACTERS.indexOf(text.charAt(prefix.length() + 1 + i));
    byte[] expected = values.clone();
    Arrays.fill(values, values.length - 6, values.length, (byte) 0x15);
    int start = checksum(1, expanded(prefix));
    short length = (short) (values.length - 6);
    AddressText.checksum((short) (start >> 15), (short) (start & 0x7FFF), values, (short) 0, length);
    assertEquals(HexFormat.of().formatHex(expected), HexFormat.of().formatHex(values));
  }

  /** Source: BIP-350, whose address has the version, 1, in front of these. */
  @Test
  void writesThePublishedCharactersOf32Bytes() {
    String key = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    String text = textOf(HexFormat.of().parseHex(key));
    assertEquals("bsim10xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq", text.substring(0, 57));
  }

  @Test
  void writesAddressesThatTheReferenceOfBip173Verifies() {
    Random random = new Random(20);
    for (int i = 0; i < 2000; i++) {
      byte[] address = new byte[32];
      random.nextBytes(address);
      String text = textOf(address);
      assertTrue(text.startsWith("bsim1") && text.length() == 63);
      int sum = checksum(checksum(1, expanded("bsim")), valuesOf(text));
      assertEquals(0x2bc830a3, sum);
      assertEquals(HexFormat.of().formatHex(address), bytesOf(valuesOf(text)));
    }
  }

  private static String textOf(byte[] address) {
    byte[] placed = new byte[40];
    System.arraycopy(address, 0, placed, 5, 32);
    byte[] out = new byte[70];
    assertEquals(63, AddressText.write(placed, (short) 5, out, (short) 4));
    for (int i = 67; i < 70; i++) assertEquals(0, out[i]);
    return new String(out, 4, 63, StandardCharsets.US_ASCII);
  }

  private static int[] valuesOf(String text) {
    return text.substring(5).chars().map(CHARACTERS::indexOf).toArray();
  }

  private static String bytesOf(int[] values) {
    StringBuilder bits = new StringBuilder();
    for (int i = 0; i < 52; i++) bits.append(Integer.toBinaryString(values[i] | 0x20).substring(1));
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < 256; i += 8)
      digits.append(String.format("%02x", Integer.parseInt(bits, i, i + 8, 2)));
    assertEquals("0000", bits.substring(256));
    return digits.toString();
  }

  private static int[] expanded(String prefix) {
    int[] values = new int[2 * prefix.length() + 1];
    for (int i = 0; i < prefix.length(); i++) {
      values[i] = prefix.charAt(i) >> 5;
      values[prefix.length() + 1 + i] = prefix.charAt(i) & 31;
    }
    return values;
  }

  /** The reference of BIP-173, whose numbers fit 32 bits. */
  private static int checksum(int start, int[] values) {
    int sum = start;
    for (int value : values) {
      int top = sum >> 25;
      sum = (sum & 0x1ffffff) << 5 ^ value;
      for (int i = 0; i < 5; i++) if ((top >> i & 1) != 0) sum ^= GENERATOR[i];
    }
    return sum;
  }
}
