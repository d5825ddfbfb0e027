// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.Util;
import javacard.security.MessageDigest;

/**
 * PERFORM SECURITY OPERATION and INTERNAL AUTHENTICATE: hashes and reads what comes in parts, and signs. Before a
 * signature leaves, its count, what it spends and its entry in the log are in the memory.
 */
final class Signing {
  static final short SIGNATURE_LENGTH = 64;

  /** Longest digest. */
  private static final short DIGEST_MAX = 64;
  /** Of a {@link Workspace#DIGEST}: length, then the digest. */
  private static final short KEPT_LENGTH = Ram.WORK_AREA;
  private static final short KEPT = (short) (Ram.WORK_AREA + 1);
  // While a command ends, in the answer's place behind the signature: what is signed, what will be spent, the text.
  private static final short DIGEST = (short) (Ram.ANSWER_BYTES + SIGNATURE_LENGTH);
  private static final short SPENT = (short) (DIGEST + DIGEST_MAX);
  private static final short TEXT = (short) (SPENT + 8);
  private static final short NOTHING_SPENT = 0;

  private final byte[] ram;
  private final KeySlots slots;
  private final KeyUse use;
  private final ChosenKeys keys;
  private final Elliptic elliptic;
  private final MessageHash messageHash;
  private final MessageDigest transactionHash;
  private final MessageDigest sha256;
  private final TransactionPrefix prefix;
  private final TransactionReader reader;
  private final Confirmation confirmation;
  private final SecurityLog log;
  private final Session session;
  private final Workspace workspace;

  Signing(
      byte[] ram,
      KeySlots slots,
      KeyUse use,
      ChosenKeys keys,
      Elliptic elliptic,
      MessageDigest sha256,
      Confirmation confirmation,
      SecurityLog log,
      Session session,
      Workspace workspace) {
    this.ram = ram;
    this.slots = slots;
    this.use = use;
    this.keys = keys;
    this.elliptic = elliptic;
    this.sha256 = sha256;
    this.confirmation = confirmation;
    this.log = log;
    this.session = session;
    this.workspace = workspace;
    messageHash = new MessageHash(ram);
    transactionHash = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
    prefix = new TransactionPrefix(ram);
    reader = new TransactionReader(ram, slots.memory);
  }

  /** Begins PSO hash. Throws 6985 without a key that signs messages. */
  void beginHash() {
    short choice = keys.require(Ram.SIGNATURE_CHOICE);
    byte reference = keys.reference(choice);
    if (!slots.hasFlag(reference, Protocol.POLICY_MESSAGES)) refuse();
    workspace.begin(Workspace.HASH);
    messageHash.begin(keys.hash(choice));
    prefix.begin(slots.curve(reference));
  }

  /** Takes a part of the message. Throws 6985 for a transaction, and when another operation began since. */
  void hash(byte[] data, short at, short length) {
    if (!workspace.isOwn(Workspace.HASH) || prefix.matches(data, at, length)) refuse();
    messageHash.update(data, at, length);
  }

  /** Keeps the digest for one signature. */
  void endHash() {
    short length = messageHash.digest(ram, DIGEST);
    workspace.begin(Workspace.DIGEST);
    ram[KEPT_LENGTH] = (byte) length;
    Util.arrayCopyNonAtomic(ram, DIGEST, ram, KEPT, length);
  }

  /** Begins COMPUTE DIGITAL SIGNATURE. Throws 6985 without a key. */
  void beginSignature() {
    keys.require(Ram.SIGNATURE_CHOICE);
  }

  /** Takes a part of the digest, of which {@code before} bytes came. Throws 6700 and 6985. */
  void signature(short before, byte[] data, short at, short length) {
    if (length > (short) (DIGEST_MAX - before)) ISOException.throwIt(Protocol.SW_WRONG_LENGTH);
    if (length == 0) return;
    // Only now: without data the workspace holds what is to be signed.
    if (before == 0) workspace.begin(Workspace.DATA);
    if (!workspace.isOwn(Workspace.DATA)) refuse();
    Util.arrayCopyNonAtomic(data, at, ram, (short) (Ram.WORK_AREA + before), length);
  }

  /** Signs the digest of that length, or without one what waits; gives the answer's length. Throws 6A80 and 6985. */
  short endSignature(short length) {
    if (length > 0 && !workspace.isOwn(Workspace.DATA)) refuse();
    short choice = keys.require(Ram.SIGNATURE_CHOICE);
    short signed = length > 0 ? signData(choice, length) : signWaiting(choice);
    workspace.endOf(ram[Ram.CHANNEL]);
    return signed;
  }

  /** Begins a transaction. Throws 6985 without a key that signs transactions. */
  void beginTransaction() {
    short choice = keys.require(Ram.SIGNATURE_CHOICE);
    byte reference = keys.reference(choice);
    byte curve = slots.curve(reference);
    if (curve == Protocol.ALGORITHM_BRAINPOOL_P256R1 || !slots.hasFlag(reference, Protocol.POLICY_TRANSACTIONS))
      refuse();
    point(choice);
    workspace.begin(Workspace.TRANSACTION);
    transactionHash.reset();
    reader.begin(curve, ram, Ram.ANSWER_BYTES, slots.policyAt(reference), slots.policyLength(reference));
  }

  /** Takes a part of the transaction, of which {@code before} bytes came. Throws 6700, 6A80 and 6985. */
  void transaction(short before, byte[] data, short at, short length) {
    if (!workspace.isOwn(Workspace.TRANSACTION)) refuse();
    if (length > (short) (Protocol.SIGNED_BYTES_MAX - before)) ISOException.throwIt(Protocol.SW_WRONG_LENGTH);
    reader.write(data, at, length);
    transactionHash.update(data, at, length);
  }

  /** Signs the transaction, or has it confirmed first; gives the answer's length. Throws 6A80 and 6985. */
  short endTransaction() {
    short choice = keys.require(Ram.SIGNATURE_CHOICE);
    byte reference = keys.reference(choice);
    reader.end(slots.memory, slots.spentAt(reference), ram, SPENT);
    transactionHash.doFinal(ram, SPENT, (short) 0, ram, DIGEST);
    if (slots.hasFlag(reference, Protocol.POLICY_CONFIRMATION)) {
      if (confirmation.lacksTerminal()) refuse();
      short length = reader.confirmationText(ram, DIGEST, ram, TEXT);
      confirmation.begin(reference, TEXT, length, DIGEST, SPENT);
      return 0;
    }
    workspace.end();
    return sign(choice, DIGEST, Protocol.LOG_TRANSACTION_SIGNED, DIGEST, SPENT);
  }

  /** INTERNAL AUTHENTICATE: signs a challenge. Throws 6985. */
  short authenticate(byte[] data, short at, short length) {
    short choice = keys.require(Ram.AUTHENTICATION_CHOICE);
    oneShot(Protocol.INTERNAL_AUTHENTICATE, data, at, length);
    return sign(choice, DIGEST, Protocol.LOG_AUTHENTICATION_SIGNED, DIGEST, NOTHING_SPENT);
  }

  private void oneShot(byte[] before, byte[] data, short at, short length) {
    sha256.reset();
    sha256.update(before, (short) 0, (short) before.length);
    sha256.doFinal(data, at, length, ram, DIGEST);
  }

  private short signData(short choice, short length) {
    if (!slots.hasFlag(keys.reference(choice), Protocol.POLICY_DIGESTS)) refuse();
    short expected = keys.hash(choice) == Protocol.HASH_SHA512 ? (short) 64 : (short) 32;
    if (length != expected) ISOException.throwIt(Protocol.SW_BAD_DATA);
    return sign(choice, Ram.WORK_AREA, Protocol.LOG_DIGEST_SIGNED, Ram.WORK_AREA, NOTHING_SPENT);
  }

  private short signWaiting(short choice) {
    if (confirmation.isGiven())
      return sign(
          choice, Confirmation.HASH, Protocol.LOG_TRANSACTION_SIGNED, Confirmation.HASH, Confirmation.SPENT);
    if (!workspace.isOwn(Workspace.DIGEST)) refuse();
    return sign(choice, KEPT, Protocol.LOG_MESSAGE_SIGNED, KEPT, NOTHING_SPENT);
  }

  /** Counts, logs and signs; digest, hash to be logged and 8 bytes to have been spent lie in ram. */
  private short sign(short choice, short digest, byte event, short hash, short spent) {
    byte reference = keys.reference(choice);
    if (slots.isExhausted(reference)) refuse();
    JCSystem.beginTransaction();
    slots.countSignature(reference);
    if (spent != NOTHING_SPENT) slots.setSpent(reference, ram, spent);
    // Of a wallet the log keeps no hash: by it anybody would find the wallet's payments on a public ledger.
    if (slots.isWallet(reference)) log.add(event, reference, (short) 0);
    else log.add(event, reference, ram, hash);
    JCSystem.commitTransaction();
    if (slots.hasFlag(reference, Protocol.POLICY_PIN_PER_SIGNATURE)) session.setVerified(Session.NOBODY);
    keys.load(choice);
    elliptic.sign(slots.curve(reference), ram, Ram.DERIVED_SECRET, ram, digest, ram, Ram.ANSWER_BYTES);
    keys.release();
    return SIGNATURE_LENGTH;
  }

  /** Writes the public point of a choice to the beginning of the answer. */
  private void point(short choice) {
    byte reference = keys.reference(choice);
    if (slots.isWallet(reference)) {
      keys.load(choice);
      elliptic.publicPoint(slots.curve(reference), ram, Ram.DERIVED_SECRET, ram, Ram.ANSWER_BYTES);
    } else
      use.publicPoint(reference, false, ram, (short) 0, (short) 0, Session.NOBODY, ram, Ram.ANSWER_BYTES);
  }

  private static void refuse() {
    ISOException.throwIt(Protocol.SW_WRONG_STATE);
  }
}
