// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;

/**
 * A transaction that the applet has read and that its holder is to confirm: on the terminal, or with the PIN. It lies in
 * the workspace, and any other command than the one it waits for ends it.
 */
final class Confirmation {
  /** SHA-256 of the Sig_structure, 32 bytes: what is shown, compared, signed and logged. */
  static final short HASH = (short) (Ram.WORK_AREA + 2);
  /** Count towards the cumulative limit once it is signed, 8 bytes. */
  static final short SPENT = (short) (HASH + 32);
  static final short TEXT = (short) (SPENT + 8 + 2);

  // Stages: what is waited for next.
  private static final byte SHOW = 1;
  private static final byte SHOWN = 2;
  private static final byte ASK = 3;
  private static final byte ASKED = 4;
  // The holder agreed: the signature.
  private static final byte CONFIRMED = 5;
  private static final byte PIN = 6;

  private static final short STAGE = Ram.WORK_AREA;
  private static final short REFERENCE = (short) (Ram.WORK_AREA + 1);
  private static final short TEXT_LENGTH = (short) (SPENT + 8);

  /** The command that each stage waits for. */
  private static final byte[] EXPECTED = {
    0,
    Protocol.COMMAND_FETCH,
    Protocol.COMMAND_TERMINAL_RESPONSE,
    Protocol.COMMAND_FETCH,
    Protocol.COMMAND_TERMINAL_RESPONSE,
    Protocol.COMMAND_COMPUTE_DIGITAL_SIGNATURE,
    Protocol.COMMAND_CONFIRM_WITH_PIN,
  };

  private final byte[] ram;
  private final Workspace workspace;
  private final SecurityLog log;
  private final Pins pins;
  private final Session session;
  private final byte how;

  /** {@code how} it is confirmed is one of Protocol.CONFIRMATION_. */
  Confirmation(byte[] ram, Workspace workspace, SecurityLog log, Pins pins, Session session, byte how) {
    this.ram = ram;
    this.workspace = workspace;
    this.log = log;
    this.pins = pins;
    this.session = session;
    this.how = how;
  }

  byte how() {
    return how;
  }

  /** Whether a terminal is asked that cannot be: it said nothing of itself, or not enough. */
  boolean lacksTerminal() {
    return how == Protocol.CONFIRMATION_TERMINAL && ram[(short) (session.here() + Ram.TERMINAL)] == 0;
  }

  /** Begins, for a key and the text, hash (32 bytes) and count (8) that lie elsewhere in ram; the workspace was ended. */
  void begin(byte reference, short text, short length, short hash, short spent) {
    workspace.begin(Workspace.CONFIRMATION);
    ram[REFERENCE] = reference;
    Util.arrayCopyNonAtomic(ram, hash, ram, HASH, (short) 32);
    Util.arrayCopyNonAtomic(ram, spent, ram, SPENT, (short) 8);
    Util.arrayCopyNonAtomic(ram, text, ram, TEXT, length);
    Util.setShort(ram, TEXT_LENGTH, length);
    ram[STAGE] = how == Protocol.CONFIRMATION_TERMINAL ? SHOW : PIN;
    if (how == Protocol.CONFIRMATION_TERMINAL) announce();
  }

  /** Tells that a command reached the applet; {@code command} is its index, or -1 for none. */
  void meet(byte command, boolean hasData) {
    if (!isUnderWay()) return;
    byte stage = ram[STAGE];
    boolean isExpected = command == EXPECTED[stage] && ram[Ram.WORK_CHANNEL] == ram[Ram.CHANNEL];
    // COMPUTE DIGITAL SIGNATURE with data signs something else.
    if (isExpected && (stage != CONFIRMED || !hasData)) return;
    refuse();
  }

  /** Ends, after a command that failed, a confirmation and what its channel has in the workspace. */
  void failed(byte channel) {
    refuse();
    workspace.endOf(channel);
  }

  /** Ends a confirmation under way, whoever began it, and logs that it was not given. */
  void refuse() {
    if (!isUnderWay()) return;
    byte reference = ram[REFERENCE];
    workspace.end();
    JCSystem.beginTransaction();
    log.add(Protocol.LOG_CONFIRMATION_REFUSED, reference, (short) 0);
    JCSystem.commitTransaction();
  }

  /** Whether the holder agreed, and only the signature is left to do. */
  boolean isGiven() {
    return workspace.isOwn(Workspace.CONFIRMATION) && ram[STAGE] == CONFIRMED;
  }

  /** TERMINAL PROFILE. Throws 6985 where no terminal is asked. */
  void terminalProfile(byte[] data, short at, short length) {
    if (how != Protocol.CONFIRMATION_TERMINAL) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    // Third byte: DISPLAY TEXT and GET INKEY. Source: ETSI TS 102 223, terminal profile.
    boolean asks = length > 2 && (data[(short) (at + 2)] & 0x03) == 0x03;
    ram[(short) (session.here() + Ram.TERMINAL)] = asks ? (byte) 1 : (byte) 0;
  }

  /** FETCH: writes the proactive command into the answer and gives its length. Throws 6985. */
  short fetch() {
    requireStage(SHOW, ASK);
    short length = proactiveCommand();
    ram[STAGE]++;
    return length;
  }

  /** TERMINAL RESPONSE. Throws 6985 and 6A80. */
  void terminalResponse(byte[] data, short at, short length) {
    requireStage(SHOWN, ASKED);
    boolean isQuestion = ram[STAGE] == ASKED;
    byte verdict = ProactiveCommands.read(data, at, length, isQuestion);
    if (verdict != ProactiveCommands.AGREED) {
      refuse();
      if (verdict == ProactiveCommands.UNREADABLE) ISOException.throwIt(Protocol.SW_BAD_DATA);
      return;
    }
    ram[STAGE]++;
    if (!isQuestion) announce();
  }

  /** CONFIRM: PIN block ‖ hash. Throws 6985, 63CX and 6983. */
  void confirmWithPin(byte[] data, short at) {
    requireStage(PIN, PIN);
    if (Util.arrayCompare(data, (short) (at + Holder.BLOCK), ram, HASH, (short) 32) != 0)
      ISOException.throwIt(Protocol.SW_WRONG_STATE);
    pins.confirm(data, at);
    ram[STAGE] = CONFIRMED;
  }

  private boolean isUnderWay() {
    return ram[Ram.WORK_KIND] == Workspace.CONFIRMATION;
  }

  private void requireStage(byte one, byte other) {
    if (!isUnderWay() || (ram[STAGE] != one && ram[STAGE] != other)) ISOException.throwIt(Protocol.SW_WRONG_STATE);
  }

  /** Announces the next proactive command by 91XX. */
  private void announce() {
    Util.setShort(ram, Ram.PROACTIVE, proactiveCommand());
  }

  private short proactiveCommand() {
    if (ram[STAGE] != SHOW) return ProactiveCommands.askYesOrNo(ram, Ram.ANSWER_BYTES);
    return ProactiveCommands.displayText(ram, TEXT, Util.getShort(ram, TEXT_LENGTH), ram, Ram.ANSWER_BYTES);
  }
}
