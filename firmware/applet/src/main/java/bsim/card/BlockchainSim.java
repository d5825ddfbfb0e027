// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.JCSystem;
import javacard.framework.MultiSelectable;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacardx.apdu.ExtendedLength;

/**
 * Key custody: a SIM card that keeps signing keys. One instance a card, selected on as many logical channels as there
 * are. All memory is taken here, at installation, and none later.
 */
public final class BlockchainSim extends Applet implements MultiSelectable, ExtendedLength {
  private final Holder holder;
  private final KeySlots slots;
  private final Session session;
  private final Workspace workspace;
  private final Confirmation confirmation;
  private final Answer answer;
  private final Dispatcher dispatcher;

  /**
   * Installs the applet. Its parameter, one byte, says how transactions are confirmed: 01 on the terminal, 02 with the
   * PIN, as without one.
   */
  public static void install(byte[] parameters, short offset, byte length) {
    new BlockchainSim(confirmationOf(parameters, offset)).register();
  }

  private BlockchainSim(byte how) {
    byte[] ram = JCSystem.makeTransientByteArray(Ram.LENGTH, JCSystem.CLEAR_ON_RESET);
    RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
    MessageDigest sha256 = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
    Elliptic elliptic = new Elliptic(ram);
    HdKeys hdKeys = new HdKeys(ram, elliptic, new HmacSha512(ram));
    KeyTemplate template = new KeyTemplate(ram);
    Certificates certificates = new Certificates();
    SecurityLog log = new SecurityLog(ram, sha256);
    holder = new Holder();
    slots = new KeySlots(new Vault(ram, random));
    session = new Session(ram, holder, slots);
    workspace = new Workspace(ram);
    KeyDirectory directory = new KeyDirectory(ram, slots);
    KeyUse use = new KeyUse(ram, slots, hdKeys, elliptic);
    Pins pins = new Pins(ram, holder, session, log, workspace);
    confirmation = new Confirmation(ram, workspace, log, pins, session, how);
    answer = new Answer(ram, log, certificates, directory);
    ChosenKeys chosen = new ChosenKeys(ram, template, slots, use, session, workspace);
    SecureChannelCommands secureChannel = new SecureChannelCommands(ram, holder, log);
    Commands commands =
        new Commands(
            ram,
            secureChannel,
            new DataCommands(ram, holder, random, confirmation),
            log,
            certificates,
            directory,
            pins,
            new KeyCommands(ram, template, slots, use, hdKeys, elliptic, random, log, session),
            chosen,
            new Signing(ram, slots, use, chosen, elliptic, sha256, confirmation, log, session, workspace),
            new Agreement(ram, slots, chosen, elliptic, sha256, log),
            new Attestation(ram, template, slots, use, elliptic, sha256, log, session),
            confirmation,
            new Administration(ram, holder, slots, certificates, log, session, workspace));
    dispatcher =
        new Dispatcher(
            ram,
            new Catalogue(ram, holder, session),
            commands,
            session,
            confirmation,
            chosen,
            secureChannel,
            answer);
  }

  @Override
  public void process(APDU apdu) {
    if (selectingApplet()) dispatcher.selected(apdu);
    else dispatcher.process(apdu);
  }

  @Override
  public boolean select() {
    return select(false);
  }

  @Override
  public boolean select(boolean isActive) {
    // A card may have twenty channels: there are sessions for four, and other things behind them.
    if (JCSystem.getAssignedChannel() >= Ram.CHANNELS) return false;
    // What a cut left half done.
    holder.cleanUp();
    slots.cleanUp();
    begin();
    return true;
  }

  @Override
  public void deselect() {
    deselect(false);
  }

  @Override
  public void deselect(boolean isActive) {
    begin();
  }

  /** Ends what the channel had, and what waits for its holder or for GET RESPONSE on any. */
  private void begin() {
    byte channel = JCSystem.getAssignedChannel();
    confirmation.refuse();
    answer.drop();
    workspace.endOf(channel);
    session.end(channel);
  }

  /** In the install parameters: instance AID, privileges, parameter, each behind its length. */
  private static byte confirmationOf(byte[] parameters, short offset) {
    short at = (short) (offset + 1 + parameters[offset]);
    at = (short) (at + 1 + parameters[at]);
    boolean isTerminal = parameters[at] == 1 && parameters[(short) (at + 1)] == Protocol.CONFIRMATION_TERMINAL;
    return isTerminal ? Protocol.CONFIRMATION_TERMINAL : Protocol.CONFIRMATION_PIN;
  }
}
