// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * The one place for what goes on over several commands. Whoever begins the next operation, on whichever logical
 * channel, ends the one before.
 */
final class Workspace {
  /** Nothing goes on. */
  static final byte NONE = 0;
  /** PSO hash takes a message. */
  static final byte HASH = 1;
  /** The digest that PSO hash left: its length, then it. */
  static final byte DIGEST = 2;
  /** COMPUTE DIGITAL SIGNATURE takes a digest. */
  static final byte DATA = 3;
  /** A transaction is read. */
  static final byte TRANSACTION = 4;
  /** A transaction waits for its holder: see {@link Confirmation}. */
  static final byte CONFIRMATION = 5;

  private final byte[] ram;

  Workspace(byte[] ram) {
    this.ram = ram;
  }

  /** Begins an operation of this channel; wipes the one before. */
  void begin(byte kind) {
    end();
    ram[Ram.WORK_KIND] = kind;
    ram[Ram.WORK_CHANNEL] = ram[Ram.CHANNEL];
  }

  /** Ends and wipes the operation under way, if any. */
  void end() {
    if (ram[Ram.WORK_KIND] == NONE) return;
    Util.arrayFillNonAtomic(ram, Ram.WORK, (short) (2 + Ram.WORK_AREA_LENGTH), (byte) 0);
  }

  /** Ends it when that channel began it. */
  void endOf(byte channel) {
    if (ram[Ram.WORK_CHANNEL] == channel) end();
  }

  /** Whether an operation of that kind goes on, and this channel began it. */
  boolean isOwn(byte kind) {
    return ram[Ram.WORK_KIND] == kind && ram[Ram.WORK_CHANNEL] == ram[Ram.CHANNEL];
  }
}
