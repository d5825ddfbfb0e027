// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import bsim.simulator.Administrator;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;

/**
 * Whoever has the card in a reader: sends commands one after the other, and may take the card out in the
 * middle of one.
 */
final class Reader {
  static final int TEST_VERSION = 0x30;
  static final byte[] TEST_KEY = Apdu.bytes("404142434445464748494A4B4C4D4E4F");

  /** The card was taken out, as it was to be. */
  static final class Torn extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private final TearableCard card;
  /** Public points of keys on P-256, by reference. */
  private final Map<Integer, String> points;
  private final Cut.Remains remains;
  private Cut cut;
  private Administrator administrator;
  private int chosen;
  private String transaction = "";
  private byte[] last = {};

  Reader(TearableCard card, Map<Integer, String> points, Cut.Remains remains) {
    this.card = card;
    this.points = points;
    this.remains = remains;
  }

  /** From now on the next command is cut, by {@link Torn}. */
  void arm(Cut cut) {
    this.cut = cut;
  }

  /** The command that was sent last. */
  byte[] last() {
    return last;
  }

  String send(String apdu) {
    return Apdu.hex(transmit(Apdu.bytes(apdu)));
  }

  /** Sends a command inside the secure channel; gives the plain answer. */
  String secure(String apdu) {
    return Apdu.hex(administrator.unwrap(transmit(administrator.wrap(Apdu.bytes(apdu)))));
  }

  /** The same for a command whose answer does not come whole: as it comes. */
  String secureUnfetched(String apdu) {
    return Apdu.hex(transmit(administrator.wrap(Apdu.bytes(apdu))));
  }

  void initializeUpdate() {
    administrator = new Administrator(this::transmit, TEST_VERSION, TEST_KEY);
  }

  /** EXTERNAL AUTHENTICATE; a byte of the APDU may be wrong. */
  String authenticate(int wrongAt) {
    byte[] apdu = administrator.authentication();
    if (wrongAt != 0) apdu[wrongAt] ^= 1;
    return Apdu.hex(transmit(apdu));
  }

  String choose(int reference, String path) {
    chosen = reference;
    return send(Apdu.chooseForSignatures(reference, path));
  }

  /** Has the chosen key sign a transfer. */
  String transfer(int nonce, int amount) {
    transaction = Apdu.transfer(points.get(chosen), nonce, amount);
    return send(Apdu.signTransaction(transaction));
  }

  /** Confirms that transfer. */
  String confirm(String pin) {
    return send(Apdu.confirm(pin, Apdu.hex(sha256(Apdu.bytes(transaction)))));
  }

  private byte[] transmit(byte[] apdu) {
    last = apdu;
    if (cut == null) return card.process(apdu, remains);
    card.tear(apdu, cut);
    throw new Torn();
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException cause) {
      throw new IllegalStateException(cause);
    }
  }
}
