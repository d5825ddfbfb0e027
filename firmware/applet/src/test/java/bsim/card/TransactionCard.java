// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.ISOException;

/** A reader for the key that a transaction on secp256k1 names, whether it is one or not. */
final class TransactionCard {
  private static final byte FILLER = 0x5A;

  private final byte[] transaction;
  private final byte[] policy;
  private final byte[] ram = new byte[Ram.LENGTH];
  private final TransactionReader reader;

  TransactionCard(byte[] transaction, String policy) {
    this.transaction = transaction;
    this.policy = HexFormat.of().parseHex(policy);
    Arrays.fill(ram, FILLER);
    reader = new TransactionReader(ram, this.policy);
    again();
  }

  /** With the policy of keys that are given none. */
  TransactionCard(byte[] transaction) {
    this(transaction, "800106");
  }

  TransactionCard again() {
    // {1: 2, -1: 8, -2: x, -3: sign}
    String digits = HexFormat.of().formatHex(transaction);
    int at = digits.indexOf("a401022008215820") / 2 + 8;
    byte[] point = new byte[65];
    System.arraycopy(transaction, at, point, 1, 32);
    point[64] = (byte) (transaction[at + 33] & 1);
    reader.begin(Protocol.ALGORITHM_SECP256K1, point, (short) 0, (short) 0, (short) policy.length);
    return this;
  }

  /** Gives the status word. */
  int write(byte[] part) {
    try {
      reader.write(part, (short) 0, (short) part.length);
      return 0x9000;
    } catch (ISOException refusal) {
      return refusal.getReason();
    }
  }

  /** Gives the status word. */
  int end() {
    try {
      end(new byte[8]);
      return 0x9000;
    } catch (ISOException refusal) {
      return refusal.getReason();
    }
  }

  /** Gives what will have been spent. */
  byte[] end(byte[] before) {
    byte[] next = new byte[8];
    reader.end(before, (short) 0, next, (short) 0);
    return next;
  }

  /** Gives the status word of a transaction that comes whole. */
  int read(byte[] whole) {
    int status = write(whole);
    return status == 0x9000 ? end() : status;
  }

  void requireNothingWrittenElsewhere() {
    for (int i = 0; i < ram.length; i++) {
      boolean isOwn = i >= Ram.WORK_AREA && i < Ram.WORK_AREA + TransactionRam.LENGTH;
      assertTrue(isOwn || ram[i] == FILLER);
    }
  }
}
