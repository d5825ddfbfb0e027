// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import org.globalplatform.GPSystem;

/**
 * Takes a command from header to answer. The first check that fails gives the status word: secure messaging, instruction,
 * P1-P2, chaining, length, life cycle, access; what the data says is for the {@link Commands}.
 */
final class Dispatcher {
  private static final byte NO_COMMAND = -1;
  private static final short CHAIN_LENGTH_MAX = 0x7FFF;
  /** What {@link #execute} gives for GET RESPONSE: what waits goes on. */
  private static final short WAITING = -1;

  private static final byte CLA_CHANNEL = 0x03;
  private static final byte CLA_SECURE = 0x04;
  private static final byte CLA_CHAINING = 0x10;
  private static final byte CLA_OTHERS = (byte) ~(CLA_CHANNEL | CLA_SECURE | CLA_CHAINING);
  private static final byte INS_EXTERNAL_AUTHENTICATE = (byte) 0x82;

  private final byte[] ram;
  private final Catalogue catalogue;
  private final Commands commands;
  private final Session session;
  private final Confirmation confirmation;
  private final ChosenKeys keys;
  private final SecureChannelCommands secureChannel;
  private final Answer answer;
  private final Incoming incoming;

  Dispatcher(
      byte[] ram,
      Catalogue catalogue,
      Commands commands,
      Session session,
      Confirmation confirmation,
      ChosenKeys keys,
      SecureChannelCommands secureChannel,
      Answer answer) {
    this.ram = ram;
    this.catalogue = catalogue;
    this.commands = commands;
    this.session = session;
    this.confirmation = confirmation;
    this.keys = keys;
    this.secureChannel = secureChannel;
    this.answer = answer;
    incoming = new Incoming(ram);
  }

  /** Carries out a command and answers it. */
  void process(APDU apdu) {
    begin();
    short status = Protocol.SW_OK;
    byte source = Answer.NOWHERE;
    short length = 0;
    try {
      length = execute(apdu);
      source = ram[Ram.ANSWER_SOURCE];
      short proactive = Util.getShort(ram, Ram.PROACTIVE);
      if (proactive != 0) status = (short) ((short) 0x9100 | (short) (proactive & 0xFF));
    } catch (ISOException e) {
      status = e.getReason();
      fail();
    } catch (RuntimeException e) {
      // The platform's own, which it answers 6F00: whoever it was thrown past could not wipe what he had.
      session.forgetDerived();
      Util.arrayFillNonAtomic(ram, Ram.CRYPTO, (short) (Ram.LENGTH - Ram.CRYPTO), (byte) 0);
      fail();
      throw e;
    }
    if (length == WAITING) {
      answer.next(apdu);
      return;
    }
    if ((ram[Ram.LEVEL] & Protocol.LEVEL_R_MAC) != 0 && isProtected(status)) {
      length = answer.protect(GPSystem.getSecureChannel(), source, length, status);
      source = ram[Ram.ANSWER_SOURCE];
    }
    answer.give(apdu, source, length, status);
  }

  /** Answers the SELECT by which the applet was selected. */
  void selected(APDU apdu) {
    begin();
    answer.give(apdu, Answer.BYTES, commands.fileControlInformation(), Protocol.SW_OK);
  }

  /** Begins a command on the channel that it came on. */
  private void begin() {
    ram[Ram.CHANNEL] = APDU.getCLAChannel();
    ram[Ram.LEVEL] = 0;
    Util.setShort(ram, Ram.PROACTIVE, (short) 0);
  }

  /** Length of the answer, which lies where {@link Ram#ANSWER_SOURCE} says. */
  private short execute(APDU apdu) {
    byte[] buffer = apdu.getBuffer();
    byte command = NO_COMMAND;
    short fault = 0;
    try {
      command = receiveHeader(apdu, buffer);
    } catch (ISOException e) {
      fault = e.getReason();
    }
    boolean isReceived = ram[Ram.LEVEL] != 0;
    if (command != NO_COMMAND && !isReceived && bringsData(command)) incoming.receive(apdu);
    if (command != Protocol.COMMAND_GET_RESPONSE)
      confirmation.meet(command, Util.getShort(ram, Ram.DATA_LENGTH) != 0);
    if (command != Protocol.COMMAND_GET_RESPONSE || !answer.waits()) answer.drop();
    if (fault != 0) ISOException.throwIt(fault);
    checkChaining(command);
    short block = session.here();
    boolean isOfChain = ram[(short) (block + Ram.CHAIN_COMMAND)] == (byte) (command + 1);
    short before = isOfChain ? Util.getShort(ram, (short) (block + Ram.CHAIN_LENGTH)) : 0;
    if (!receivesItself(command)) checkLength(command, before);
    if (command == Protocol.COMMAND_GET_RESPONSE) {
      if (!answer.waits()) ISOException.throwIt(Protocol.SW_WRONG_STATE);
      return WAITING;
    }
    ram[Ram.ANSWER_SOURCE] = Answer.BYTES;
    catalogue.admit(command);
    short choice = keys.choiceOf(command);
    // Before the data is looked at: a choice that fails leaves none.
    if (choice != 0) session.forget(choice);
    return run(apdu, command, isOfChain, before);
  }

  /** Which command it is, without secure messaging. Throws 6700, 6982, 6D00, 6A86, 6A88 or 6E00. */
  private byte receiveHeader(APDU apdu, byte[] buffer) {
    byte cla = buffer[ISO7816.OFFSET_CLA];
    ram[Ram.IS_PART] = (byte) (cla & CLA_CHAINING);
    Util.setShort(ram, Ram.DATA_LENGTH, (short) 0);
    boolean isSecure = (cla & CLA_SECURE) != 0;
    byte plain = (byte) (cla & CLA_OTHERS);
    boolean isAuthentication = plain == (byte) 0x80 && buffer[ISO7816.OFFSET_INS] == INS_EXTERNAL_AUTHENTICATE;
    if (isSecure && !isAuthentication) {
      incoming.receive(apdu);
      // The card's runtime has one buffer, and secure messaging only with short lengths.
      boolean hasData = Util.getShort(ram, Ram.DATA_LENGTH) != 0;
      if (hasData && Util.getShort(ram, Ram.DATA) != ISO7816.OFFSET_CDATA)
        ISOException.throwIt(Protocol.SW_WRONG_LENGTH);
      incoming.receiveRest(apdu);
      Util.setShort(ram, Ram.DATA_LENGTH, secureChannel.unwrap(buffer, Util.getShort(ram, Ram.DATA_LENGTH)));
      ram[Ram.LEVEL] = secureChannel.level();
    }
    byte command = catalogue.find(plain, buffer);
    boolean opensChannel = command == Protocol.COMMAND_EXTERNAL_AUTHENTICATE;
    if ((opensChannel && !isSecure) || (command == Protocol.COMMAND_INITIALIZE_UPDATE && isSecure))
      ISOException.throwIt(Protocol.SW_UNKNOWN_CLASS);
    return command;
  }

  /** Whether the platform receives the data of a command. */
  private static boolean receivesItself(byte command) {
    return command == Protocol.COMMAND_INITIALIZE_UPDATE || command == Protocol.COMMAND_EXTERNAL_AUTHENTICATE;
  }

  /** Whether data is to be received here: with T=0 nobody but the applet knows that there is none. */
  private boolean bringsData(byte command) {
    if (receivesItself(command)) return false;
    return catalogue.most(command) > 0
        || (byte) (APDU.getProtocol() & APDU.PROTOCOL_TYPE_MASK) == APDU.PROTOCOL_T1;
  }

  private void checkChaining(byte command) {
    short block = session.here();
    byte running = ram[(short) (block + Ram.CHAIN_COMMAND)];
    if (ram[Ram.IS_PART] != 0 && !catalogue.isInParts(command))
      ISOException.throwIt(Protocol.SW_CHAINING_UNSUPPORTED);
    // Inside a secure channel every part has an answer, which T=0 fetches before the next part.
    if (command == Protocol.COMMAND_GET_RESPONSE || running == 0) return;
    boolean isSecure = ram[(short) (block + Ram.CHAIN_SECURE)] != 0;
    if (running != (byte) (command + 1) || isSecure != (ram[Ram.LEVEL] != 0))
      ISOException.throwIt(Protocol.SW_LAST_COMMAND_EXPECTED);
  }

  /** The longest length of a streamed command is that of a part; the shortest is that of the whole. */
  private void checkLength(byte command, short before) {
    short length = Util.getShort(ram, Ram.DATA_LENGTH);
    short most = catalogue.most(command);
    short gathered = catalogue.isStreamed(command) ? 0 : before;
    boolean isTooLong = length < 0 || length > (short) (most - gathered);
    short whole = (short) (most - before) < length ? most : (short) (before + length);
    if (isTooLong || (ram[Ram.IS_PART] == 0 && !catalogue.fits(command, whole)))
      ISOException.throwIt(Protocol.SW_WRONG_LENGTH);
  }

  private short run(APDU apdu, byte command, boolean isOfChain, short before) {
    byte[] buffer = apdu.getBuffer();
    short at = Util.getShort(ram, Ram.DATA);
    short length = Util.getShort(ram, Ram.DATA_LENGTH);
    if (!catalogue.isInParts(command)) {
      if (ram[Ram.LEVEL] == 0 && bringsData(command)) incoming.receiveRest(apdu);
      try {
        return commands.run(command, apdu, buffer, at, length);
      } finally {
        if (catalogue.hasSecret(command)) Util.arrayFillNonAtomic(buffer, at, length, (byte) 0);
      }
    }
    if (!isOfChain) commands.begin(command);
    short taken = take(apdu, command, before, buffer, at, length);
    if (ram[Ram.IS_PART] != 0) {
      short block = session.here();
      ram[(short) (block + Ram.CHAIN_COMMAND)] = (byte) (command + 1);
      ram[(short) (block + Ram.CHAIN_SECURE)] = ram[Ram.LEVEL];
      Util.setShort(ram, (short) (block + Ram.CHAIN_LENGTH), taken);
      return 0;
    }
    dropChain();
    return commands.end(command, taken);
  }

  /** Hands on the data as it is received; gives the bytes of the chain so far. */
  private short take(APDU apdu, byte command, short before, byte[] buffer, short at, short length) {
    short part = ram[Ram.LEVEL] != 0 ? length : Util.getShort(ram, Ram.RECEIVED);
    for (;;) {
      commands.part(command, before, buffer, at, part);
      before = (short) (CHAIN_LENGTH_MAX - part) < before ? CHAIN_LENGTH_MAX : (short) (before + part);
      length -= part;
      if (length <= 0) return before;
      part = apdu.receiveBytes(at);
    }
  }

  private void dropChain() {
    ram[(short) (session.here() + Ram.CHAIN_COMMAND)] = 0;
  }

  /** Ends what the channel was in the middle of. */
  private void fail() {
    if (JCSystem.getTransactionDepth() != 0) JCSystem.abortTransaction();
    dropChain();
    answer.drop();
    confirmation.failed(ram[Ram.CHANNEL]);
  }

  /** A warning, such as a wrong PIN, is an answer like 9000: it has its MAC. Errors and 91XX come bare. */
  private static boolean isProtected(short status) {
    short first = (short) ((status >> 8) & 0xFF);
    return status == Protocol.SW_OK || first == 0x62 || first == 0x63;
  }
}
