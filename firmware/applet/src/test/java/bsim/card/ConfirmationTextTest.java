// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The form of the text: docs/card.md, "Confirmation". */
class ConfirmationTextTest {
  private static final byte[] HASH = HexFormat.of().parseHex("001a2b3c4d00");
  /** BIP-350 of the bytes 00 to 1F, by fixtures/apdu/make_transaction_vectors.py. */
  private static final String PAYEE = payee();

  private final byte[] ram = new byte[Ram.LENGTH];

  private String text(boolean pays, int digits) {
    byte[] out = new byte[ConfirmationText.MAX + 1];
    short length = ConfirmationText.write(ram, pays, (short) digits, HASH, (short) 1, out, (short) 1);
    return new String(out, 1, length, StandardCharsets.US_ASCII);
  }

  private void put(int lengthAt, String text) {
    ram[lengthAt] = (byte) text.length();
    System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, ram, lengthAt + 1, text.length());
  }

  private String paying(BigInteger amount, int digits, String chainId) {
    put(TransactionRam.CHAIN_ID, chainId);
    for (int i = 0; i < 32; i++) ram[TransactionRam.PAYEE + i] = (byte) i;
    System.arraycopy("XTS".getBytes(StandardCharsets.US_ASCII), 0, ram, TransactionRam.TOTAL_CURRENCY, 3);
    long bits = amount.longValue();
    for (int i = 0; i < 8; i++) ram[TransactionRam.TOTAL + i] = (byte) (bits >> (56 - 8 * i));
    return text(true, digits);
  }

  @ParameterizedTest
  @CsvSource({
    "1250, 2, 12.50 XTS",
    "1, 2, 0.01 XTS",
    "10, 2, 0.10 XTS",
    "100, 2, 1.00 XTS",
    "1, 0, 1 XTS",
    "1250, 0, 1250 XTS",
    "1, 18, 0.000000000000000001 XTS",
    "1000000000000000000, 18, 1.000000000000000000 XTS",
    "18446744073709551615, 18, 18.446744073709551615 XTS",
    "18446744073709551615, 0, 18446744073709551615 XTS",
    "12345, 3, 12.345 XTS",
    "1250, -1, 1250 XTS (smallest units)",
  })
  void givesAmountsWithTheDigitsOfTheLimit(BigInteger amount, int digits, String text) {
    String expected = "Pay " + text + " to " + PAYEE + " on bsim-test-1? Hash 1A2B3C4D";
    assertEquals(expected, paying(amount, digits, "bsim-test-1"));
  }

  @Test
  void givesAnyAmountAsDecimalsDo() {
    Random random = new Random(20);
    for (int i = 0; i < 20_000; i++) {
      BigInteger amount = new BigInteger(64, random).shiftRight(random.nextInt(64));
      int digits = random.nextInt(19);
      String expected = "Pay " + new BigDecimal(amount, digits).toPlainString() + " XTS to ";
      assertEquals(expected, paying(amount, digits, "a").substring(0, expected.length()));
    }
  }

  @Test
  void namesAMessageThatPaysNothing() {
    put(TransactionRam.CHAIN_ID, "bsim-test-1");
    put(TransactionRam.NAME, "identity/create");
    assertEquals("Sign identity/create on bsim-test-1? Hash 1A2B3C4D", text(false, -1));
  }

  @Test
  void isAtMost164CharactersLong() {
    BigInteger most = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);
    String longest = paying(most, -1, "a".repeat(32));
    assertEquals(163, longest.length());
    put(TransactionRam.NAME, "m/" + "v".repeat(30));
    assertEquals(88, text(false, 2).length());
  }

  private static String payee() {
    for (Fixture sequence : Fixture.read("apdu/fetch.json").get("sequences").items())
      for (Fixture step : sequence.get("steps").items()) {
        if (!step.toString().contains("data=D0")) continue;
        byte[] answer = HexFormat.of().parseHex(step.get("data").text().replace(" ", ""));
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("bsim1");
        if (at >= 0) return text.substring(at, at + 63);
      }
    throw new IllegalStateException("no text with a payee");
  }
}
