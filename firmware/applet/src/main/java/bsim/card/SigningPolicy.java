// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * What the policy of the key allows, in the canonical form of {@link PolicyReader}; in one that was wiped,
 * nothing.
 */
final class SigningPolicy {
  private static final byte FLAGS = (byte) 0x80;
  private static final byte MESSAGE_TYPES = (byte) 0x81;
  private static final byte CURRENCY = (byte) 0x82;
  private static final byte DIGITS = (byte) 0x83;
  private static final byte PER_TRANSACTION = (byte) 0x84;
  private static final byte CUMULATIVE = (byte) 0x85;
  private static final byte COMMA = 0x2C;
  private static final short HEAD_LENGTH = 2;

  private final byte[] ram;
  private final byte[] policies;

  /** Policies lie in an array of their own, the place of the one that counts in {@link TransactionRam}. */
  SigningPolicy(byte[] ram, byte[] policies) {
    this.ram = ram;
    this.policies = policies;
  }

  /** From now on the policy at that place counts. */
  void begin(short at, short length) {
    Util.setShort(ram, TransactionRam.POLICY_AT, at);
    Util.setShort(ram, TransactionRam.POLICY_END, (short) (at + length));
  }

  /** Whether the policy has the flag, one of Protocol.POLICY_. */
  boolean hasFlag(byte flag) {
    short flags = find(FLAGS);
    return flags != 0 && (policies[flags] & flag) != 0;
  }

  /**
   * Whether a transaction may hold a message of that name, in ram; {@code isUnderstood} tells whether the
   * card knows what such a message says.
   */
  boolean allows(short name, short length, boolean isUnderstood) {
    short start = find(MESSAGE_TYPES);
    if (start == 0) return isUnderstood;
    short end = (short) (start + policies[(short) (start - 1)]);
    for (short i = start; i <= end; i++) {
      if (i < end && policies[i] != COMMA) continue;
      short found = (short) (i - start);
      if (found == length && Util.arrayCompare(policies, start, ram, name, length) == 0) return true;
      start = (short) (i + 1);
    }
    return false;
  }

  /**
   * Digits of the minor unit of the currency that is paid; -1 where the policy has no limit in that currency.
   */
  short digits() {
    return isCurrencyPaid() ? policies[find(DIGITS)] : -1;
  }

  /**
   * Writes what the key has spent, 8 bytes, when the sum that is paid comes to what it spent before. It
   * counts only for a cumulative limit; else it is what it was. Throws 6985 where a limit is passed or is in
   * another currency; what {@code next} holds then means nothing.
   */
  void spend(byte[] spent, short spentAt, byte[] next, short nextAt) {
    Util.arrayCopyNonAtomic(spent, spentAt, next, nextAt, Amount.LENGTH);
    if (find(CURRENCY) == 0) return;
    if (!isCurrencyPaid()) refuse();
    short most = find(PER_TRANSACTION);
    if (most != 0 && Amount.isGreater(ram, TransactionRam.TOTAL, policies, most)) refuse();
    short mostOfAll = find(CUMULATIVE);
    if (mostOfAll == 0) return;
    if (!Amount.add(next, nextAt, ram, TransactionRam.TOTAL)) refuse();
    if (Amount.isGreater(next, nextAt, policies, mostOfAll)) refuse();
  }

  /** Throws 6985. */
  static void refuse() {
    ISOException.throwIt(Protocol.SW_WRONG_STATE);
  }

  private boolean isCurrencyPaid() {
    short found = find(CURRENCY);
    if (found == 0) return false;
    short length = TransactionRam.CURRENCY_LENGTH;
    return Util.arrayCompare(policies, found, ram, TransactionRam.TOTAL_CURRENCY, length) == 0;
  }

  /** Place of a value, behind its length; 0 for none. */
  private short find(byte tag) {
    short at = Util.getShort(ram, TransactionRam.POLICY_AT);
    short end = Util.getShort(ram, TransactionRam.POLICY_END);
    while ((short) (at + 1) < end) {
      short value = (short) (at + HEAD_LENGTH);
      if (policies[at] == tag) return value;
      at = (short) (value + policies[(short) (at + 1)]);
    }
    return 0;
  }
}
