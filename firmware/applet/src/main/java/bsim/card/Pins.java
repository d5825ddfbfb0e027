// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/**
 * PIN, PUK and duress PIN. The counter goes down, and is written, before anything is compared: cutting the power wins no
 * try. It is no javacard.framework.OwnerPIN, because PIN and duress PIN share one counter and are always both compared.
 */
final class Pins {
  private final byte[] ram;
  private final Holder holder;
  private final Session session;
  private final SecurityLog log;
  private final Workspace workspace;

  Pins(byte[] ram, Holder holder, Session session, SecurityLog log, Workspace workspace) {
    this.ram = ram;
    this.holder = holder;
    this.session = session;
    this.log = log;
    this.workspace = workspace;
  }

  /** VERIFY; without data it only asks. Throws 63CX or 6983. */
  void verify(byte[] data, short at, short length) {
    if (length == 0) {
      ask();
      return;
    }
    byte presence = tryPin(data, at);
    allTries(Holder.PIN_TRIES, Protocol.PIN_TRIES);
    log.add(Protocol.LOG_PIN_VERIFIED, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
    enter(presence);
  }

  /** The PIN once more, for a confirmation: the session stays whose it was. Throws 63CX or 6983. */
  void confirm(byte[] data, short at) {
    byte before = session.presence();
    tryPin(data, at);
    allTries(Holder.PIN_TRIES, Protocol.PIN_TRIES);
    log.add(Protocol.LOG_PIN_VERIFIED, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
    session.setVerified(before);
  }

  /** CHANGE REFERENCE DATA: old block ‖ new block. */
  void change(byte[] data, short at) {
    short next = (short) (at + Holder.BLOCK);
    requireAllowed(data, next);
    byte presence = tryPin(data, at);
    // Under duress any new PIN is taken: to refuse the true one would tell it. Compared it is all the same.
    boolean isDuressPin = holder.matches(Holder.DURESS_PIN, data, next);
    if (presence == Session.PIN && isDuressPin) refuse(Holder.PIN_TRIES, Protocol.PIN_TRIES);
    allTries(Holder.PIN_TRIES, Protocol.PIN_TRIES);
    holder.put(presence == Session.PIN ? Holder.PIN : Holder.DURESS_PIN, data, next, Holder.BLOCK);
    log.add(Protocol.LOG_PIN_CHANGED, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
    session.endVerifications();
    enter(presence);
  }

  /** RESET RETRY COUNTER: PUK ‖ new PIN. */
  void unblock(byte[] data, short at) {
    short next = (short) (at + Holder.BLOCK);
    requireAllowed(data, next);
    tryPuk(data, at);
    if (holder.matches(Holder.DURESS_PIN, data, next)) refuse(Holder.PUK_TRIES, Protocol.PUK_TRIES);
    allTries(Holder.PUK_TRIES, Protocol.PUK_TRIES);
    holder.set(Holder.PIN_TRIES, (byte) Protocol.PIN_TRIES);
    holder.put(Holder.PIN, data, next, Holder.BLOCK);
    log.add(Protocol.LOG_PIN_SET_WITH_PUK, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
    session.endVerifications();
    enter(Session.PIN);
  }

  /** RESET RETRY COUNTER of the duress PIN: PUK ‖ duress PIN, or FF × 8 for none. */
  void setDuressPin(byte[] data, short at) {
    short next = (short) (at + Holder.BLOCK);
    tryPuk(data, at);
    allTries(Holder.PUK_TRIES, Protocol.PUK_TRIES);
    boolean isRemoval = true;
    for (short i = 0; i < Holder.BLOCK; i++) isRemoval &= data[(short) (next + i)] == (byte) 0xFF;
    if (!isRemoval && (holder.matches(Holder.PIN, data, next) || !holder.allows(data, next))) {
      JCSystem.commitTransaction();
      ISOException.throwIt(Protocol.SW_BAD_DATA);
    }
    holder.put(Holder.DURESS_PIN, data, next, Holder.BLOCK);
    log.add(Protocol.LOG_PIN_SET_WITH_PUK, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
  }

  private void ask() {
    if (session.presence() != Session.NOBODY) return;
    byte tries = holder.at(Holder.PIN_TRIES);
    ISOException.throwIt(tries == 0 ? Protocol.SW_BLOCKED : triesLeft(tries));
  }

  /** Who this PIN is of. One that was verified before is so no longer. Throws 63CX or 6983. */
  private byte tryPin(byte[] block, short at) {
    session.setVerified(Session.NOBODY);
    byte left = spendTry(Holder.PIN_TRIES);
    boolean isPin = holder.matches(Holder.PIN, block, at);
    boolean isDuress = holder.matches(Holder.DURESS_PIN, block, at);
    // Eight FF, in the place of a duress PIN that is not there, are no PIN.
    isDuress &= holder.at(Holder.DURESS_PIN) != (byte) 0xFF;
    if (!isPin && !isDuress) {
      JCSystem.beginTransaction();
      log.add(Protocol.LOG_PIN_WRONG, (byte) 0, left);
      JCSystem.commitTransaction();
      ISOException.throwIt(triesLeft(left));
    }
    return isDuress ? Session.DURESS_PIN : Session.PIN;
  }

  /** As above; the last try that fails blocks the card. */
  private void tryPuk(byte[] block, short at) {
    byte left = spendTry(Holder.PUK_TRIES);
    if (holder.matches(Holder.PUK, block, at)) return;
    JCSystem.beginTransaction();
    log.add(Protocol.LOG_PUK_WRONG, (byte) 0, left);
    if (left == 0) {
      holder.setLifeCycle(Protocol.LIFE_CYCLE_BLOCKED);
      log.add(Protocol.LOG_BLOCKED, (byte) 0, (short) 0);
    }
    JCSystem.commitTransaction();
    if (left == 0) session.endVerifications();
    ISOException.throwIt(triesLeft(left));
  }

  /** Counts down and gives what is left. Throws 6983 when nothing was. */
  private byte spendTry(short place) {
    byte tries = holder.at(place);
    if (tries == 0) ISOException.throwIt(Protocol.SW_BLOCKED);
    holder.set(place, --tries);
    return tries;
  }

  /** Begins a transaction in which all tries are given back. */
  private void allTries(short place, short tries) {
    JCSystem.beginTransaction();
    holder.set(place, (byte) tries);
  }

  /** Throws 6A80 for a new PIN that is the duress PIN: the old one, or the PUK, was right, and its tries are given back. */
  private void refuse(short place, short tries) {
    holder.set(place, (byte) tries);
    ISOException.throwIt(Protocol.SW_BAD_DATA);
  }

  private void requireAllowed(byte[] block, short at) {
    if (!holder.allows(block, at)) ISOException.throwIt(Protocol.SW_BAD_DATA);
  }

  /** Who entered a PIN begins with nothing chosen and nothing under way, whichever PIN it was. */
  private void enter(byte presence) {
    session.forgetChoices(session.here());
    workspace.endOf(ram[Ram.CHANNEL]);
    session.setVerified(presence);
  }

  private static short triesLeft(byte tries) {
    return (short) ((short) 0x63C0 | tries);
  }
}
