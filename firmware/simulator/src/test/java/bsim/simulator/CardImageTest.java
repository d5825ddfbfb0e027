// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.SELECT;
import static bsim.simulator.TestCard.SELECT_DOMAIN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CardImageTest {
  private static final byte[] SEED = Bytes.fromHex("000102030405");
  /** Asks for 40 random bytes. */
  private static final String DRAW = "8007280000";

  /** Stream of command 2: SHA-256 by OpenSSL over seed, 00000002 and 00000000, then 00000001. */
  private static final String SECOND =
      "08F64C653B96D59B4BAD66D3B67AAD95C04AA4F431BA8643A502D4AE266F98D0"
          + "B1F3A99375A90072562C4215347CD4C08B1B8043A5FBB73D95217AED8D2053BA";

  private final TestCard card = new TestCard(options -> options.withSeed(SEED));

  @Test
  void drawsTheStreamOfTheSeedBegunAnewByEachCommand() {
    card.send(SELECT);
    assertEquals(SECOND.substring(0, 80) + "9000", card.send(DRAW));
    card.machine.reset();
    card.send("");
    card.expect(SELECT, "019000");
    String fifth = card.send(DRAW);
    assertNotEquals(SECOND.substring(0, 80) + "9000", fifth);
    card.machine.restore(card.machine.save(), SEED);
    card.expect(SELECT, "019000");
    assertEquals(SECOND.substring(0, 80) + "9000", card.send(DRAW));
  }

  @Test
  void drawsTheRandomChallengeFromTheSameStream() {
    TestCard random = new TestCard(options -> options.withSeed(SEED).withScp03(true, false));
    random.send(SELECT_DOMAIN);
    String begun = random.send("8050000010 0102030405060708090A0B0C0D0E0F10 00");
    assertEquals(SECOND.substring(0, 32), begun.substring(26, 58));
  }

  @Test
  void drawsOtherBytesForEachCardAndCommandWithoutASeed() {
    Set<String> drawn = new HashSet<>();
    for (int n = 0; n < 3; n++) {
      TestCard each = TestCard.selected();
      drawn.add(each.send(DRAW));
      drawn.add(each.send(DRAW));
      drawn.add(each.send("8011000000"));
      each.machine.restore(each.machine.save(), null);
      each.send(SELECT);
      drawn.add(each.send(DRAW));
    }
    assertEquals(12, drawn.size());
  }

  @Test
  void signsWithANonceThatNeverComesTwice() {
    Set<String> signatures = new HashSet<>();
    for (int n = 0; n < 3; n++) {
      TestCard each = n == 0 ? TestCard.blank() : new TestCard(options -> options.withSeed(SEED));
      each.send(SELECT);
      // Sequence, its length, integer, its length, then r, of which the nonce is the only secret.
      for (int i = 0; i < 3; i++) signatures.add(each.send("8008000000").substring(8, 60));
    }
    assertEquals(9, signatures.size());
  }

  @Test
  void restoresPersistentMemoryKeySetsAndLifeCycleAndResets() {
    TestCard installed = new TestCard(options -> options.withSelectable(false));
    CardImage blank = installed.machine.save();
    installed.send(SELECT_DOMAIN);
    ScpHost host = ScpHost.open(installed.machine::process, 0, 1);
    host.exchange(0x80, 0xE6, 8, 0, Bytes.fromHex("000007F04253494D010001000000"));
    installed.expect(new String[][] {{SELECT, "019000"}, {"80034400", "9000"}});
    CardImage selectable = installed.machine.save();
    installed.expect("80035500", "9000");
    installed.machine.restore(selectable, null);
    installed.expect(new String[][] {
      {"8004000000", "6D00"}, {SELECT, "019000"}, {"8004000004", "00004400" + "EE".repeat(16) + "9000"},
    });
    assertEquals("000001", installed.send("8050000008010203040506070800").substring(58, 64));
    installed.machine.restore(blank, null);
    installed.expect(new String[][] {{SELECT, "6A82"}, {SELECT_DOMAIN, TestCard.DOMAIN_RESPONSE + "9000"}});
    assertEquals("000000", installed.send("8050000008010203040506070800").substring(58, 64));
    installed.machine.restore(selectable, null);
    installed.expect(new String[][] {
      {SELECT, "019000"}, {"8004000004", "00004400" + "EE".repeat(16) + "9000"},
    });
  }

  @Test
  void keepsAnImageWhateverBecomesOfTheKeySetsThatItWasTakenOf() {
    card.send(SELECT_DOMAIN);
    CardImage image = card.machine.save();
    ScpHost host = ScpHost.open(card.machine::process, 0, 1);
    byte[] field = Json.read("crypto/scp03.json").get("putKey").get("data").bytes();
    assertEquals("9000", Bytes.hex(host.exchange(0x80, 0xD8, 0x30, 0x81, field)).substring(20));
    card.expect("8050300008010203040506070800", "6A88");
    for (int n = 0; n < 2; n++) {
      card.machine.restore(image, null);
      card.send(SELECT_DOMAIN);
      ScpHost.open(card.machine::process, 0, 1);
    }
  }

  @Test
  void takesNoImageOfAnotherCard() {
    CardImage image = TestCard.blank().machine.save();
    assertThrows(IllegalArgumentException.class, () -> card.machine.restore(image, null));
  }
}
