// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyCommandsTest {
  /** Seed of test vector 1 of BIP-32 and of SLIP-0010, and master keys of it. */
  private static final String SEED = "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F";

  private static final String MASTER_SECP256K1 =
      "0439A36013301597DAEF41FBE593A02CC513D0B55527EC2DF1050E2E8FF49C85C2"
          + "3CBE7DED0E7CE6A594896B8F62888FDBC5C8821305E2EA42BF01E37300116281";
  private static final String IMPORT = "B6 1B 84 01 01 80 01 02 C0 01 02 C5 10 " + SEED;
  private static final String READ = "B6 03 84 01 01";

  private final KeyParts card = new KeyParts();
  private final KeyCommands commands = card.commands;

  /** The conformance sequences that need nothing but these commands; see fixtures/apdu/README.md. */
  @ParameterizedTest
  @CsvSource({
    "generate-key-pair, 10",
    "import-key, 8",
    "read-public-key, 3",
    "read-extended-public-key, 4",
    "delete-key, 1",
    "get-key-directory, 2",
    "generate-attestation-key, 1",
    "reset-limit, 1",
    "attest, 4",
  })
  void playsTheConformanceSequences(String file, int fewest) {
    int played = 0;
    for (Fixture sequence : Fixture.read("apdu/" + file + ".json").get("sequences").items()) {
      if (!SequencePlayer.plays(sequence)) continue;
      new SequencePlayer().play(sequence);
      played++;
    }
    assertTrue(played >= fewest, "played only " + played);
  }

  @Test
  void drawsARandomNumberUntilItIsAPrivateKeyLessOne() {
    byte[] tooMuch = new byte[32];
    Arrays.fill(tooMuch, (byte) 0xFF);
    byte[] one = new byte[32];
    KeyParts parts = new KeyParts(new ScriptedRandom(tooMuch, one));
    parts.enter(Session.ISSUER);
    // 0 + 1 is the private key 1, whose point is the base point. Source: SEC 2 v2 §2.4.1.
    assertEquals(
        "7F4943864104"
            + "79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"
            + "483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8"
            + "9000",
        parts.run(parts.commands::generate, "B6 06 84 01 01 80 01 02"));
  }

  @Test
  void drawsSixtyFourBytesForAWallet() {
    byte[] seed = new byte[64];
    ScriptedRandom random = new ScriptedRandom(seed);
    KeyParts parts = new KeyParts(random);
    parts.enter(Session.ISSUER);
    String made = parts.run(parts.commands::generate, "B6 09 84 01 01 80 01 02 C0 01 02");
    assertEquals(0, random.left());
    String imported =
        parts.run(parts.commands::importKey, "B6 4B 84 01 02 80 01 02 C0 01 02 C5 40" + " 00".repeat(64));
    assertEquals(imported, made);
  }

  @Test
  void drawsNothingForASlotThatIsNotEmpty() {
    KeyParts parts = new KeyParts(new ScriptedRandom(new byte[32]));
    parts.enter(Session.ISSUER);
    parts.run(parts.commands::generate, "B6 06 84 01 01 80 01 02");
    assertEquals("6A89", parts.run(parts.commands::generate, "B6 06 84 01 01 80 01 02"));
    assertEquals("6A88", parts.run(parts.commands::generate, "B6 06 84 01 11 80 01 02"));
  }

  @Test
  void showsUnderDuressTheWalletOfTheDecoySeed() throws Exception {
    card.enter(Session.ISSUER);
    card.run(commands::importKey, IMPORT);
    Mac hmac = Mac.getInstance("HmacSHA512");
    hmac.init(new SecretKeySpec("bsim/decoy-seed/1".getBytes("US-ASCII"), "HMAC"));
    byte[] decoy = hmac.doFinal(KeyParts.bytes(SEED));
    String other =
        card.run(commands::importKey, "B6 4B 84 01 02 80 01 02 C0 01 02 C5 40" + KeyParts.hex(decoy));
    card.enter(Session.PIN);
    assertEquals("7F49438641" + MASTER_SECP256K1 + "9000", card.run(commands::read, READ));
    String child = card.run(commands::read, "B6 09 84 01 02 94 04 80 00 00 00");
    card.enter(Session.DURESS_PIN);
    assertEquals(other, card.run(commands::read, READ));
    assertEquals(child, card.run(commands::read, "B6 09 84 01 01 94 04 80 00 00 00"));
  }

  @Test
  void makesTheSeedThatIsImportedUnderDuressTheDecoys() {
    card.enter(Session.DURESS_PIN);
    card.ram[Ram.LEVEL] = 0x33;
    String point = "7F49438641" + MASTER_SECP256K1 + "9000";
    assertEquals(point, card.run(commands::importKey, IMPORT));
    assertEquals(point, card.run(commands::read, READ));
    String child = card.run(commands::read, "B6 09 84 01 01 94 04 80 00 00 00");
    card.enter(Session.PIN);
    assertNotEquals(point, card.run(commands::read, READ));
    assertNotEquals(child, card.run(commands::read, "B6 09 84 01 01 94 04 80 00 00 00"));
  }

  @Test
  void answersUnderDuressWithThePointThatIsReadUnderDuress() {
    card.enter(Session.DURESS_PIN);
    String made = card.run(commands::generate, "B6 09 84 01 01 80 01 01 C0 01 02");
    assertEquals(made, card.run(commands::read, READ));
    card.enter(Session.PIN);
    assertNotEquals(made, card.run(commands::read, READ));
  }

  @Test
  void knowsNoDuressForKeysThatAreNoWallets() {
    card.enter(Session.DURESS_PIN);
    String made = card.run(commands::generate, "B6 06 84 01 01 80 01 05");
    assertEquals(made, card.run(commands::read, READ));
    card.enter(Session.PIN);
    assertEquals(made, card.run(commands::read, READ));
    card.enter(Session.NOBODY);
    assertEquals(made, card.run(commands::read, READ));
  }

  @Test
  void givesAWalletsKeysToNobodyElse() {
    card.enter(Session.ISSUER);
    card.run(commands::importKey, IMPORT);
    card.enter(Session.NOBODY);
    assertEquals("6982", card.run(commands::read, READ));
    assertEquals("6982", card.run(commands::read, "B6 09 84 01 01 94 04 80 00 00 00"));
    assertEquals("6982", card.run(commands::readExtended, READ));
  }

  @Test
  void refusesInTheOrderOfTheChecks() {
    card.enter(Session.ISSUER);
    // An identity is not imported, however bad the rest of it; but first its form must be right.
    String shortSeed = "B6 1A 84 01 11 80 01 01 C0 01 01 C5 0F" + " 11".repeat(15);
    assertEquals("6A80", card.run(commands::importKey, shortSeed));
    String otherUsage = "B6 1E 84 01 11 80 01 01 C0 01 01 95 01 04 C5 10 " + SEED;
    assertEquals("6A80", card.run(commands::importKey, otherUsage));
    assertEquals("6985", card.run(commands::importKey, "B6 1B 84 01 11 80 01 01 C0 01 01 C5 10 " + SEED));
    assertEquals("6A80", card.run(commands::importKey, "B6 1B 84 01 11 80 01 01 C0 01 03 C5 10 " + SEED));
    assertEquals("6A88", card.run(commands::importKey, "B6 1B 84 01 11 80 01 01 C0 01 02 C5 10 " + SEED));
    card.run(commands::importKey, IMPORT);
    assertEquals("6A89", card.run(commands::importKey, IMPORT));
    assertEquals("6A88", card.run(commands::read, "B6 09 84 01 02 94 04 80 00 00 00"));
    assertEquals("6A88", card.run(commands::delete, "B6 03 84 01 00"));
    assertEquals("6985", card.run(commands::resetLimit, READ));
  }

  @Test
  void resetsTheCountOfACumulativeLimitOnly() {
    card.enter(Session.ISSUER);
    String policy = "C1 15 80 01 06 82 03 45 55 52 83 01 02 85 08 00 00 00 00 00 00 00 09";
    card.run(commands::generate, "B6 1D 84 01 03 80 01 01 " + policy);
    card.slots.setSpent((byte) 3, KeyParts.bytes("00 00 00 00 00 00 00 05"), (short) 0);
    card.slots.countSignature((byte) 3);
    assertTrue(KeyParts.hex(card.entries(7)).endsWith("C30400000001C4080000000000000005"));
    assertEquals("9000", card.run(commands::resetLimit, "B6 03 84 01 03"));
    assertTrue(KeyParts.hex(card.entries(200)).endsWith("C30400000001C4080000000000000000"));
  }

  @Test
  void letsTheHolderDeleteOnlyWhereThePolicyDoes() {
    card.enter(Session.PIN);
    card.run(commands::generate, "B6 06 84 01 01 80 01 01");
    card.run(commands::generate, "B6 0B 84 01 02 80 01 01 C1 03 80 01 26");
    assertEquals("6982", card.run(commands::delete, READ));
    assertEquals("9000", card.run(commands::delete, "B6 03 84 01 02"));
    assertEquals("6A88", card.run(commands::delete, "B6 03 84 01 02"));
    card.ram[Ram.LEVEL] = 1;
    assertEquals("9000", card.run(commands::delete, READ));
    assertArrayEquals(new byte[card.slots.memory.length], card.slots.memory);
  }

  @Test
  void takesBackTheChoiceOfAKeyThatIsDeleted() {
    card.enter(Session.ISSUER);
    card.run(commands::generate, "B6 06 84 01 01 80 01 01");
    short choice = (short) (Session.of((byte) 2) + Ram.SIGNATURE_CHOICE);
    card.ram[choice] = 1;
    card.run(commands::delete, READ);
    assertEquals(0, card.ram[choice]);
  }

  @Test
  void makesNoKeyThatTheLogDoesNotTake() throws Exception {
    card.enter(Session.ISSUER);
    fillLog();
    assertEquals("6581", card.run(commands::generate, "B6 06 84 01 01 80 01 01"));
    assertEquals("6581", card.run(commands::importKey, IMPORT));
  }

  @Test
  void leavesNoSecretInTransientMemory() {
    card.enter(Session.ISSUER);
    byte[] seed = KeyParts.bytes("A1 B2 C3 D4 E5 F6 07 18 29 3A 4B 5C 6D 7E 8F 90");
    byte[] data = KeyParts.bytes("B6 1B 84 01 01 80 01 02 C0 01 02 C5 10 " + KeyParts.hex(seed));
    byte[] buffer = new byte[261];
    System.arraycopy(data, 0, buffer, 5, data.length);
    card.commands.importKey(buffer, (short) 5, (short) data.length);
    assertArrayEquals(new byte[buffer.length], buffer);
    card.run(commands::read, "B6 2D 84 01 01 94 28" + " 80 00 00 01".repeat(10));
    card.run(commands::readExtended, "B6 09 84 01 01 94 04 80 00 00 00");
    String ram = KeyParts.hex(card.ram);
    assertFalse(ram.contains(KeyParts.hex(seed).substring(0, 16)));
    byte[] crypto = Arrays.copyOfRange(card.ram, Ram.CRYPTO, Ram.CRYPTO + Ram.CRYPTO_LENGTH);
    // The initial value of the vault's cipher is no secret: the number of a slot.
    Arrays.fill(crypto, Vault.IV - Ram.CRYPTO, Vault.END - Ram.CRYPTO, (byte) 0);
    assertArrayEquals(new byte[crypto.length], crypto);
  }

  @Test
  void answersAnyTemplateWithAStatusWordAndKeepsWhatItRefuses() {
    card.enter(Session.ISSUER);
    card.run(commands::importKey, IMPORT);
    byte[][] good = {
      KeyParts.bytes("B6 0E 84 01 01 80 01 01 C0 01 03 C1 03 80 01 26"),
      KeyParts.bytes("B6 1B 84 01 02 80 01 02 C0 01 02 C5 10 " + SEED),
      KeyParts.bytes("B6 09 84 01 01 94 04 80 00 00 00"),
      KeyParts.bytes("B6 03 84 01 02"),
    };
    List<KeyParts.Command> all =
        List.of(
            commands::generate, commands::importKey, commands::read, commands::readExtended, commands::delete,
            commands::resetLimit);
    Set<String> known = Set.of("9000", "6A80", "6A88", "6A89", "6985");
    Random random = new Random(3);
    for (int round = 0; round < 3_000; round++) {
      byte[] data = good[random.nextInt(good.length)].clone();
      for (int change = random.nextInt(3); change > 0; change--)
        data[random.nextInt(data.length)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 4);
      byte[] before = card.slots.memory.clone();
      String answer = KeyParts.hex(card.run(all.get(random.nextInt(all.size())), data));
      String status = answer.substring(answer.length() - 4);
      assertTrue(known.contains(status), status);
      if (!status.equals("9000")) assertArrayEquals(before, card.slots.memory);
    }
  }

  private void fillLog() throws Exception {
    var field = SecurityLog.class.getDeclaredField("log");
    field.setAccessible(true);
    byte[] log = (byte[]) field.get(card.log);
    Arrays.fill(log, 64, 68, (byte) 0xFF);
  }
}
