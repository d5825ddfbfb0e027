// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacard.security.MessageDigest;

/**
 * INTERNAL AUTHENTICATE that states a key of the card over a challenge: a COSE_Sign1, signed by the
 * attestation key. What is signed, the Sig_structure, is hashed in pieces. Source: RFC 9052 §4.2, §4.4;
 * docs/card.md, "Attestation".
 */
final class Attestation {
  // Labels of the statement, all of them one byte; the path comes last, and only of a wallet's derived key.
  private static final byte CHALLENGE = 1;
  private static final byte KEY = 2;
  private static final byte REFERENCE = 3;
  private static final byte ROLE = 4;
  private static final byte USAGE = 5;
  private static final byte POLICY = 6;
  private static final byte ORIGIN = 7;
  private static final byte SIGNATURES = 8;
  private static final byte LOG_SEQUENCE = 9;
  private static final byte LOG_HEAD = 10;
  private static final byte VERSION = 11;
  private static final byte PATH = 12;

  // COSE_Key {1: 2, -1: curve, -2: x, -3: sign of y}. Source: RFC 9053 §7.1.1.
  private static final byte[] EC2_KEY = {(byte) 0xA4, 1, 2, 0x20};
  private static final byte LABEL_X = 0x21;
  private static final byte LABEL_Y = 0x22;
  private static final byte FALSE = (byte) 0xF4;

  /** Point of the key, in the part of the answer that is written last. */
  private static final short POINT = (short) (Ram.ANSWER_BYTES + 340);
  /** The payload, behind a head of 2 bytes; where it needs one of 3 it is moved. */
  private static final short PAYLOAD_HEAD = (short) (Ram.ANSWER_BYTES + 31);
  private static final short PAYLOAD = (short) (PAYLOAD_HEAD + 2);

  private final byte[] ram;
  private final KeyTemplate template;
  private final KeySlots slots;
  private final KeyUse use;
  private final Elliptic elliptic;
  private final MessageDigest sha256;
  private final SecurityLog log;
  private final Session session;

  Attestation(
      byte[] ram,
      KeyTemplate template,
      KeySlots slots,
      KeyUse use,
      Elliptic elliptic,
      MessageDigest sha256,
      SecurityLog log,
      Session session) {
    this.ram = ram;
    this.template = template;
    this.slots = slots;
    this.use = use;
    this.elliptic = elliptic;
    this.sha256 = sha256;
    this.log = log;
    this.session = session;
  }

  /**
   * Writes the statement from {@link Ram#ANSWER_BYTES} on and gives its length, at most 454.
   * Throws 6A80, 6A88, 6985, 6982, 6581.
   */
  short attest(byte[] data, short at, short length) {
    template.readBareKey(KeyTemplate.ATTESTATION, data, at, length);
    byte reference = ram[Ram.TEMPLATE_REFERENCE];
    slots.requireKey(reference);
    if (!slots.isUsed(KeySlots.ATTESTATION)) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    short path = Util.getShort(ram, Ram.TEMPLATE_PATH);
    short pathLength = Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH);
    use.publicPoint(reference, path != 0, data, path, pathLength, session.presence(), ram, POINT);
    // Logged first, so that the head which the statement gives has this very statement in it.
    JCSystem.beginTransaction();
    log.add(Protocol.LOG_ATTESTATION, reference, (short) 0);
    JCSystem.commitTransaction();
    return (short) (sign((short) (writePayload(reference, data) - PAYLOAD)) - Ram.ANSWER_BYTES);
  }

  private short writePayload(byte reference, byte[] data) {
    byte[] memory = slots.memory;
    short path = Util.getShort(ram, Ram.TEMPLATE_PATH);
    short at = CborWriter.head(CborWriter.MAP, path == 0 ? (short) 11 : (short) 12, ram, PAYLOAD);
    short challenge = Util.getShort(ram, Ram.TEMPLATE_CHALLENGE);
    at = bytes(CHALLENGE, data, challenge, Util.getShort(ram, Ram.TEMPLATE_CHALLENGE_LENGTH), at);
    at = coseKey(slots.curve(reference), at);
    at = small(REFERENCE, reference, at);
    at = small(ROLE, slots.role(reference), at);
    at = small(USAGE, slots.usage(reference), at);
    at = bytes(POLICY, memory, slots.policyAt(reference), slots.policyLength(reference), at);
    at = small(ORIGIN, slots.origin(reference), at);
    ram[at++] = SIGNATURES;
    at = CborWriter.uint(memory, slots.signaturesAt(reference), ram, at);
    ram[at++] = LOG_SEQUENCE;
    log.sequence(ram, Ram.LOG_SCRATCH);
    at = CborWriter.uint(ram, Ram.LOG_SCRATCH, ram, at);
    log.head(ram, Ram.LOG_SCRATCH);
    at = bytes(LOG_HEAD, ram, Ram.LOG_SCRATCH, Protocol.LOG_HEAD_LENGTH, at);
    byte[] version = Protocol.APPLICATION_VERSION;
    at = bytes(VERSION, version, (short) 0, (short) version.length, at);
    return path == 0 ? at : writePath(data, path, at);
  }

  private short writePath(byte[] data, short path, short at) {
    short levels = (short) (Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH) >> 2);
    ram[at++] = PATH;
    at = CborWriter.head(CborWriter.ARRAY, levels, ram, at);
    for (; levels > 0; levels--) {
      at = CborWriter.uint(data, path, ram, at);
      path += 4;
    }
    return at;
  }

  private short coseKey(byte curve, short at) {
    ram[at++] = KEY;
    at = Util.arrayCopyNonAtomic(EC2_KEY, (short) 0, ram, at, (short) EC2_KEY.length);
    at = CborWriter.head(CborWriter.UINT, coseCurve(curve), ram, at);
    at = bytes(LABEL_X, ram, (short) (POINT + 1), (short) 32, at);
    ram[at++] = LABEL_Y;
    ram[at] = (byte) (FALSE + (ram[(short) (POINT + 64)] & 1));
    return (short) (at + 1);
  }

  private static short coseCurve(byte curve) {
    if (curve == Protocol.ALGORITHM_P256) return Protocol.COSE_CURVE_P256;
    if (curve == Protocol.ALGORITHM_SECP256K1) return Protocol.COSE_CURVE_SECP256K1;
    return Protocol.COSE_CURVE_BRAINPOOL_P256R1;
  }

  /** Writes a label and a number below 24. */
  private short small(byte label, byte number, short at) {
    ram[at++] = label;
    ram[at] = number;
    return (short) (at + 1);
  }

  private short bytes(byte label, byte[] value, short valueAt, short length, short at) {
    ram[at++] = label;
    return CborWriter.bytes(value, valueAt, length, ram, at);
  }

  /**
   * Puts what belongs around the payload around it. Hash and private key lie where the signature is to be.
   */
  private short sign(short payloadLength) {
    byte[] prefix = Protocol.SIGN1_ATTESTATION;
    byte[] toBeSigned = Protocol.SIG_STRUCTURE_ATTESTATION;
    Util.arrayCopyNonAtomic(prefix, (short) 0, ram, Ram.ANSWER_BYTES, (short) prefix.length);
    if (payloadLength > 0xFF)
      Util.arrayCopyNonAtomic(ram, PAYLOAD, ram, (short) (PAYLOAD + 1), payloadLength);
    short end = (short) (CborWriter.head(CborWriter.BYTES, payloadLength, ram, PAYLOAD_HEAD) + payloadLength);
    short signature = CborWriter.head(CborWriter.BYTES, Elliptic.SIGNATURE_LENGTH, ram, end);
    short hash = (short) (signature + Elliptic.SECRET_LENGTH);
    sha256.reset();
    sha256.update(toBeSigned, (short) 0, (short) toBeSigned.length);
    sha256.doFinal(ram, PAYLOAD_HEAD, (short) (end - PAYLOAD_HEAD), ram, hash);
    slots.open(KeySlots.ATTESTATION, false, ram, signature);
    elliptic.sign(Protocol.ALGORITHM_P256, ram, signature, ram, hash, ram, signature);
    return (short) (signature + Elliptic.SIGNATURE_LENGTH);
  }
}
