// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/**
 * Tells whether a message that comes in parts begins as the Sig_structure of a transaction that the key could
 * sign: what is one is signed whole or not at all, since else a hash on the card would go past the key's
 * policy. It keeps 2 bytes, the first of the workspace's area.
 */
final class TransactionPrefix {
  static final short LENGTH = 2;
  /** COSE curve of the key, 0 once the message differs, or where the curve signs no transactions. */
  private static final short CURVE = Ram.WORK_AREA;
  /** Bytes of the prefix that came. */
  private static final short PLACE = (short) (CURVE + 1);

  private final byte[] ram;

  TransactionPrefix(byte[] ram) {
    this.ram = ram;
  }

  /** The bytes of a Sig_structure before the head of its payload, by the COSE curve of its key. */
  static byte[] of(byte coseCurve) {
    return coseCurve == Protocol.COSE_CURVE_P256
        ? Protocol.SIG_STRUCTURE_P256
        : Protocol.SIG_STRUCTURE_SECP256K1;
  }

  /** Begins with a message of a key on that curve, one of Protocol.ALGORITHM_*. */
  void begin(byte curve) {
    short coseCurve = 0;
    if (curve == Protocol.ALGORITHM_P256) coseCurve = Protocol.COSE_CURVE_P256;
    else if (curve == Protocol.ALGORITHM_SECP256K1) coseCurve = Protocol.COSE_CURVE_SECP256K1;
    ram[CURVE] = (byte) coseCurve;
    ram[PLACE] = 0;
  }

  /** Takes the next part; true once the beginning is that of a transaction. */
  boolean matches(byte[] buffer, short at, short length) {
    byte coseCurve = ram[CURVE];
    if (coseCurve == 0) return false;
    byte[] prefix = of(coseCurve);
    short place = ram[PLACE];
    short end = (short) (at + length);
    for (short i = at; i < end && place < (short) prefix.length; i++) {
      if (buffer[i] != prefix[place]) {
        ram[CURVE] = 0;
        return false;
      }
      place++;
    }
    ram[PLACE] = (byte) place;
    return place == (short) prefix.length;
  }
}
