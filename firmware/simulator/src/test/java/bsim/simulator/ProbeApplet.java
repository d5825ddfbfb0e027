// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.MultiSelectable;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.ECPrivateKey;
import javacard.security.KeyBuilder;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.apdu.ExtendedLength;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/** An applet that tells what the card gives it; see the instructions in {@link #answer}. */
public final class ProbeApplet extends Applet implements MultiSelectable, ExtendedLength {
  static final byte SELECT = 1;
  static final byte DESELECT = 2;
  static final byte MULTI_SELECT = 3;
  static final byte MULTI_DESELECT = 4;
  private static final short EVENTS = 0;
  private static final short EVENTS_MAX = 64;

  /** Count of events, and behind it for each what, is active, assigned channel, channel of the class. */
  private final byte[] events = new byte[1 + EVENTS_MAX * 4];
  private final byte[] kept = new byte[4];
  private final byte[] diversification = new byte[10];
  private final byte[] installParameters = new byte[32];
  private final byte[] onDeselect = JCSystem.makeTransientByteArray((short) 8, JCSystem.CLEAR_ON_DESELECT);
  private final byte[] onReset = JCSystem.makeTransientByteArray((short) 300, JCSystem.CLEAR_ON_RESET);
  private final RandomData random = RandomData.getInstance(RandomData.ALG_SECURE_RANDOM);
  private final byte[] drawnAtInstallation = new byte[16];
  private final MessageDigest sha256 = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
  private final Signature signature = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);
  private final ECPrivateKey key =
      (ECPrivateKey) KeyBuilder.buildKey(KeyBuilder.TYPE_EC_FP_PRIVATE, KeyBuilder.LENGTH_EC_FP_256, false);
  private final AESKey aes =
      (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES_TRANSIENT_RESET, KeyBuilder.LENGTH_AES_128, false);
  private boolean refuses;

  private ProbeApplet(byte[] parameters, short offset, byte length) {
    random.generateData(drawnAtInstallation, (short) 0, (short) 16);
    Util.arrayCopy(parameters, offset, installParameters, (short) 1, length);
    installParameters[0] = length;
    byte[] scalar = new byte[32];
    scalar[31] = 7;
    key.setS(scalar, (short) 0, (short) 32);
  }

  public static void install(byte[] parameters, short offset, byte length) {
    new ProbeApplet(parameters, offset, length).register();
  }

  @Override
  public boolean select() {
    return record(SELECT, (byte) 0);
  }

  @Override
  public boolean select(boolean isActive) {
    return record(MULTI_SELECT, (byte) (isActive ? 1 : 0));
  }

  @Override
  public void deselect() {
    record(DESELECT, (byte) 0);
  }

  @Override
  public void deselect(boolean isActive) {
    record(MULTI_DESELECT, (byte) (isActive ? 1 : 0));
  }

  @Override
  public void process(APDU apdu) {
    byte[] buffer = apdu.getBuffer();
    if (selectingApplet()) {
      buffer[0] = 1;
      send(apdu, buffer, (short) 0, (short) 1);
      return;
    }
    byte ins = buffer[ISO7816.OFFSET_INS];
    SecureChannel channel = GPSystem.getSecureChannel();
    boolean isIssuerClass = (buffer[0] & 0xE8) == 0x80;
    if (isIssuerClass && (ins == 0x50 || ins == (byte) 0x82)) {
      short length = channel.processSecurity(apdu);
      if (length > 0) Util.arrayCopy(diversification, (short) 0, buffer, (short) 5, (short) 10);
      send(apdu, buffer, (short) 5, length);
      return;
    }
    short length = apdu.setIncomingAndReceive();
    short end = (short) (apdu.getOffsetCdata() + length);
    if ((buffer[0] & 4) != 0) {
      short level = (short) (channel.getSecurityLevel() & 0xFF);
      if (level == 0) ISOException.throwIt(ISO7816.SW_SECURITY_STATUS_NOT_SATISFIED);
      end = channel.unwrap(buffer, (short) 0, end);
      Util.arrayCopy(buffer, (short) 0, onReset, (short) 0, end);
      Util.setShort(onReset, end, (short) 0x9000);
      short wrapped = channel.wrap(onReset, (short) 0, (short) (end + 2));
      send(apdu, onReset, (short) 0, wrapped);
      return;
    }
    answer(apdu, buffer, ins, length);
  }

  private void answer(APDU apdu, byte[] buffer, byte ins, short length) {
    byte p1 = buffer[ISO7816.OFFSET_P1];
    switch (ins) {
      case 0x01: // events, and forget them
        short count = (short) (1 + 4 * events[EVENTS]);
        Util.arrayCopy(events, (short) 0, buffer, (short) 0, count);
        events[EVENTS] = 0;
        send(apdu, buffer, (short) 0, count);
        return;
      case 0x02: // what an APDU says of itself
        short incoming = apdu.getIncomingLength();
        short data = apdu.getOffsetCdata();
        byte last = length == 0 ? 0 : buffer[(short) (data + length - 1)];
        short le = apdu.setOutgoing();
        buffer[0] = APDU.getCLAChannel();
        buffer[1] = JCSystem.getAssignedChannel();
        buffer[2] = APDU.getProtocol();
        buffer[3] = APDU.getCurrentAPDU() == apdu ? (byte) 1 : 0;
        Util.setShort(buffer, (short) 4, incoming);
        Util.setShort(buffer, (short) 6, data);
        Util.setShort(buffer, (short) 8, le);
        buffer[10] = last;
        apdu.setOutgoingLength((short) 11);
        apdu.sendBytes((short) 0, (short) 11);
        return;
      case 0x03: // remember P1 in all kinds of memory
        onDeselect[0] = p1;
        onReset[0] = p1;
        kept[0] = p1;
        Util.arrayFillNonAtomic(buffer, (short) 0, (short) 16, p1);
        aes.setKey(buffer, (short) 0);
        return;
      case 0x04: // say what is remembered
        buffer[0] = onDeselect[0];
        buffer[1] = onReset[0];
        buffer[2] = kept[0];
        buffer[3] = kept[1];
        Util.arrayFillNonAtomic(buffer, (short) 4, (short) 16, (byte) 0xEE);
        if (aes.isInitialized()) aes.getKey(buffer, (short) 4);
        send(apdu, buffer, (short) 0, (short) 20);
        return;
      case 0x05: // a transaction: P1 0 left open, 1 committed, 2 aborted, 3 ended by an exception
        JCSystem.beginTransaction();
        Util.arrayFillNonAtomic(kept, (short) 1, (short) 1, (byte) (kept[1] + 1));
        onReset[0]++;
        if (p1 == 1) JCSystem.commitTransaction();
        if (p1 == 2) JCSystem.abortTransaction();
        if (p1 == 3) ISOException.throwIt((short) 0x6A80);
        return;
      case 0x06: // a fault
        throw new ArrayIndexOutOfBoundsException("probe");
      case 0x07: // P1 random bytes
        random.generateData(buffer, (short) 0, p1);
        send(apdu, buffer, (short) 0, p1);
        return;
      case 0x08: // an ECDSA signature over no bytes
        signature.init(key, Signature.MODE_SIGN);
        short signed = signature.sign(buffer, (short) 0, (short) 0, buffer, (short) 0);
        send(apdu, buffer, (short) 0, signed);
        return;
      case 0x09: // life-cycle state, and whether P1 could be set
        buffer[1] = GPSystem.setCardContentState(p1) ? (byte) 1 : 0;
        buffer[0] = GPSystem.getCardContentState();
        send(apdu, buffer, (short) 0, (short) 2);
        return;
      case 0x0A: // key diversification data
        Util.arrayCopy(buffer, apdu.getOffsetCdata(), diversification, (short) 0, (short) 10);
        return;
      case 0x0B: // refuse to be selected from now on
        refuses = p1 != 0;
        return;
      case 0x0C: // parameters of the installation
        send(apdu, installParameters, (short) 1, installParameters[0]);
        return;
      case 0x0D: // hash the data and what came before since P1 was 1
        if (p1 == 1) sha256.update(buffer, apdu.getOffsetCdata(), length);
        else sha256.doFinal(buffer, apdu.getOffsetCdata(), length, buffer, (short) 0);
        if (p1 != 1) send(apdu, buffer, (short) 0, (short) 32);
        return;
      case 0x0E: // end the secure channel
        GPSystem.getSecureChannel().resetSecurity();
        return;
      case 0x0F: // P1 0: decrypt the data under the DEK, 1: encrypt it
        short at = apdu.getOffsetCdata();
        SecureChannel channel = GPSystem.getSecureChannel();
        if (p1 == 0) channel.decryptData(buffer, at, length);
        else channel.encryptData(buffer, at, length);
        send(apdu, buffer, at, length);
        return;
      case 0x10: // send P1-P2 bytes, then P3 as a status word of the data
        short size = Util.getShort(buffer, ISO7816.OFFSET_P1);
        short status = length == 2 ? Util.getShort(buffer, apdu.getOffsetCdata()) : (short) 0x9000;
        send(apdu, onReset, (short) 0, size);
        ISOException.throwIt(status);
        return;
      case 0x11: // what was drawn at installation
        send(apdu, drawnAtInstallation, (short) 0, (short) 16);
        return;
      case (byte) 0xA4: // a SELECT that selected nothing
        ISOException.throwIt((short) 0x6A82);
        return;
      default:
        ISOException.throwIt(ISO7816.SW_INS_NOT_SUPPORTED);
    }
  }

  private boolean record(byte what, byte isActive) {
    short at = (short) (1 + 4 * events[EVENTS]);
    events[at] = what;
    events[(short) (at + 1)] = isActive;
    events[(short) (at + 2)] = JCSystem.getAssignedChannel();
    events[(short) (at + 3)] = APDU.getCLAChannel();
    events[EVENTS]++;
    return !refuses;
  }

  private static void send(APDU apdu, byte[] bytes, short offset, short length) {
    apdu.setOutgoing();
    apdu.setOutgoingLength(length);
    apdu.sendBytesLong(bytes, offset, length);
  }
}
