// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacard.security.RandomData;

/**
 * The commands that make, read, take and erase keys. Each takes its data in place, writes its answer from
 * {@link Ram#ANSWER_BYTES} on and gives the answer's length. A transaction that one of them began and that
 * the log refuses (6581) is the caller's to abort.
 */
final class KeyCommands {
  // The answer, a public key template: 7F49 {86 point}.
  private static final short ANSWER_POINT = (short) (Ram.ANSWER_BYTES + 5);
  private static final byte TAG_POINT = (byte) 0x86;
  private static final byte TAG_CHAIN_CODE = (byte) 0xC6;
  private static final byte TAG_PARENT = (byte) 0xC7;

  // Scratch behind it, wiped when a command ends; the template's policy lies further behind.
  private static final short SECRET = (short) (Ram.ANSWER_BYTES + 80);
  private static final short DECOY = (short) (SECRET + KeySlots.SEED_MAX);
  private static final short DECOY_POINT = (short) (DECOY + KeySlots.SEED_MAX);

  private final byte[] ram;
  private final KeyTemplate template;
  private final KeySlots slots;
  private final KeyUse use;
  private final HdKeys hdKeys;
  private final Elliptic elliptic;
  private final RandomData random;
  private final SecurityLog log;
  private final Session session;

  KeyCommands(
      byte[] ram,
      KeyTemplate template,
      KeySlots slots,
      KeyUse use,
      HdKeys hdKeys,
      Elliptic elliptic,
      RandomData random,
      SecurityLog log,
      Session session) {
    this.ram = ram;
    this.template = template;
    this.slots = slots;
    this.use = use;
    this.hdKeys = hdKeys;
    this.elliptic = elliptic;
    this.random = random;
    this.log = log;
    this.session = session;
  }

  /** GENERATE ASYMMETRIC KEY PAIR. Throws 6A80, 6A88, 6A89, 6581. */
  short generate(byte[] data, short at, short length) {
    template.readNewKey(KeyTemplate.NEW_KEY, data, at, length);
    slots.requireEmptySlot(ram[Ram.TEMPLATE_REFERENCE]);
    return make();
  }

  /** GENERATE of the attestation key. Throws 6A89, 6581. */
  short generateAttestationKey() {
    if (slots.isUsed(KeySlots.ATTESTATION)) ISOException.throwIt(Protocol.SW_ALREADY_EXISTS);
    ram[Ram.TEMPLATE_REFERENCE] = KeySlots.ATTESTATION;
    ram[Ram.TEMPLATE_CURVE] = Protocol.ALGORITHM_P256;
    ram[Ram.TEMPLATE_ROLE] = Protocol.ROLE_IDENTITY;
    ram[Ram.TEMPLATE_USAGE] = Protocol.USAGE_SIGNATURE;
    // No policy: neither place nor length.
    Util.arrayFillNonAtomic(ram, Ram.TEMPLATE_POLICY, (short) 4, (byte) 0);
    return make();
  }

  /** Reading of the attestation key. Throws 6A88. */
  short readAttestationKey() {
    if (!slots.isUsed(KeySlots.ATTESTATION)) ISOException.throwIt(Protocol.SW_NOT_FOUND);
    short point = slots.pointAt(KeySlots.ATTESTATION, false);
    Util.arrayCopyNonAtomic(slots.memory, point, ram, ANSWER_POINT, Curves.POINT_LENGTH);
    return publicKey();
  }

  /** GENERATE ASYMMETRIC KEY PAIR in its reading form. Throws 6A80, 6A88, 6985, 6982. */
  short read(byte[] data, short at, short length) {
    byte reference = readReference(KeyTemplate.CHOICE, data, at, length);
    short path = Util.getShort(ram, Ram.TEMPLATE_PATH);
    short pathLength = Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH);
    use.publicPoint(reference, path != 0, data, path, pathLength, session.presence(), ram, ANSWER_POINT);
    return publicKey();
  }

  /**
   * The same for extended public keys: 7F49 {86 point, C6 chain code, [C7 point one level up]}. Throws as
   * {@link #read}.
   */
  short readExtended(byte[] data, short at, short length) {
    byte reference = readReference(KeyTemplate.CHOICE, data, at, length);
    byte presence = session.presence();
    if (presence == Session.NOBODY) ISOException.throwIt(Protocol.SW_NOT_AUTHORISED);
    short pathLength = Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH);
    use.derive(reference, data, Util.getShort(ram, Ram.TEMPLATE_PATH), pathLength, presence);
    byte curve = slots.curve(reference);
    short objects = (short) (Tlv.sizeOf(Curves.POINT_LENGTH) + Tlv.sizeOf((short) 32));
    if (pathLength != 0) objects += Tlv.sizeOf(Curves.POINT_LENGTH);
    ram[Ram.ANSWER_BYTES] = 0x7F;
    short behind = Tlv.writeHead((byte) 0x49, objects, ram, (short) (Ram.ANSWER_BYTES + 1));
    behind = writePoint(TAG_POINT, curve, HdKeys.NODE, behind);
    behind = Tlv.write(TAG_CHAIN_CODE, ram, HdKeys.CHAIN_CODE, (short) 32, ram, behind);
    if (pathLength != 0) behind = writePoint(TAG_PARENT, curve, HdKeys.PARENT, behind);
    hdKeys.wipe();
    return (short) (behind - Ram.ANSWER_BYTES);
  }

  /** IMPORT KEY; the data is wiped. Throws 6A80, 6985, 6A88, 6A89, 6581. */
  short importKey(byte[] data, short at, short length) {
    try {
      template.readNewKey(KeyTemplate.IMPORTED_KEY, data, at, length);
      byte role = ram[Ram.TEMPLATE_ROLE];
      if (role == Protocol.ROLE_IDENTITY) ISOException.throwIt(Protocol.SW_WRONG_STATE);
      short secret = Util.getShort(ram, Ram.TEMPLATE_SECRET);
      short secretLength = Util.getShort(ram, Ram.TEMPLATE_SECRET_LENGTH);
      if (role == Protocol.ROLE_AGREEMENT
          && !elliptic.isPrivateKey(ram[Ram.TEMPLATE_CURVE], data, secret, secretLength)) Tlv.refuse();
      slots.requireEmptySlot(ram[Ram.TEMPLATE_REFERENCE]);
      wipeSecrets();
      Util.arrayCopyNonAtomic(data, secret, ram, SECRET, secretLength);
      return keep(Protocol.ORIGIN_IMPORTED, Protocol.LOG_KEY_IMPORTED, secretLength);
    } finally {
      wipeSecrets();
      Util.arrayFillNonAtomic(data, at, length, (byte) 0);
    }
  }

  /** DELETE KEY. Throws 6A80, 6A88, 6982, 6581. */
  short delete(byte[] data, short at, short length) {
    byte reference = readReference(KeyTemplate.REFERENCE, data, at, length);
    if (ram[Ram.LEVEL] == 0 && !slots.hasFlag(reference, Protocol.POLICY_HOLDER_DELETES))
      ISOException.throwIt(Protocol.SW_NOT_AUTHORISED);
    JCSystem.beginTransaction();
    log.add(Protocol.LOG_KEY_DELETED, reference, (short) 0);
    slots.mark(reference);
    JCSystem.commitTransaction();
    session.slotChanged(reference);
    slots.cleanUp();
    return 0;
  }

  /** RESET LIMIT. Throws 6A80, 6A88, 6985, 6581. */
  short resetLimit(byte[] data, short at, short length) {
    byte reference = readReference(KeyTemplate.REFERENCE, data, at, length);
    if (!slots.hasCumulativeLimit(reference)) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    JCSystem.beginTransaction();
    log.add(Protocol.LOG_LIMIT_RESET, reference, (short) 0);
    slots.resetSpent(reference);
    JCSystem.commitTransaction();
    return 0;
  }

  /** Reference of a key that is there. */
  private byte readReference(byte[] rows, byte[] data, short at, short length) {
    template.readKey(rows, data, at, length);
    slots.requireKey(ram[Ram.TEMPLATE_REFERENCE]);
    return ram[Ram.TEMPLATE_REFERENCE];
  }

  /** Makes the key that the template describes. */
  private short make() {
    try {
      wipeSecrets();
      if (isWallet()) random.generateData(ram, SECRET, KeySlots.SEED_MAX);
      else elliptic.generate(ram[Ram.TEMPLATE_CURVE], random, ram, SECRET);
      short length = isWallet() ? KeySlots.SEED_MAX : Elliptic.SECRET_LENGTH;
      return keep(Protocol.ORIGIN_GENERATED, Protocol.LOG_KEY_GENERATED, length);
    } finally {
      wipeSecrets();
    }
  }

  /**
   * Puts the key that the template describes, of the secret in scratch, into its slot, which is empty. Under
   * duress a seed that is imported becomes the decoy's, since that is the wallet which its owner expects to
   * see; else the answer would show that there is a decoy. A wallet made under duress shows at once what it
   * will show under duress.
   */
  private short keep(byte origin, byte event, short length) {
    byte reference = ram[Ram.TEMPLATE_REFERENCE];
    byte curve = ram[Ram.TEMPLATE_CURVE];
    boolean isDuress = session.presence() == Session.DURESS_PIN && isWallet();
    boolean isSwapped = isDuress && origin == Protocol.ORIGIN_IMPORTED;
    if (isWallet()) {
      hdKeys.decoySeed(ram, SECRET, length, ram, DECOY);
      masterPoint(SECRET, length, ANSWER_POINT);
      masterPoint(DECOY, KeySlots.SEED_MAX, DECOY_POINT);
    } else elliptic.publicPoint(curve, ram, SECRET, ram, ANSWER_POINT);
    slots.begin(reference, curve, ram[Ram.TEMPLATE_ROLE], ram[Ram.TEMPLATE_USAGE], origin);
    short policyLength = Util.getShort(ram, Ram.TEMPLATE_POLICY_LENGTH);
    slots.setPolicy(reference, ram, Util.getShort(ram, Ram.TEMPLATE_POLICY), policyLength);
    slots.setKey(reference, isSwapped, ram, SECRET, length, ram, ANSWER_POINT);
    if (isWallet()) slots.setKey(reference, !isSwapped, ram, DECOY, KeySlots.SEED_MAX, ram, DECOY_POINT);
    JCSystem.beginTransaction();
    log.add(event, reference, (short) 0);
    slots.put(reference);
    JCSystem.commitTransaction();
    if (isDuress && !isSwapped)
      Util.arrayCopyNonAtomic(ram, DECOY_POINT, ram, ANSWER_POINT, Curves.POINT_LENGTH);
    return publicKey();
  }

  private boolean isWallet() {
    return ram[Ram.TEMPLATE_ROLE] == Protocol.ROLE_WALLET;
  }

  /** Writes the point of the master key of a seed. Throws 6A80 for one of the few seeds without a key. */
  private void masterPoint(short seed, short length, short point) {
    byte curve = ram[Ram.TEMPLATE_CURVE];
    if (!hdKeys.derive(curve, ram, seed, length, ram, (short) 0, (short) 0)) Tlv.refuse();
    elliptic.publicPoint(curve, ram, HdKeys.NODE, ram, point);
    hdKeys.wipe();
  }

  private short writePoint(byte tag, byte curve, short secret, short at) {
    short point = Tlv.writeHead(tag, Curves.POINT_LENGTH, ram, at);
    elliptic.publicPoint(curve, ram, secret, ram, point);
    return (short) (point + Curves.POINT_LENGTH);
  }

  /** Writes the heads of the public key template around the point that is there already. */
  private short publicKey() {
    ram[Ram.ANSWER_BYTES] = 0x7F;
    short at = (short) (Ram.ANSWER_BYTES + 1);
    at = Tlv.writeHead((byte) 0x49, Tlv.sizeOf(Curves.POINT_LENGTH), ram, at);
    Tlv.writeHead(TAG_POINT, Curves.POINT_LENGTH, ram, at);
    return (short) (ANSWER_POINT + Curves.POINT_LENGTH - Ram.ANSWER_BYTES);
  }

  private void wipeSecrets() {
    Util.arrayFillNonAtomic(ram, SECRET, (short) (2 * KeySlots.SEED_MAX), (byte) 0);
  }
}
