// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * MANAGE SECURITY ENVIRONMENT: which key signs, authenticates or agrees on this channel. Of a wallet the path is kept, and
 * the key derived anew when another one was needed in between.
 */
final class ChosenKeys {
  private final byte[] ram;
  private final KeyTemplate template;
  private final KeySlots slots;
  private final KeyUse use;
  private final Session session;
  private final Workspace workspace;

  ChosenKeys(
      byte[] ram, KeyTemplate template, KeySlots slots, KeyUse use, Session session, Workspace workspace) {
    this.ram = ram;
    this.template = template;
    this.slots = slots;
    this.use = use;
    this.session = session;
    this.workspace = workspace;
  }

  /** Place of the choice that a command makes; 0 for one that makes none. */
  short choiceOf(byte command) {
    short block = session.here();
    if (command == Protocol.COMMAND_CHOOSE_SIGNATURE_KEY) return (short) (block + Ram.SIGNATURE_CHOICE);
    if (command == Protocol.COMMAND_CHOOSE_AUTHENTICATION_KEY) return (short) (block + Ram.AUTHENTICATION_CHOICE);
    if (command == Protocol.COMMAND_CHOOSE_AGREEMENT_KEY) return (short) (block + Ram.AGREEMENT_CHOICE);
    return 0;
  }

  /** Chooses a key for signatures. Throws 6A80, 6A88, 6985. */
  void chooseForSignatures(byte[] data, short at, short length) {
    template.readBareKey(KeyTemplate.SIGNATURE_CHOICE, data, at, length);
    workspace.endOf(ram[Ram.CHANNEL]);
    byte hash = ram[Ram.TEMPLATE_HASH];
    choose(Protocol.COMMAND_CHOOSE_SIGNATURE_KEY, Protocol.USAGE_SIGNATURE, hash, data);
  }

  /** Chooses a key for authentication. Throws as above. */
  void chooseForAuthentication(byte[] data, short at, short length) {
    template.readBareKey(KeyTemplate.CHOICE, data, at, length);
    choose(Protocol.COMMAND_CHOOSE_AUTHENTICATION_KEY, Protocol.USAGE_AUTHENTICATION, (byte) 0, data);
  }

  /** Chooses a key for agreement. Throws as above. */
  void chooseForAgreement(byte[] data, short at, short length) {
    template.readBareKey(KeyTemplate.REFERENCE, data, at, length);
    byte usages = Protocol.USAGE_AGREEMENT | Protocol.USAGE_DERIVED_AGREEMENT;
    choose(Protocol.COMMAND_CHOOSE_AGREEMENT_KEY, usages, (byte) 0, data);
  }

  /** Place of the choice of this channel for a purpose, one of Ram.*_CHOICE. Throws 6985 where none stands. */
  short require(short purpose) {
    short choice = (short) (session.here() + purpose);
    if (!session.isChosen(choice)) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    return choice;
  }

  /** Reference of the slot of a choice. */
  byte reference(short choice) {
    return ram[(short) (choice + Ram.CHOSEN_REFERENCE)];
  }

  /** Hash of messages of a choice. */
  byte hash(short choice) {
    return ram[(short) (choice + Ram.CHOSEN_HASH)];
  }

  /** Puts the private key of a choice to {@link Ram#DERIVED_SECRET}; {@link #release} follows its use. */
  void load(short choice) {
    if (Util.getShort(ram, Ram.DERIVED_FOR) == choice) return;
    session.forgetDerived();
    use.privateKey(
        reference(choice),
        ram,
        (short) (choice + Ram.CHOSEN_PATH),
        pathLength(choice),
        ram[(short) (choice + Ram.CHOSEN_PRESENCE)],
        ram,
        Ram.DERIVED_SECRET);
    if (slots.isWallet(reference(choice))) Util.setShort(ram, Ram.DERIVED_FOR, choice);
  }

  /** Wipes the private key after its use, unless it is a wallet's, which takes long to derive. */
  void release() {
    if (Util.getShort(ram, Ram.DERIVED_FOR) == 0) session.forgetDerived();
  }

  private void choose(byte command, byte usages, byte hash, byte[] data) {
    short choice = choiceOf(command);
    byte reference = ram[Ram.TEMPLATE_REFERENCE];
    short path = Util.getShort(ram, Ram.TEMPLATE_PATH);
    short length = Util.getShort(ram, Ram.TEMPLATE_PATH_LENGTH);
    slots.requireKey(reference);
    if ((slots.usage(reference) & usages) == 0) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    if (hash == 0) hash = Protocol.HASH_SHA256;
    if (!MessageHash.isKnown(hash)) ISOException.throwIt(Protocol.SW_BAD_DATA);
    boolean isWallet = slots.isWallet(reference);
    if (!isWallet && path != 0) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    ram[(short) (choice + Ram.CHOSEN_PRESENCE)] = session.presence();
    ram[(short) (choice + Ram.CHOSEN_HASH)] = hash;
    if (isWallet) {
      ram[(short) (choice + Ram.CHOSEN_PATH_LENGTH)] = (byte) length;
      Util.arrayCopyNonAtomic(data, path, ram, (short) (choice + Ram.CHOSEN_PATH), length);
    }
    ram[(short) (choice + Ram.CHOSEN_REFERENCE)] = reference;
    // Now, because a path may have no key; and whoever chooses waits for a moment anyway.
    if (isWallet) loadOrForget(choice);
  }

  private void loadOrForget(short choice) {
    boolean isLoaded = false;
    try {
      load(choice);
      isLoaded = true;
    } finally {
      if (!isLoaded) session.forget(choice);
    }
  }

  private short pathLength(short choice) {
    return slots.isWallet(reference(choice)) ? ram[(short) (choice + Ram.CHOSEN_PATH_LENGTH)] : (short) 0;
  }
}
