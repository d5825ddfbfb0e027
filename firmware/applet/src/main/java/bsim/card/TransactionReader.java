// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * A reader of a Sig_structure ["Signature1", protected, h'', payload] that is a transaction of the card's own
 * key, by the rules of docs/transaction.md; it comes in parts of any length, and what is something else is
 * 6A80. What the key's policy does not allow is 6985, but only when the transaction is complete.
 *
 * <p>Source: RFC 9052 §4.4 (Sig_structure).
 */
final class TransactionReader {
  /** Head of an empty byte string, and of the longest whose length is in the head. */
  private static final short BYTE_STRING = 0x40;
  private static final short BYTE_STRING_INLINE_MAX = 0x57;
  private static final short LENGTH_BYTES_MAX = 2;
  private static final short INLINE_LENGTHS = 24;

  private final byte[] ram;
  private final SigningPolicy policy;
  private final TransactionPayload payload;
  private final CborReader cbor;

  /**
   * {@code ram} is the applet's, laid out by {@link TransactionRam}; {@code policies} has the policies of the
   * keys.
   */
  TransactionReader(byte[] ram, byte[] policies) {
    this.ram = ram;
    policy = new SigningPolicy(ram, policies);
    payload = new TransactionPayload(ram, policy);
    cbor = new CborReader(ram, payload);
  }

  /**
   * Begins with a transaction of the key on P-256 or secp256k1 whose point 04‖X‖Y that is. Of the policy only
   * the place is kept.
   */
  void begin(byte curve, byte[] point, short at, short policyAt, short policyLength) {
    policy.begin(policyAt, policyLength);
    ram[TransactionRam.ALIVE] = 1;
    Util.setShort(ram, TransactionRam.READ, (short) 0);
    ram[TransactionRam.LENGTH_LEFT] = TransactionRam.BEFORE_LENGTH;
    Util.setShort(ram, TransactionRam.PAYLOAD_LEFT, (short) 0);
    cbor.begin();
    short coseCurve =
        curve == Protocol.ALGORITHM_P256 ? Protocol.COSE_CURVE_P256 : Protocol.COSE_CURVE_SECP256K1;
    payload.begin((byte) coseCurve, point, at);
  }

  /** Reads on. Throws 6A80, and again for all that follows. */
  void write(byte[] buffer, short at, short length) {
    if (ram[TransactionRam.ALIVE] == 0) CborReader.refuse();
    ram[TransactionRam.ALIVE] = 0;
    short end = (short) (at + length);
    short read = Util.getShort(ram, TransactionRam.READ);
    // Before anything is read, so that no part can be too long by being the last.
    if (length > (short) (Protocol.SIGNED_BYTES_MAX - read)) CborReader.refuse();
    while (at < end && ram[TransactionRam.LENGTH_LEFT] != 0) {
      around(buffer[at], read);
      at++;
      read++;
    }
    short rest = (short) (end - at);
    short left = Util.getShort(ram, TransactionRam.PAYLOAD_LEFT);
    // Below 0 it is 32768 or more.
    if (left >= 0 && rest > left) CborReader.refuse();
    Util.setShort(ram, TransactionRam.PAYLOAD_LEFT, (short) (left - rest));
    Util.setShort(ram, TransactionRam.READ, (short) (read + rest));
    cbor.write(buffer, at, rest);
    ram[TransactionRam.ALIVE] = 1;
  }

  /**
   * Writes what the key will have spent, 8 bytes, when it signs what was read and has spent so much before.
   * Throws 6A80 when the transaction is not complete, else 6985 when the policy does not allow it. {@code
   * next} must not be a part of what the reader keeps.
   */
  void end(byte[] spent, short spentAt, byte[] next, short nextAt) {
    boolean isRead = ram[TransactionRam.ALIVE] != 0 && ram[TransactionRam.LENGTH_LEFT] == 0;
    boolean isEnded = Util.getShort(ram, TransactionRam.PAYLOAD_LEFT) == 0 && cbor.isComplete();
    if (!isRead || !isEnded) CborReader.refuse();
    if (!policy.hasFlag(Protocol.POLICY_TRANSACTIONS)) SigningPolicy.refuse();
    if (payload.has(TransactionPayload.FORBIDDEN)) SigningPolicy.refuse();
    if (payload.has(TransactionPayload.PAYS)) policy.spend(spent, spentAt, next, nextAt);
    else Util.arrayCopyNonAtomic(spent, spentAt, next, nextAt, Amount.LENGTH);
  }

  /**
   * Writes what the holder is asked, in ASCII, at most {@link ConfirmationText#MAX} bytes, and gives its
   * length. To be called once, after {@link #end}: of the amount nothing is left then. Of {@code hash},
   * SHA-256 of the Sig_structure, 4 bytes are shown; {@code out} must not be a part of what the reader keeps.
   * Throws 6985 for more than one message, which no display would show whole.
   */
  short confirmationText(byte[] hash, short hashAt, byte[] out, short outAt) {
    if (ram[TransactionRam.MESSAGES] != 1) SigningPolicy.refuse();
    boolean pays = payload.has(TransactionPayload.PAYS);
    return ConfirmationText.write(ram, pays, policy.digits(), hash, hashAt, out, outAt);
  }

  /** Takes the next byte before the payload, which is that many bytes after the first. */
  private void around(byte next, short read) {
    byte[] prefix = TransactionPrefix.of(ram[TransactionRam.OWN_CURVE]);
    if (read < (short) prefix.length) {
      if (next != prefix[read]) CborReader.refuse();
      return;
    }
    short place = (short) (read - (short) prefix.length);
    short code = (short) (next & 0xFF);
    if (place == 0) payloadHead(code);
    else payloadLength(code, place);
  }

  private void payloadHead(short code) {
    short lengthBytes = (short) (code - BYTE_STRING_INLINE_MAX);
    if (code < BYTE_STRING || lengthBytes > LENGTH_BYTES_MAX) CborReader.refuse();
    boolean isInline = lengthBytes <= 0;
    ram[TransactionRam.LENGTH_LEFT] = (byte) (isInline ? 0 : lengthBytes);
    Util.setShort(ram, TransactionRam.PAYLOAD_LEFT, isInline ? (short) (code - BYTE_STRING) : 0);
  }

  /** Takes the first or second byte of the length. */
  private void payloadLength(short code, short place) {
    short high = (short) (Util.getShort(ram, TransactionRam.PAYLOAD_LEFT) << 8);
    Util.setShort(ram, TransactionRam.PAYLOAD_LEFT, (short) (high | code));
    ram[TransactionRam.LENGTH_LEFT]--;
    if (ram[TransactionRam.LENGTH_LEFT] != 0) return;
    boolean isShortest = place == 1 ? code >= INLINE_LENGTHS : high != 0;
    if (!isShortest) CborReader.refuse();
  }
}
