// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import javacard.framework.ISOException;
import javacard.framework.Util;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules: docs/card.md, "Keys"; data objects: docs/apdu.md. */
class KeyTemplateTest {
  private static final short AT = 5;
  private static final String SEED = "C5 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F";

  private final byte[] ram = new byte[Ram.LENGTH];
  private final KeyTemplate template = new KeyTemplate(ram);

  @Test
  void putsInWhatGoesWithoutSaying() {
    assertEquals("07 P-256 role 1 usage 3 policy 800106", readNew("B6 06 84 01 07 80 01 01"));
    assertEquals("07 P-256 role 2 usage 3 policy 800106", readNew("B6 09 84 01 07 80 01 01 C0 01 02"));
    assertEquals("07 P-256 role 3 usage 12 policy 800106", readNew("B6 09 84 01 07 80 01 01 C0 01 03"));
  }

  @Test
  void takesWhatIsSaid() {
    assertEquals(
        "10 secp256k1 role 2 usage 1 policy 800124",
        readNew("B6 11 C1 03 80 01 24 95 01 01 80 01 02 C0 01 02 84 01 10"));
  }

  /** Wallets have no brainpool curve, and no role has usages of another. */
  @ParameterizedTest
  @CsvSource({
    "01, 01, 01, true",
    "01, 01, 02, true",
    "01, 01, 03, true",
    "01, 01, 04, false",
    "01, 01, 07, false",
    "01, 01, 08, false",
    "02, 02, 03, true",
    "02, 02, 0F, false",
    "01, 03, 04, true",
    "01, 03, 08, true",
    "05, 03, 0C, true",
    "01, 03, 01, false",
    "01, 03, 0D, false",
    "05, 01, 03, true",
    "05, 02, 03, false",
    "03, 01, 03, false",
    "04, 01, 03, false",
    "00, 01, 03, false",
    "06, 01, 03, false",
    "FF, 01, 03, false",
    "01, 00, 03, false",
    "01, 04, 03, false",
    "01, FF, 03, false",
    "01, 01, 00, false",
    "01, 01, 10, false",
    "01, 01, 80, false",
    "01, 01, 83, false",
  })
  void takesOfCurveRoleAndUsageWhatGoesTogether(String curve, String role, String usage, boolean isGood) {
    String answer = readNew("B6 0C 84 01 01 80 01 " + curve + " C0 01 " + role + " 95 01 " + usage);
    assertEquals(!isGood, answer.equals("6A80"), answer);
  }

  @Test
  void saysWhereTheSecretIs() {
    byte[] data = at("B6 1B 84 01 01 80 01 02 C0 01 02 " + SEED);
    template.readNewKey(KeyTemplate.IMPORTED_KEY, data, AT, (short) (data.length - AT));
    assertEquals(AT + 13, Util.getShort(ram, Ram.TEMPLATE_SECRET));
    assertEquals(16, Util.getShort(ram, Ram.TEMPLATE_SECRET_LENGTH));
  }

  @Test
  void wantsTheSecretOfAnImportedKeyAndNoOther() {
    assertEquals("6A80", readImported("B6 09 84 01 01 80 01 02 C0 01 02"));
    assertEquals("6A80", readNew("B6 1B 84 01 01 80 01 02 C0 01 02 " + SEED));
    assertEquals("6A80", readImported("B6 1A 84 01 01 80 01 02 C0 01 02 C5 0F" + " 11".repeat(15)));
    assertEquals("6A80", readImported("B6 4C 84 01 01 80 01 02 C0 01 02 C5 41" + " 11".repeat(65)));
  }

  @Test
  void readsAPath() {
    assertEquals("01 no path", readKey("B6 03 84 01 01"));
    assertEquals("01 path 9+4", readKey("B6 09 94 04 80 00 00 00 84 01 01"));
    assertEquals("01 path 12+40", readKey("B6 2D 84 01 01 94 28" + " 80".repeat(40)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 5, 6, 7, 39, 41, 44})
  void refusesPathsThatAreNotOneToTenLevels(int length) {
    assertEquals(
        "6A80",
        readKey(String.format("B6 %02X 84 01 01 94 %02X", length + 5, length) + " 80".repeat(length)));
  }

  @Test
  void forgetsThePathOfTheCommandBefore() {
    assertEquals("01 path 12+4", readKey("B6 09 84 01 01 94 04 80 00 00 00"));
    assertEquals("01 no path", readKey("B6 03 84 01 01"));
    byte[] data = at("84 01 01");
    template.readBareKey(KeyTemplate.CHOICE, data, AT, (short) 3);
    assertEquals(0, Util.getShort(ram, Ram.TEMPLATE_PATH));
    assertEquals(0, Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH));
  }

  @ParameterizedTest
  @CsvSource({
    "84 01 01, 0",
    "84 01 01 80 01 01, 1",
    "80 01 03 84 01 01, 3",
    "84 01 01 80 01 04, 4",
    "84 01 01 80 01 00, 6A80",
    "84 01 01 80 01 05, 6A80",
    "84 01 01 80 01 80, 6A80",
    "84 01 01 80 01 FF, 6A80",
    "84 01 01 80 00, 6A80",
    "84 01 01 81 10 00, 6A80",
  })
  void readsTheHashOfAChoice(String bytes, String expected) {
    byte[] data = at(bytes);
    ram[Ram.TEMPLATE_HASH] = 2;
    assertEquals(
        expected,
        outcome(
            () -> template.readBareKey(KeyTemplate.SIGNATURE_CHOICE, data, AT, (short) (data.length - AT)),
            () -> Byte.toString(ram[Ram.TEMPLATE_HASH])));
  }

  @Test
  void readsTheChallengeOfAnAttestation() {
    byte[] data = at("94 04 80 00 00 00 81 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 84 01 02");
    template.readBareKey(KeyTemplate.ATTESTATION, data, AT, (short) (data.length - AT));
    assertEquals(2, ram[Ram.TEMPLATE_REFERENCE]);
    assertEquals(AT + 2, Util.getShort(ram, Ram.TEMPLATE_PATH));
    assertEquals(AT + 8, Util.getShort(ram, Ram.TEMPLATE_CHALLENGE));
    assertEquals(16, Util.getShort(ram, Ram.TEMPLATE_CHALLENGE_LENGTH));
  }

  @Test
  void throwsNothingButStatusWordsAndStaysInItsBytesForAnyData() {
    byte[][] tables = {
      KeyTemplate.NEW_KEY, KeyTemplate.IMPORTED_KEY, KeyTemplate.CHOICE, KeyTemplate.REFERENCE,
    };
    byte[][] bare = {
      KeyTemplate.CHOICE, KeyTemplate.REFERENCE, KeyTemplate.SIGNATURE_CHOICE, KeyTemplate.ATTESTATION,
    };
    byte[][] good = {
      KeyParts.bytes("B6 11 C1 03 80 01 24 95 01 01 80 01 02 C0 01 02 84 01 10"),
      KeyParts.bytes("B6 1B 84 01 01 80 01 02 C0 01 02 " + SEED),
      KeyParts.bytes("B6 09 84 01 01 94 04 80 00 00 00"),
      KeyParts.bytes("84 01 01 94 04 80 00 00 00 80 01 02"),
      KeyParts.bytes("B6 2C 84 01 0C 80 01 01 C1 24 80 01 36 81 03 61 2F 62 82 03 45 55 52 83 01 02"
          + " 84 08 00 00 00 00 00 00 00 01 85 08 00 00 00 00 00 00 00 02"),
    };
    Random random = new Random(7);
    int accepted = 0;
    for (int round = 0; round < 300_000; round++) {
      byte[] data = good[random.nextInt(good.length)].clone();
      for (int change = random.nextInt(4); change > 0; change--)
        data[random.nextInt(data.length)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 8);
      if (random.nextInt(4) == 0) data = Arrays.copyOf(data, random.nextInt(data.length + 8));
      byte[] buffer = new byte[AT + data.length];
      System.arraycopy(data, 0, buffer, AT, data.length);
      Arrays.fill(ram, (byte) 0x5A);
      int form = random.nextInt(4);
      try {
        if (random.nextBoolean()) template.readBareKey(bare[form], buffer, AT, (short) data.length);
        else if (form < 2) template.readNewKey(tables[form], buffer, AT, (short) data.length);
        else template.readKey(tables[form], buffer, AT, (short) data.length);
        accepted++;
      } catch (ISOException e) {
        assertEquals(Protocol.SW_BAD_DATA, e.getReason());
      }
      for (int at = 0; at < ram.length; at++) {
        boolean isOwn = at >= Ram.ANSWER_BYTES && at < Ram.LENGTH;
        assertTrue(isOwn || ram[at] == 0x5A, "wrote to " + at);
      }
    }
    assertTrue(accepted > 10_000, "accepted only " + accepted);
  }

  private String readNew(String data) {
    return readNew(KeyTemplate.NEW_KEY, data);
  }

  private String readImported(String data) {
    return readNew(KeyTemplate.IMPORTED_KEY, data);
  }

  private String readNew(byte[] rows, String bytes) {
    byte[] data = at(bytes);
    return outcome(
        () -> template.readNewKey(rows, data, AT, (short) (data.length - AT)),
        () -> {
          short policy = Util.getShort(ram, Ram.TEMPLATE_POLICY);
          short length = Util.getShort(ram, Ram.TEMPLATE_POLICY_LENGTH);
          return String.format(
              "%02X %s role %d usage %d policy %s",
              ram[Ram.TEMPLATE_REFERENCE],
              ram[Ram.TEMPLATE_CURVE] == 1 ? "P-256" : "secp256k1",
              ram[Ram.TEMPLATE_ROLE],
              ram[Ram.TEMPLATE_USAGE],
              KeyParts.hex(Arrays.copyOfRange(ram, policy, policy + length)));
        });
  }

  private String readKey(String bytes) {
    byte[] data = at(bytes);
    return outcome(
        () -> template.readKey(KeyTemplate.CHOICE, data, AT, (short) (data.length - AT)),
        () -> {
          short path = Util.getShort(ram, Ram.TEMPLATE_PATH);
          short length = Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH);
          String where = path == 0 ? "no path" : "path " + path + "+" + length;
          return String.format("%02X %s", ram[Ram.TEMPLATE_REFERENCE], where);
        });
  }

  private static String outcome(Runnable read, java.util.function.Supplier<String> answer) {
    try {
      read.run();
    } catch (ISOException e) {
      return String.format("%04X", e.getReason());
    }
    return answer.get();
  }

  private static byte[] at(String data) {
    return KeyParts.bytes("0000000000" + data.replace(" ", ""));
  }
}
