// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * The keys in persistent memory: slots 1 to 16, and {@link #ATTESTATION}. Whether a slot is used is one byte,
 * so that a key is there or not, whenever the power goes: what a new key consists of is written while its
 * slot counts as one to be wiped, and the slot becomes used in the caller's transaction; a key that is erased
 * is marked in the caller's transaction and wiped afterwards. A slot that is empty holds zeros. Secrets are
 * sealed.
 */
final class KeySlots {
  /** Most bytes of a secret: of a seed. */
  static final short SEED_MAX = 64;
  /** Slot of the key that signs attestations. */
  static final byte ATTESTATION = 0;

  private static final byte EMPTY = 0;
  private static final byte USED = 1;
  private static final byte TO_BE_WIPED = 2;

  // A slot.
  private static final short CURVE = 0;
  private static final short ROLE = 1;
  private static final short USAGE = 2;
  private static final short ORIGIN = 3;
  private static final short SIGNATURES = 4;
  private static final short SPENT = 8;
  private static final short POLICY_LENGTH = 16;
  private static final short POLICY = 17;
  // The key, and of a wallet the decoy's: length of the secret, secret, point.
  private static final short KEY = (short) (POLICY + PolicyReader.LENGTH_MAX);
  private static final short SECRET = 1;
  private static final short POINT = (short) (SECRET + SEED_MAX);
  private static final short KEY_LENGTH = (short) (POINT + 65);
  private static final short SLOT_LENGTH = (short) (KEY + 2 * KEY_LENGTH);

  private static final short SIGNATURES_LENGTH = 4;
  private static final short SPENT_LENGTH = 8;
  private static final byte TAG_CUMULATIVE = (byte) 0x85;
  private static final short LIMIT_LENGTH = 10;

  /** What the slots hold; where, the methods say. */
  final byte[] memory;

  private final byte[] states;
  private final Vault vault;

  KeySlots(Vault vault) {
    this.vault = vault;
    states = new byte[(short) (1 + Protocol.KEY_SLOTS)];
    memory = new byte[(short) ((short) (1 + Protocol.KEY_SLOTS) * SLOT_LENGTH)];
  }

  /** Whether there is a key with that reference, 1 to 16, or the attestation key. */
  boolean isUsed(byte reference) {
    return isSlot(reference) && states[reference] == USED;
  }

  /** Throws 6A88 where there is no key with that reference, 1 to 16. */
  void requireKey(byte reference) {
    if (reference == ATTESTATION || !isUsed(reference)) ISOException.throwIt(Protocol.SW_NOT_FOUND);
  }

  /** Throws 6A88 where there is no slot with that reference, 1 to 16, and 6A89 where it holds a key. */
  void requireEmptySlot(byte reference) {
    if (reference == ATTESTATION || !isSlot(reference)) ISOException.throwIt(Protocol.SW_NOT_FOUND);
    if (isUsed(reference)) ISOException.throwIt(Protocol.SW_ALREADY_EXISTS);
  }

  byte curve(byte reference) {
    return memory[of(reference, CURVE)];
  }

  byte role(byte reference) {
    return memory[of(reference, ROLE)];
  }

  byte usage(byte reference) {
    return memory[of(reference, USAGE)];
  }

  byte origin(byte reference) {
    return memory[of(reference, ORIGIN)];
  }

  /** Whether the key is a wallet's, which has a decoy, and of which the log keeps no hash. */
  boolean isWallet(byte reference) {
    return role(reference) == Protocol.ROLE_WALLET;
  }

  /** Place of the policy in {@link #memory}, in its canonical form. */
  short policyAt(byte reference) {
    return of(reference, POLICY);
  }

  short policyLength(byte reference) {
    return (short) (memory[of(reference, POLICY_LENGTH)] & 0xFF);
  }

  /** Whether the policy has a flag, one of {@code Protocol.POLICY_*}: the flags come first in it. */
  boolean hasFlag(byte reference, byte flag) {
    return (memory[of(reference, (short) (POLICY + 2))] & flag) != 0;
  }

  /** Whether the policy limits what all transactions may pay: that limit comes last in it. */
  boolean hasCumulativeLimit(byte reference) {
    short length = policyLength(reference);
    short limit = (short) (policyAt(reference) + length - LIMIT_LENGTH);
    return length > LIMIT_LENGTH && memory[limit] == TAG_CUMULATIVE;
  }

  /** Place of the public point in {@link #memory}, 04 ‖ X ‖ Y; of a wallet that of its master key. */
  short pointAt(byte reference, boolean isDecoy) {
    return (short) (keyOf(reference, isDecoy) + POINT);
  }

  /**
   * Opens the secret into 32 bytes at {@code at}, of a wallet 64, with zeros behind a shorter seed; the
   * caller wipes them. Gives the length of the secret.
   */
  short open(byte reference, boolean isDecoy, byte[] out, short at) {
    short key = keyOf(reference, isDecoy);
    vault.open(label(reference, isDecoy), memory, (short) (key + SECRET), sealedLength(reference), out, at);
    return memory[key];
  }

  /** Place of the number of signatures in {@link #memory}, 4 bytes. */
  short signaturesAt(byte reference) {
    return of(reference, SIGNATURES);
  }

  /** Place of what was paid towards the cumulative limit in {@link #memory}, 8 bytes. */
  short spentAt(byte reference) {
    return of(reference, SPENT);
  }

  /** Whether the key has made all the signatures that can be counted. */
  boolean isExhausted(byte reference) {
    short at = signaturesAt(reference);
    return Util.getShort(memory, at) == -1 && Util.getShort(memory, (short) (at + 2)) == -1;
  }

  /** Counts a signature of a key that is not exhausted, in the caller's transaction. */
  void countSignature(byte reference) {
    short at = (short) (signaturesAt(reference) + SIGNATURES_LENGTH);
    do at--;
    while (++memory[at] == 0);
  }

  /** Sets what was paid, 8 bytes, in the caller's transaction. */
  void setSpent(byte reference, byte[] spent, short at) {
    Util.arrayCopy(spent, at, memory, spentAt(reference), SPENT_LENGTH);
  }

  /** Sets what was paid to 0, in the caller's transaction. */
  void resetSpent(byte reference) {
    short at = spentAt(reference);
    for (short i = 0; i < SPENT_LENGTH; i++) memory[(short) (at + i)] = 0;
  }

  /**
   * Begins a new key in an empty slot, outside any transaction; it is there when {@link #put} was committed.
   */
  void begin(byte reference, byte curve, byte role, byte usage, byte origin) {
    // What a creation left that was cut, or refused at its end.
    wipe(reference);
    states[reference] = TO_BE_WIPED;
    short at = of(reference, CURVE);
    memory[at++] = curve;
    memory[at++] = role;
    memory[at++] = usage;
    memory[at] = origin;
  }

  /** Gives the new key its policy, in its canonical form. */
  void setPolicy(byte reference, byte[] policy, short at, short length) {
    memory[of(reference, POLICY_LENGTH)] = (byte) length;
    Util.arrayCopyNonAtomic(policy, at, memory, policyAt(reference), length);
  }

  /**
   * Gives the new key, or its decoy, secret and point. The secret lies in as many bytes as {@link #open}
   * gives, which this seals in place.
   */
  void setKey(
      byte reference, boolean isDecoy, byte[] secret, short at, short length, byte[] point, short pointAt) {
    short key = keyOf(reference, isDecoy);
    short sealed = sealedLength(reference);
    vault.seal(label(reference, isDecoy), secret, at, sealed, secret, at);
    memory[key] = (byte) length;
    Util.arrayCopyNonAtomic(secret, at, memory, (short) (key + SECRET), sealed);
    Util.arrayCopyNonAtomic(point, pointAt, memory, (short) (key + POINT), (short) 65);
  }

  /** The new key is there, in the caller's transaction. */
  void put(byte reference) {
    states[reference] = USED;
  }

  /** The key is there no more, in the caller's transaction, after which comes {@link #cleanUp}. */
  void mark(byte reference) {
    if (states[reference] != EMPTY) states[reference] = TO_BE_WIPED;
  }

  /** No key is there any more, the attestation key neither; as {@link #mark}. */
  void markAll() {
    for (byte reference = ATTESTATION; reference <= Protocol.KEY_SLOTS; reference++) mark(reference);
  }

  /**
   * Wipes what is marked: after a transaction that marked keys, and at selection, in case the power went
   * between.
   */
  void cleanUp() {
    for (byte reference = ATTESTATION; reference <= Protocol.KEY_SLOTS; reference++) wipe(reference);
  }

  private void wipe(byte reference) {
    if (states[reference] != TO_BE_WIPED) return;
    Util.arrayFillNonAtomic(memory, of(reference, CURVE), SLOT_LENGTH, (byte) 0);
    states[reference] = EMPTY;
  }

  private static boolean isSlot(byte reference) {
    return reference >= ATTESTATION && reference <= Protocol.KEY_SLOTS;
  }

  private static short of(byte reference, short field) {
    return (short) ((short) (reference * SLOT_LENGTH) + field);
  }

  private static short keyOf(byte reference, boolean isDecoy) {
    return of(reference, isDecoy ? (short) (KEY + KEY_LENGTH) : KEY);
  }

  private static short label(byte reference, boolean isDecoy) {
    return (short) ((short) (reference << 1) | (isDecoy ? 1 : 0));
  }

  /** Seeds are sealed in one length, whichever they have. */
  private short sealedLength(byte reference) {
    return isWallet(reference) ? SEED_MAX : (short) 32;
  }
}
