// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;

/** What the administrator does with the whole card: personalisation, certificates, and its life cycle. */
final class Administration {
  /** Data objects of STORE DATA; see {@link Tlv}. */
  private static final byte[] ROWS = {
    0, 0x5A, Holder.ICCID_LENGTH, Holder.ICCID_LENGTH, Tlv.REQUIRED,
    (byte) 0xDF, 0x22, Holder.IMSI_LENGTH, Holder.IMSI_LENGTH, Tlv.REQUIRED,
    (byte) 0xDF, 0x23, Holder.BLOCK, Holder.BLOCK, Tlv.REQUIRED,
    (byte) 0xDF, 0x24, Holder.BLOCK, Holder.BLOCK, Tlv.REQUIRED,
    (byte) 0xDF, 0x25, 2, 2, Tlv.OPTIONAL,
    (byte) 0xDF, 0x26, Holder.BLOCK, (byte) Holder.FORBIDDEN_MAX, Tlv.OPTIONAL,
  };
  private static final short ROW_ICCID = 0;
  private static final short ROW_IMSI = 1;
  private static final short ROW_PIN = 2;
  private static final short ROW_PUK = 3;
  private static final short ROW_RULES = 4;
  private static final short ROW_FORBIDDEN = 5;
  /** No rules: no flags, four digits. */
  private static final byte[] NO_RULES = {0, 4};

  private static final short PLACES = Ram.ANSWER_BYTES;

  private final byte[] ram;
  private final Holder holder;
  private final KeySlots slots;
  private final Certificates certificates;
  private final SecurityLog log;
  private final Session session;
  private final Workspace workspace;

  Administration(
      byte[] ram,
      Holder holder,
      KeySlots slots,
      Certificates certificates,
      SecurityLog log,
      Session session,
      Workspace workspace) {
    this.ram = ram;
    this.holder = holder;
    this.slots = slots;
    this.certificates = certificates;
    this.log = log;
    this.session = session;
    this.workspace = workspace;
  }

  /** STORE DATA. Throws 6A80. */
  void storeData(byte[] data, short at, short length) {
    Tlv.read(data, at, length, ROWS, ram, PLACES);
    boolean hasRules = Tlv.isThere(ram, PLACES, ROW_RULES);
    byte[] rules = hasRules ? data : NO_RULES;
    short rulesAt = hasRules ? place(ROW_RULES) : 0;
    short forbidden = place(ROW_FORBIDDEN);
    short forbiddenLength = Tlv.length(ram, PLACES, ROW_FORBIDDEN);
    boolean isGood =
        Identifiers.isIccid(data, place(ROW_ICCID))
            && Identifiers.isImsi(data, place(ROW_IMSI))
            && PinRules.areRules(rules, rulesAt)
            && areBlocks(data, forbidden, forbiddenLength)
            && PinRules.isBlock(data, place(ROW_PUK), Holder.BLOCK)
            && PinRules.allows(rules, rulesAt, data, forbidden, forbiddenLength, data, place(ROW_PIN));
    if (!isGood) Tlv.refuse();
    holder.begin();
    holder.prepare(Holder.ICCID, data, place(ROW_ICCID), Holder.ICCID_LENGTH);
    holder.prepare(Holder.IMSI, data, place(ROW_IMSI), Holder.IMSI_LENGTH);
    holder.prepare(Holder.PIN, data, place(ROW_PIN), Holder.BLOCK);
    holder.prepare(Holder.PUK, data, place(ROW_PUK), Holder.BLOCK);
    holder.prepare(Holder.FORBIDDEN, data, forbidden, forbiddenLength);
    JCSystem.beginTransaction();
    holder.set(Holder.FORBIDDEN_LENGTH, (byte) forbiddenLength);
    holder.put(Holder.RULES, rules, rulesAt, (short) 2);
    holder.setLifeCycle(Protocol.LIFE_CYCLE_PERSONALISED);
    handOver(Protocol.LOG_PERSONALISED);
  }

  /** The last part of PUT DATA certificates came; there are {@code length} bytes in all. */
  void putCertificates(short length) {
    JCSystem.beginTransaction();
    certificates.replace(length);
    log.add(Protocol.LOG_CERTIFICATES_STORED, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
  }

  /** DEACTIVATE FILE. */
  void block() {
    JCSystem.beginTransaction();
    holder.setLifeCycle(Protocol.LIFE_CYCLE_BLOCKED);
    handOver(Protocol.LOG_BLOCKED);
  }

  /** ACTIVATE FILE. Throws 6985 where the PUK has no tries left. */
  void activate() {
    if (holder.at(Holder.PUK_TRIES) == 0) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    JCSystem.beginTransaction();
    holder.setLifeCycle(Protocol.LIFE_CYCLE_PERSONALISED);
    handOver(Protocol.LOG_ACTIVATED);
  }

  /** TERMINATE DF. */
  void terminate() {
    erase(Protocol.LIFE_CYCLE_TERMINATED, Protocol.LOG_TERMINATED);
  }

  /** FACTORY RESET. */
  void factoryReset() {
    erase(Protocol.LIFE_CYCLE_SELECTABLE, Protocol.LOG_FACTORY_RESET);
  }

  /** Erases all that belongs to a holder; the log goes on. */
  private void erase(byte state, byte event) {
    JCSystem.beginTransaction();
    holder.leave(state);
    slots.markAll();
    certificates.erase();
    handOver(event);
    holder.wipe();
    slots.cleanUp();
  }

  /** Logs and commits what changes the card's hands: nothing that was verified or chosen before counts after it. */
  private void handOver(byte event) {
    log.add(event, (byte) 0, (short) 0);
    JCSystem.commitTransaction();
    session.endVerifications();
    session.forgetAll();
    workspace.end();
  }

  private short place(short row) {
    return Tlv.place(ram, PLACES, row);
  }

  private static boolean areBlocks(byte[] data, short at, short length) {
    if ((length & 7) != 0) return false;
    for (short i = 0; i < length; i += Holder.BLOCK)
      if (!PinRules.isBlock(data, (short) (at + i), (short) 4)) return false;
    return true;
  }
}
