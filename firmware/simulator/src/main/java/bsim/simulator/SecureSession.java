// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.Arrays;

/**
 * The card's end of an SCP03 session. Source: GlobalPlatform Amendment D v1.2 §6.2.3 to §6.2.7.
 *
 * <p>Le and the logical channel are not covered by the C-MAC, whose length counts in Lc.
 */
final class SecureSession {
  private final byte[] enc;
  private final byte[] mac;
  private final byte[] rmac;
  private final byte[] cardCryptogram;
  private final byte[] hostCryptogram;
  /** Length of challenges, cryptograms and MACs: 8 in mode S8, 16 in S16. */
  private final int macLength;

  private byte[] chaining = new byte[Scp03.BLOCK];
  private int counter;
  private int level;

  /** Derives the keys of a session between those two challenges, before EXTERNAL AUTHENTICATE. */
  SecureSession(KeySet keys, byte[] hostChallenge, byte[] cardChallenge) {
    byte[] context = Bytes.concat(hostChallenge, cardChallenge);
    macLength = hostChallenge.length;
    enc = Scp03.derive(keys.enc(), Scp03.S_ENC, context, keys.enc().length);
    mac = Scp03.derive(keys.mac(), Scp03.S_MAC, context, keys.mac().length);
    rmac = Scp03.derive(keys.mac(), Scp03.S_RMAC, context, keys.mac().length);
    cardCryptogram = Scp03.derive(mac, Scp03.CARD_CRYPTOGRAM, context, macLength);
    hostCryptogram = Scp03.derive(mac, Scp03.HOST_CRYPTOGRAM, context, macLength);
  }

  byte[] cardCryptogram() {
    return cardCryptogram;
  }

  /** 0 until the host is authenticated and once the session is over. */
  int level() {
    return level;
  }

  /**
   * Whether EXTERNAL AUTHENTICATE has a permitted level, the host cryptogram and a right C-MAC; else it is
   * over.
   */
  boolean accept(Command command) {
    byte[] given = level == 0 && Scp03.isLevel(command.p1()) && command.p2() == 0 ? verified(command) : null;
    if (given == null || !Bytes.equal(given, hostCryptogram)) {
      close();
      return false;
    }
    level = command.p1();
    return true;
  }

  /** Plain data of a protected command; null where it does not verify, and then the session is over. */
  byte[] unwrap(Command command) {
    byte[] sent = level == 0 ? null : verified(command);
    if (sent == null) {
      close();
      return null;
    }
    counter++;
    byte[] plain = has(Scp03.C_ENCRYPTION) ? Scp03.decrypt(enc, false, counter, sent) : sent;
    if (plain == null) close();
    return plain;
  }

  /**
   * Data field of the answer to the command that was unwrapped last: with its R-MAC after 9000 and warnings,
   * none with an error; unchanged where the level protects no answers. Source: GlobalPlatform Amendment D
   * v1.2 §6.2.5.
   */
  byte[] wrap(byte[] data, int status) {
    if (!has(Scp03.R_MAC)) return data;
    if (!isProtected(status)) return Bytes.NONE;
    byte[] sent = has(Scp03.R_ENCRYPTION) ? Scp03.encrypt(enc, true, counter, data) : data;
    byte[] full = Scp03.cmac(rmac, chaining, sent, Bytes.uint16(status));
    return Bytes.concat(sent, Arrays.copyOf(full, macLength));
  }

  /** Wipes the session keys. */
  void close() {
    level = 0;
    Bytes.wipe(enc, mac, rmac, chaining, hostCryptogram);
  }

  private boolean has(int bit) {
    return (level & bit) != 0;
  }

  private static boolean isProtected(int status) {
    int first = status >> 8;
    return status == Status.OK || first == 0x62 || first == 0x63;
  }

  /** The data without its MAC, or null; the chaining value moves on only where the MAC fits. */
  private byte[] verified(Command command) {
    int end = command.data().length - macLength;
    if (end < 0) return null;
    byte[] sent = Arrays.copyOf(command.data(), end);
    int lc = command.data().length;
    int cla = command.cla() & ~Command.CHANNEL | Command.SECURE_MESSAGING;
    byte[] header = Bytes.of(cla, command.ins(), command.p1(), command.p2());
    byte[] length = command.extended() ? Bytes.of(0, lc >> 8, lc) : Bytes.of(lc);
    byte[] full = Scp03.cmac(mac, chaining, header, length, sent);
    byte[] given = Bytes.slice(command.data(), end, lc);
    if (!Bytes.equal(Arrays.copyOf(full, macLength), given)) return null;
    chaining = full;
    return sent;
  }
}
