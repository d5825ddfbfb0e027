// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import javacard.framework.ISOException;
import javacard.framework.Util;
import javacard.security.RandomData;
import org.junit.jupiter.api.Test;

class KeySlotsTest {
  private static final byte[] POLICY = KeyParts.bytes("80 01 06");
  private static final int SLOTS = 17;

  private final byte[] ram = new byte[Ram.LENGTH];
  private final KeySlots slots =
      new KeySlots(new Vault(ram, RandomData.getInstance(RandomData.ALG_SECURE_RANDOM)));

  @Test
  void takesLessThanSevenKilobytes() {
    assertTrue(slots.memory.length + SLOTS <= 7 * 1024, "takes " + slots.memory.length);
  }

  @Test
  void hasNoKeysAtFirst() {
    for (int reference = -128; reference < 128; reference++) {
      byte slot = (byte) reference;
      assertFalse(slots.isUsed(slot));
      assertStatus("6A88", () -> slots.requireKey(slot));
      if (reference >= 1 && reference <= 16) slots.requireEmptySlot(slot);
      else assertStatus("6A88", () -> slots.requireEmptySlot(slot));
    }
  }

  @Test
  void keepsEachSlotApartFromAllOthers() {
    for (byte slot = 0; slot <= 16; slot++) putWallet(slot, filled(64, slot), filled(64, 100 + slot));
    for (byte slot = 0; slot <= 16; slot++) {
      assertTrue(slots.isUsed(slot));
      assertArrayEquals(filled(64, slot), open(slot, false));
      assertArrayEquals(filled(64, 100 + slot), open(slot, true));
      assertArrayEquals(reversed(slot), point(slot, false));
      assertArrayEquals(reversed(100 + slot), point(slot, true));
    }
    slots.requireKey((byte) 16);
    assertStatus("6A88", () -> slots.requireKey(KeySlots.ATTESTATION));
    assertStatus("6A88", () -> slots.requireEmptySlot(KeySlots.ATTESTATION));
    assertStatus("6A89", () -> slots.requireEmptySlot((byte) 16));
  }

  @Test
  void keepsSeedsOfEachLength() {
    for (int length = 16; length <= 64; length++) {
      byte[] padded = Arrays.copyOf(filled(length, 7), 64);
      slots.begin((byte) 3, (byte) 2, Protocol.ROLE_WALLET, (byte) 3, Protocol.ORIGIN_IMPORTED);
      slots.setKey((byte) 3, true, padded.clone(), (short) 0, (short) length, new byte[65], (short) 0);
      slots.put((byte) 3);
      byte[] opened = new byte[64];
      assertEquals(length, slots.open((byte) 3, true, opened, (short) 0));
      assertArrayEquals(padded, opened);
      erase((byte) 3);
    }
  }

  @Test
  void keepsNoSecretInTheClearAndEqualSecretsUnlike() {
    byte[] secret = filled(64, 42);
    putWallet((byte) 1, secret, secret);
    putWallet((byte) 2, secret, secret);
    assertEquals(4, occurrences(reversed(42)));
    for (int at = 0; at < 64; at += 16) assertEquals(0, occurrences(filled(16, 42 + at)));
    assertEquals(1, occurrences(sealed((byte) 1, false)));
    assertEquals(1, occurrences(sealed((byte) 1, true)));
  }

  @Test
  void sealsTheSecretWhereItLies() {
    byte[] secret = filled(64, 9);
    slots.begin((byte) 1, (byte) 1, Protocol.ROLE_WALLET, (byte) 3, (byte) 1);
    slots.setKey((byte) 1, false, secret, (short) 0, (short) 64, new byte[65], (short) 0);
    assertFalse(Arrays.equals(filled(64, 9), secret));
  }

  @Test
  void hasAKeyOnlyWhenItWasPut() {
    slots.begin((byte) 5, (byte) 1, Protocol.ROLE_IDENTITY, (byte) 3, (byte) 1);
    slots.setPolicy((byte) 5, POLICY, (short) 0, (short) 3);
    slots.setKey((byte) 5, false, filled(64, 1), (short) 0, (short) 32, filled(65, 1), (short) 0);
    assertFalse(slots.isUsed((byte) 5));
    slots.requireEmptySlot((byte) 5);
    slots.cleanUp();
    assertArrayEquals(new byte[slots.memory.length], slots.memory);
    slots.begin((byte) 5, (byte) 1, Protocol.ROLE_IDENTITY, (byte) 3, (byte) 1);
    slots.setPolicy((byte) 5, filled(129, 3), (short) 0, (short) 129);
    slots.begin((byte) 5, (byte) 1, Protocol.ROLE_IDENTITY, (byte) 3, (byte) 1);
    slots.put((byte) 5);
    assertEquals(0, slots.policyLength((byte) 5));
    assertEquals(0, slots.memory[slots.policyAt((byte) 5)]);
  }

  @Test
  void wipesWhatIsErased() {
    byte[] before = slots.memory.clone();
    for (byte slot = 0; slot <= 16; slot++) putWallet(slot, filled(64, slot), filled(64, 100));
    slots.mark((byte) 4);
    slots.cleanUp();
    for (byte slot = 0; slot <= 16; slot++) assertEquals(slot != 4, slots.isUsed(slot));
    slots.markAll();
    for (byte slot = 0; slot <= 16; slot++) assertFalse(slots.isUsed(slot));
    slots.cleanUp();
    assertArrayEquals(before, slots.memory);
  }

  @Test
  void erasesNothingThatIsNotMarked() {
    putWallet((byte) 1, filled(64, 1), filled(64, 2));
    byte[] before = slots.memory.clone();
    slots.cleanUp();
    assertArrayEquals(before, slots.memory);
  }

  @Test
  void countsSignatures() {
    putWallet((byte) 2, filled(64, 1), filled(64, 2));
    short at = slots.signaturesAt((byte) 2);
    for (int i = 0; i < 70_000; i++) slots.countSignature((byte) 2);
    assertEquals("00011170", KeyParts.hex(Arrays.copyOfRange(slots.memory, at, at + 4)));
    Util.setShort(slots.memory, at, (short) 0xFFFF);
    Util.setShort(slots.memory, (short) (at + 2), (short) 0xFFFE);
    assertFalse(slots.isExhausted((byte) 2));
    slots.countSignature((byte) 2);
    assertTrue(slots.isExhausted((byte) 2));
  }

  @Test
  void countsWhatWasSpent() {
    putWallet((byte) 2, filled(64, 1), filled(64, 2));
    byte[] around = slots.memory.clone();
    short at = slots.spentAt((byte) 2);
    slots.setSpent((byte) 2, filled(20, 8), (short) 3);
    assertArrayEquals(Arrays.copyOfRange(filled(20, 8), 3, 11), Arrays.copyOfRange(slots.memory, at, at + 8));
    slots.resetSpent((byte) 2);
    assertArrayEquals(around, slots.memory);
  }

  @Test
  void knowsFlagsAndLimitOfAPolicy() {
    String eur = "82 03 45 55 52 83 01 02 ";
    assertFalse(hasLimit("80 01 06"));
    assertFalse(hasLimit("80 01 06 81 08 61 61 61 61 2F 62 62 62"));
    assertFalse(hasLimit("80 01 06 " + eur + "84 08 85 08 85 08 85 08 85 08"));
    assertTrue(hasLimit("80 01 06 " + eur + "85 08 00 00 00 00 00 00 00 01"));
    assertTrue(hasLimit("80 01 26 " + eur + "84 08 00 00 00 00 00 00 00 01 85 08 00 00 00 00 00 00 00 01"));
    assertTrue(slots.hasFlag((byte) 9, Protocol.POLICY_HOLDER_DELETES));
    assertTrue(slots.hasFlag((byte) 9, Protocol.POLICY_MESSAGES));
    assertFalse(slots.hasFlag((byte) 9, Protocol.POLICY_DIGESTS));
  }

  private boolean hasLimit(String policy) {
    byte[] bytes = KeyParts.bytes(policy);
    slots.begin((byte) 9, (byte) 1, Protocol.ROLE_IDENTITY, (byte) 3, (byte) 1);
    slots.setPolicy((byte) 9, bytes, (short) 0, (short) bytes.length);
    slots.put((byte) 9);
    boolean hasLimit = slots.hasCumulativeLimit((byte) 9);
    if (!policy.startsWith("80 01 26")) erase((byte) 9);
    return hasLimit;
  }

  private void putWallet(byte slot, byte[] seed, byte[] decoy) {
    slots.begin(slot, (byte) 2, Protocol.ROLE_WALLET, (byte) 3, Protocol.ORIGIN_GENERATED);
    slots.setPolicy(slot, POLICY, (short) 0, (short) 3);
    slots.setKey(slot, false, seed.clone(), (short) 0, (short) 64, reversed(seed[0]), (short) 0);
    slots.setKey(slot, true, decoy.clone(), (short) 0, (short) 64, reversed(decoy[0]), (short) 0);
    slots.put(slot);
  }

  private void erase(byte slot) {
    slots.mark(slot);
    slots.cleanUp();
  }

  private byte[] open(byte slot, boolean isDecoy) {
    byte[] out = new byte[66];
    assertEquals(64, slots.open(slot, isDecoy, out, (short) 2));
    return Arrays.copyOfRange(out, 2, 66);
  }

  private byte[] point(byte slot, boolean isDecoy) {
    short at = slots.pointAt(slot, isDecoy);
    return Arrays.copyOfRange(slots.memory, at, at + 65);
  }

  /** The sealed secret, which lies before the point. */
  private byte[] sealed(byte slot, boolean isDecoy) {
    short point = slots.pointAt(slot, isDecoy);
    return Arrays.copyOfRange(slots.memory, point - 64, point);
  }

  private int occurrences(byte[] bytes) {
    return KeyParts.hex(slots.memory).split(KeyParts.hex(bytes), -1).length - 1;
  }

  /** Bytes that count up from the first. */
  private static byte[] filled(int length, int first) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) bytes[i] = (byte) (first + i);
    return bytes;
  }

  /** 65 bytes that count down from the first, in the place of a point. */
  private static byte[] reversed(int first) {
    byte[] bytes = new byte[65];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (first - i);
    return bytes;
  }

  private static void assertStatus(String expected, Runnable run) {
    ISOException thrown = assertThrows(ISOException.class, run::run);
    assertEquals(expected, String.format("%04X", thrown.getReason()));
  }
}
