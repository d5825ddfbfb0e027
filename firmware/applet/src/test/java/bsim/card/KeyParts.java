// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.security.MessageDigest;
import javacard.security.RandomData;

/**
 * The parts of the applet that know keys, put together as the applet does, without what dispatches to them.
 */
final class KeyParts {
  /** A handler: takes its data in place and gives the length of its answer. */
  interface Command {
    short run(byte[] data, short at, short length);
  }

  /** Where the data of a short command lies in the APDU buffer. */
  private static final short DATA = 5;

  final byte[] ram = new byte[Ram.LENGTH];
  final Holder holder = new Holder();
  final KeySlots slots;
  final KeyTemplate template = new KeyTemplate(ram);
  final KeyUse use;
  final KeyDirectory directory;
  final SecurityLog log;
  final Session session;
  final KeyCommands commands;
  final Attestation attestation;

  KeyParts(RandomData random) {
    RandomData vaultRandom = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
    MessageDigest sha256 = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
    Elliptic elliptic = new Elliptic(ram);
    HdKeys hdKeys = new HdKeys(ram, elliptic, new HmacSha512(ram));
    slots = new KeySlots(new Vault(ram, vaultRandom));
    use = new KeyUse(ram, slots, hdKeys, elliptic);
    directory = new KeyDirectory(ram, slots);
    log = new SecurityLog(ram, sha256);
    session = new Session(ram, holder, slots);
    commands = new KeyCommands(ram, template, slots, use, hdKeys, elliptic, random, log, session);
    attestation = new Attestation(ram, template, slots, use, elliptic, sha256, log, session);
  }

  KeyParts() {
    this(RandomData.getInstance(RandomData.ALG_SECURE_RANDOM));
  }

  /** Who is here from now on: on a blank card the administrator, else whoever verified which PIN. */
  void enter(byte presence) {
    boolean isBlank = presence == Session.ISSUER;
    holder.setLifeCycle(isBlank ? Protocol.LIFE_CYCLE_SELECTABLE : Protocol.LIFE_CYCLE_PERSONALISED);
    ram[Ram.LEVEL] = (byte) (isBlank ? 0x33 : 0);
    session.setVerified(isBlank ? Session.NOBODY : presence);
  }

  /** Answer and status word of a command with the data. */
  byte[] run(Command command, byte[] data) {
    byte[] buffer = new byte[261];
    System.arraycopy(data, 0, buffer, DATA, data.length);
    short status = Protocol.SW_OK;
    short length = 0;
    try {
      length = command.run(buffer, DATA, (short) data.length);
    } catch (ISOException e) {
      status = e.getReason();
      if (JCSystem.getTransactionDepth() != 0) JCSystem.abortTransaction();
    }
    byte[] answer = Arrays.copyOfRange(ram, Ram.ANSWER_BYTES, Ram.ANSWER_BYTES + length + 2);
    answer[length] = (byte) (status >> 8);
    answer[length + 1] = (byte) status;
    return answer;
  }

  /** The same in hexadecimal, blanks allowed. */
  String run(Command command, String data) {
    return hex(run(command, bytes(data)));
  }

  /** All entries of the key directory, in pieces of so many bytes. */
  byte[] entries(int piece) {
    byte[] out = new byte[directory.length()];
    for (int at = 0; at < out.length; at += piece)
      directory.copy((short) at, out, (short) at, (short) Math.min(piece, out.length - at));
    return out;
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", "").toLowerCase());
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().withUpperCase().formatHex(bytes);
  }
}
