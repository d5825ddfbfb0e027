// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.function.IntSupplier;
import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import org.globalplatform.SecureChannel;

/**
 * The secure channel as the applet gets it, on the logical channel on which the applet runs.
 *
 * <p>{@link #processSecurity} answers zeros as key diversification data: the applet writes its own over the
 * first 10 bytes of the response, which no MAC covers. With an error status word and R-MAC {@link #wrap}
 * leaves nothing.
 */
final class AppletSecureChannel implements SecureChannel {
  private final SecurityDomain domain;
  private final byte[] aid;
  private final IntSupplier channel;
  private boolean isRehearsal;

  /** {@code channel}: the logical channel on which the applet runs. */
  AppletSecureChannel(SecurityDomain domain, byte[] aid, IntSupplier channel) {
    this.domain = domain;
    this.aid = aid.clone();
    this.channel = channel;
  }

  /** From now on INITIALIZE UPDATE answers zeros, of the right length, and begins nothing. */
  void rehearse(boolean isRehearsal) {
    this.isRehearsal = isRehearsal;
  }

  @Override
  public short processSecurity(APDU apdu) {
    byte[] buffer = apdu.getBuffer();
    int cla = buffer[ISO7816.OFFSET_CLA] & 0xFF;
    int instruction = Instruction.of(cla, buffer[ISO7816.OFFSET_INS] & 0xFF);
    boolean isBeginning = instruction == Instruction.INITIALIZE_UPDATE;
    boolean isSecure = (cla & Command.SECURE_MESSAGING) != 0;
    if (instruction >> 8 != 0x80) ISOException.throwIt(ISO7816.SW_CLA_NOT_SUPPORTED);
    if (!isBeginning && instruction != Instruction.EXTERNAL_AUTHENTICATE)
      ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
    if (isBeginning == isSecure) ISOException.throwIt(ISO7816.SW_CLA_NOT_SUPPORTED);
    apdu.setIncomingAndReceive();
    int length = apdu.getIncomingLength();
    int from = apdu.getOffsetCdata();
    boolean isExtended = from != ISO7816.OFFSET_CDATA;
    Command command = commandIn(buffer, 0, from, length, isExtended);
    try {
      byte[] response = isBeginning ? initializeUpdate(command) : externalAuthenticate(command);
      System.arraycopy(response, 0, buffer, ISO7816.OFFSET_CDATA, response.length);
      return (short) response.length;
    } catch (StatusException refusal) {
      ISOException.throwIt((short) refusal.status());
      return 0;
    }
  }

  @Override
  public short wrap(byte[] buffer, short offset, short length) {
    refuseAborted();
    int dataLength = length - 2;
    if (domain.levelOn(here()) == 0) return (short) dataLength;
    int status = Bytes.readUint16(buffer, offset + dataLength);
    byte[] wrapped = domain.wrap(Bytes.slice(buffer, offset, offset + dataLength), status, here());
    System.arraycopy(wrapped, 0, buffer, offset, wrapped.length);
    return (short) wrapped.length;
  }

  @Override
  public short unwrap(byte[] buffer, short offset, short length) {
    int cla = buffer[offset + ISO7816.OFFSET_CLA] & 0xFF;
    if ((cla & Command.SECURE_MESSAGING) == 0) return length;
    refuseAborted();
    if (domain.levelOn(here()) == 0) return length;
    boolean isExtended = length > ISO7816.OFFSET_EXT_CDATA && buffer[offset + ISO7816.OFFSET_LC] == 0;
    int header = isExtended ? ISO7816.OFFSET_EXT_CDATA : ISO7816.OFFSET_CDATA;
    Command command =
        commandIn(buffer, offset, offset + header, Math.max(0, length - header), isExtended);
    byte[] plain;
    try {
      plain = domain.unwrapForApplication(command, here());
    } catch (StatusException refusal) {
      ISOException.throwIt((short) refusal.status());
      return 0;
    }
    buffer[offset + ISO7816.OFFSET_CLA] = (byte) (cla & ~Command.SECURE_MESSAGING);
    byte[] lc = isExtended ? Bytes.of(0, plain.length >> 8, plain.length) : Bytes.of(plain.length);
    System.arraycopy(lc, 0, buffer, offset + ISO7816.OFFSET_LC, lc.length);
    System.arraycopy(plain, 0, buffer, offset + header, plain.length);
    return (short) (header + plain.length);
  }

  @Override
  public short decryptData(byte[] buffer, short offset, short length) {
    return underDek(false, buffer, offset, length);
  }

  @Override
  public short encryptData(byte[] buffer, short offset, short length) {
    return underDek(true, buffer, offset, length);
  }

  @Override
  public void resetSecurity() {
    domain.endOn(here());
  }

  @Override
  public byte getSecurityLevel() {
    int level = domain.levelOn(here());
    return (byte) (level == 0 ? NO_SECURITY_LEVEL : AUTHENTICATED | level);
  }

  private int here() {
    return channel.getAsInt();
  }

  private byte[] initializeUpdate(Command command) {
    if (command.p1() > 0x7F || command.p2() != 0) throw new StatusException(Status.BAD_PARAMETERS);
    int length = command.data().length;
    if (length < 8 || length > 16) throw new StatusException(Status.WRONG_LENGTH);
    if (isRehearsal) return new byte[domain.responseLength()];
    byte[] none = new byte[SecurityDomain.DIVERSIFICATION_LENGTH];
    return domain.initializeUpdate(here(), aid, none, command.p1(), command.data());
  }

  private byte[] externalAuthenticate(Command command) {
    if (!Scp03.isLevel(command.p1()) || command.p2() != 0) throw new StatusException(Status.BAD_PARAMETERS);
    int length = command.data().length;
    if (length < 16 || length > 32 || command.extended()) throw new StatusException(Status.WRONG_LENGTH);
    domain.externalAuthenticate(here(), command);
    return Bytes.NONE;
  }

  private short underDek(boolean isEncryption, byte[] buffer, short offset, short length) {
    byte[] dek = domain.dekOn(here());
    if (dek == null) ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
    if (length % Scp03.BLOCK != 0) ISOException.throwIt(ISO7816.SW_WRONG_LENGTH);
    byte[] result = Scp03.underDek(dek, isEncryption, Bytes.slice(buffer, offset, offset + length));
    System.arraycopy(result, 0, buffer, offset, length);
    return length;
  }

  private void refuseAborted() {
    if (domain.isAbortedOn(here())) ISOException.throwIt(ISO7816.SW_CONDITIONS_NOT_SATISFIED);
  }

  private static Command commandIn(byte[] buffer, int at, int dataAt, int length, boolean isExtended) {
    byte[] data = Bytes.slice(buffer, dataAt, dataAt + length);
    return new Command(buffer, buffer[at] & 0xFF, buffer[at + 1] & 0xFF, buffer[at + 2] & 0xFF,
        buffer[at + 3] & 0xFF, data, Command.NO_LE, isExtended);
  }
}
