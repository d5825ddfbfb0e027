// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.APDU;
import javacard.framework.ISO7816;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/**
 * The secure channel of the card's security domain, for the administrator: opens it, with an entry in the log, and
 * unwraps what comes through it. Keys, counters and cryptography are the platform's.
 */
final class SecureChannelCommands {
  /** Bits of a security level that say what is protected. */
  static final byte PROTECTION =
      SecureChannel.C_MAC | SecureChannel.C_DECRYPTION | SecureChannel.R_MAC | SecureChannel.R_ENCRYPTION;

  /** Key diversification data, and behind it the version of the key set. Source: GlobalPlatform Amendment D §7.1.1. */
  private static final short DIVERSIFICATION_LENGTH = 10;

  private final byte[] ram;
  private final Holder holder;
  private final SecurityLog log;

  SecureChannelCommands(byte[] ram, Holder holder, SecurityLog log) {
    this.ram = ram;
    this.holder = holder;
    this.log = log;
  }

  /** INITIALIZE UPDATE; the answer says of which card the keys are: its ICCID, zeros where it has none. */
  short initializeUpdate(APDU apdu) {
    byte[] buffer = apdu.getBuffer();
    short length = GPSystem.getSecureChannel().processSecurity(apdu);
    short at = ISO7816.OFFSET_CDATA;
    if (holder.isHeld()) holder.get(Holder.ICCID, DIVERSIFICATION_LENGTH, buffer, at);
    else Util.arrayFillNonAtomic(buffer, at, DIVERSIFICATION_LENGTH, (byte) 0);
    ram[Ram.KEY_VERSION] = buffer[(short) (at + DIVERSIFICATION_LENGTH)];
    Util.arrayCopyNonAtomic(buffer, at, ram, Ram.ANSWER_BYTES, length);
    return length;
  }

  /** EXTERNAL AUTHENTICATE. */
  void externalAuthenticate(APDU apdu) {
    byte level = apdu.getBuffer()[ISO7816.OFFSET_P1];
    try {
      GPSystem.getSecureChannel().processSecurity(apdu);
    } catch (ISOException e) {
      if (e.getReason() == Protocol.SW_AUTHENTICATION_FAILED) record(Protocol.LOG_CHANNEL_REFUSED, (byte) 0, (short) 0);
      throw e;
    }
    record(Protocol.LOG_CHANNEL_OPENED, ram[Ram.KEY_VERSION], level);
  }

  /** The level of the command that was unwrapped, in the bits of Protocol.LEVEL_. */
  byte level() {
    return (byte) (GPSystem.getSecureChannel().getSecurityLevel() & PROTECTION);
  }

  /** Verifies a command that lies in the buffer and decrypts it there; gives the length of its data. Throws 6982. */
  short unwrap(byte[] buffer, short length) {
    SecureChannel channel = GPSystem.getSecureChannel();
    if (channel.getSecurityLevel() == SecureChannel.NO_SECURITY_LEVEL) ISOException.throwIt(Protocol.SW_NOT_AUTHORISED);
    channel.unwrap(buffer, (short) 0, (short) (ISO7816.OFFSET_CDATA + length));
    return (short) (buffer[ISO7816.OFFSET_LC] & 0xFF);
  }

  private void record(byte event, byte reference, short detail) {
    JCSystem.beginTransaction();
    log.add(event, reference, detail);
    JCSystem.commitTransaction();
  }
}
