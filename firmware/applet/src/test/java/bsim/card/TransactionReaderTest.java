// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javacard.framework.ISOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionReaderTest {
  private static final int SEED = 20;

  @ParameterizedTest
  @CsvSource({
    "sign-transaction.json, 25, 30",
    "fetch.json, 3, 5",
    "terminal-response.json, 12, 20",
  })
  void answersTheSequencesOfTheConformanceSuite(String file, int leastSequences, int leastGood) {
    List<Fixture> sequences =
        Fixture.read("apdu/" + file).get("sequences").items().stream()
            .filter(TransactionPlayer::plays)
            .toList();
    int good = sequences.stream().mapToInt(each -> new TransactionPlayer().play(each)).sum();
    assertTrue(sequences.size() >= leastSequences, () -> "played " + sequences.size());
    assertTrue(good >= leastGood, () -> "good " + good);
  }

  @Test
  void keepsAtMost500BytesOfTheWorkspace() {
    assertTrue(TransactionRam.LENGTH <= 500 && TransactionRam.LENGTH <= Ram.WORK_AREA_LENGTH);
    assertEquals(Ram.WORK_AREA + TransactionRam.LENGTH, TransactionRam.FRAMES + 8 * 35);
  }

  @Test
  void saysTheSameWhateverTheParts() {
    Random random = new Random(SEED);
    for (byte[] transaction : transactions())
      for (int i = 0; i < 200; i++) {
        TransactionCard card = new TransactionCard(transaction);
        int at = 0;
        while (at < transaction.length) {
          int length = Math.min(transaction.length - at, random.nextInt(i % 50 + 2));
          card.write(Arrays.copyOfRange(transaction, at, at + length));
          at += length;
        }
        assertEquals(0x9000, card.end());
      }
  }

  @Test
  void refusesWithOneStatusWordOrAcceptsWhateverBytesAreChanged() {
    Random random = new Random(SEED);
    int accepted = 0;
    for (byte[] transaction : transactions())
      for (int i = 0; i < 4000; i++) {
        byte[] changed = changed(transaction, random);
        TransactionCard card = new TransactionCard(transaction);
        int status = card.read(changed);
        assertTrue(status == 0x6A80 || status == 0x6985 || status == 0x9000);
        if (status == 0x9000) accepted++;
        card.requireNothingWrittenElsewhere();
      }
    assertTrue(accepted > 100);
  }

  @Test
  void refusesEveryBeginningAndEveryByteBehind() {
    for (byte[] transaction : transactions()) {
      for (int length = 0; length < transaction.length; length++)
        assertEquals(0x6A80, new TransactionCard(transaction).read(Arrays.copyOf(transaction, length)));
      for (int next = 0; next < 256; next++) {
        byte[] longer = Arrays.copyOf(transaction, transaction.length + 1);
        longer[transaction.length] = (byte) next;
        assertEquals(0x6A80, new TransactionCard(transaction).read(longer));
      }
    }
  }

  @Test
  void goesOnRefusingAfterARefusal() {
    byte[] transaction = transactions().get(0);
    TransactionCard card = new TransactionCard(transaction);
    assertEquals(0x6A80, card.write(new byte[] {(byte) 0x85}));
    assertEquals(0x6A80, card.write(transaction));
    assertEquals(0x6A80, card.end());
    assertEquals(0x9000, card.again().write(transaction));
    assertEquals(0x6A80, card.write(new byte[1]));
    assertEquals(0x6A80, card.end());
    assertEquals(0x9000, card.again().read(transaction));
  }

  @Test
  void refusesBytesThatItWasNotToldToBeginWith() {
    TransactionReader reader = new TransactionReader(new byte[Ram.LENGTH], new byte[0]);
    byte[] transaction = transactions().get(0);
    short length = (short) transaction.length;
    ISOException refusal =
        assertThrows(ISOException.class, () -> reader.write(transaction, (short) 0, length));
    assertEquals(0x6A80, refusal.getReason());
  }

  @Test
  void refusesMoreThan4096BytesAsSoonAsAPartHasThem() {
    byte[] longest = transactionOf(3900);
    byte[] filler = new byte[4096 - longest.length + 3900];
    byte[] most = transactionOf(filler.length);
    assertEquals(4096, most.length);
    assertEquals(0x9000, new TransactionCard(most, "8001048103" + "612f62").read(most));
    byte[] more = transactionOf(filler.length + 1);
    TransactionCard card = new TransactionCard(more, "8001048103" + "612f62");
    assertEquals(0x9000, card.write(Arrays.copyOf(more, 4096)));
    assertEquals(0x6A80, card.write(new byte[] {0}));
    assertEquals(0x6A80, new TransactionCard(more, "8001048103" + "612f62").read(more));
  }

  @ParameterizedTest
  @ValueSource(strings = {"59ffff", "598000", "59c000"})
  void waitsForAPayloadThatIsLongerThanAnyThatItCouldRead(String head) {
    byte[] transaction = transactions().get(0);
    byte[] bytes = Arrays.copyOf(transaction, 35);
    byte[] start = HexFormat.of().parseHex(head);
    System.arraycopy(start, 0, bytes, 32, 3);
    TransactionCard card = new TransactionCard(transaction);
    assertEquals(0x9000, card.write(bytes));
    byte[] payload = Arrays.copyOfRange(transaction, 34, transaction.length);
    assertEquals(0x9000, card.write(payload));
    assertEquals(0x6A80, card.end());
    assertEquals(0x6A80, card.again().write(concat(bytes, payload, new byte[1])));
  }

  @Test
  void refusesAPartBehindThePayloadAlsoWhereTheTransactionGoesOn() {
    byte[] transaction = transactions().get(0);
    for (int missing = 1; missing < 100; missing++) {
      byte[] shorter = transaction.clone();
      shorter[33] -= (byte) missing;
      int end = transaction.length - missing;
      TransactionCard card = new TransactionCard(transaction);
      assertEquals(0x9000, card.write(Arrays.copyOf(shorter, end)));
      assertEquals(0x6A80, card.write(Arrays.copyOfRange(shorter, end, transaction.length)));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "80, 6A80", "81, 9000", "8f, 9000", "90, 9000", "91, 6A80", "9818, 6A80", "98ff, 6A80", "990101, 6A80",
    "99ff01, 6A80",
  })
  void takesOneToSixteenMessages(String head, String status) {
    byte[] transaction = transactions().get(0);
    String digits = HexFormat.of().formatHex(transaction);
    byte[] start = HexFormat.of().parseHex(digits.substring(0, digits.indexOf("068182") + 2) + head);
    assertEquals(Integer.parseInt(status, 16), new TransactionCard(transaction).write(start));
  }

  @Test
  void refusesAPartBehindAPayloadWhoseLengthIsInItsHead() {
    byte[] transaction = transactions().get(0);
    byte[] prefix = Arrays.copyOf(transaction, 32);
    for (int length = 0; length < 24; length++) {
      TransactionCard card = new TransactionCard(transaction);
      byte[] payload = Arrays.copyOfRange(transaction, 34, 34 + length);
      assertEquals(0x9000, card.write(concat(prefix, new byte[] {(byte) (0x40 + length)}, payload)));
      assertEquals(0x6A80, card.write(new byte[] {transaction[34 + length]}));
    }
    for (int head : new int[] {0x00, 0x3F, 0x5A, 0x5B, 0x5F, 0x60, 0xFF})
      assertEquals(0x6A80, new TransactionCard(transaction).write(concat(prefix, new byte[] {(byte) head})));
  }

  @ParameterizedTest
  @CsvSource({"5817, 6A80", "5818, 9000", "590017, 6A80", "5900ff, 6A80", "590100, 9000", "5900, 9000"})
  void takesTheShortestLengthOfThePayloadOnly(String head, String status) {
    byte[] transaction = transactions().get(0);
    byte[] start = concat(Arrays.copyOf(transaction, 32), HexFormat.of().parseHex(head));
    assertEquals(Integer.parseInt(status, 16), new TransactionCard(transaction).write(start));
  }

  @Test
  void refusesWhatThePolicyDoesNotAllowOnlyAtTheEnd() {
    byte[] transaction = transactions().get(0);
    for (String policy : List.of("800102", "800104810b" + "766f74696e672f63617374" + "73", "", "000000")) {
      TransactionCard card = new TransactionCard(transaction, policy);
      assertEquals(0x9000, card.write(transaction));
      assertEquals(0x6985, card.end());
      assertEquals(0x6A80, card.again().read(Arrays.copyOf(transaction, transaction.length - 1)));
    }
  }

  @Test
  void givesWhatWasSpentWhereNothingIsCounted() {
    byte[] transaction = transactions().get(0);
    TransactionCard card = new TransactionCard(transaction);
    byte[] before = HexFormat.of().parseHex("0123456789abcdef");
    assertEquals(0x9000, card.write(transaction));
    assertArrayEquals(before, card.end(before));
  }

  /** Transfers of the conformance suite that the first wallet signs, which an independent program made. */
  private static List<byte[]> transactions() {
    return Fixture.read("apdu/sign-transaction.json").get("sequences").items().stream()
        .filter(each -> each.get("kind").text().equals("good"))
        .filter(TransactionPlayer::plays)
        .map(each -> each.get("steps").items().get(1).get("send").text().replace(" ", ""))
        .filter(send -> send.startsWith("802A9E9A") && !send.startsWith("802A9E9A00"))
        .map(send -> HexFormat.of().parseHex(send))
        .map(apdu -> Arrays.copyOfRange(apdu, 5, 5 + (apdu[4] & 0xFF)))
        .filter(bytes -> bytes[12] == 0x52)
        .toList();
  }

  /** A transaction with one message, {@code a/b}, that has a byte string of that length. */
  private static byte[] transactionOf(int length) {
    HexFormat hex = HexFormat.of();
    byte[] first = transactions().get(0);
    // Up to the messages; the first transaction has a payload of one length byte.
    String given = hex.formatHex(first, 34, first.length);
    String before = given.substring(0, given.indexOf("0681") + 2);
    String body = "8182" + "63612f62" + "a101" + String.format("59%04x", length) + "00".repeat(length);
    String payload = before + body;
    String head = String.format("59%04x", payload.length() / 2);
    return hex.parseHex(hex.formatHex(first, 0, 32) + head + payload);
  }

  private static byte[] changed(byte[] bytes, Random random) {
    byte[] changed = bytes.clone();
    int place = random.nextInt(bytes.length);
    switch (random.nextInt(4)) {
      case 0 -> changed[place] = (byte) random.nextInt();
      case 1 -> changed[place] ^= (byte) (1 << random.nextInt(8));
      case 2 -> {
        changed = new byte[bytes.length - 1];
        System.arraycopy(bytes, 0, changed, 0, place);
        System.arraycopy(bytes, place + 1, changed, place, bytes.length - place - 1);
      }
      default -> {
        changed = new byte[bytes.length + 1];
        System.arraycopy(bytes, 0, changed, 0, place);
        changed[place] = (byte) random.nextInt();
        System.arraycopy(bytes, place, changed, place + 1, bytes.length - place);
      }
    }
    return changed;
  }

  private static byte[] concat(byte[]... parts) {
    StringBuilder digits = new StringBuilder();
    for (byte[] part : parts) digits.append(HexFormat.of().formatHex(part));
    return HexFormat.of().parseHex(digits);
  }
}
