// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * The sessions of the applet, one a logical channel: who verified the PIN, which keys are chosen, which chain runs. The
 * channel of the command under way is the one that is meant, where none is named.
 */
final class Session {
  /** Nobody may use keys now. */
  static final byte NOBODY = 0;
  /** The holder, with the PIN. */
  static final byte PIN = 1;
  /** Whoever has the duress PIN. */
  static final byte DURESS_PIN = 2;
  /** The issuer of a blank card. */
  static final byte ISSUER = 3;

  private final byte[] ram;
  private final Holder holder;
  private final KeySlots slots;

  Session(byte[] ram, Holder holder, KeySlots slots) {
    this.ram = ram;
    this.holder = holder;
    this.slots = slots;
  }

  /** Place of the block of a channel, 0 to 3. */
  static short of(byte channel) {
    return (short) (Ram.SESSIONS + (short) (channel * Ram.SESSION_LENGTH));
  }

  /** Place of the block of this channel. */
  short here() {
    return of(ram[Ram.CHANNEL]);
  }

  /** Who may use keys now. */
  byte presence() {
    byte state = holder.lifeCycle();
    if (state == Protocol.LIFE_CYCLE_SELECTABLE) return ram[Ram.LEVEL] != 0 ? ISSUER : NOBODY;
    return state == Protocol.LIFE_CYCLE_PERSONALISED ? ram[(short) (here() + Ram.VERIFIED)] : NOBODY;
  }

  /** Says who verified the PIN on this channel; {@link #NOBODY} takes it back. */
  void setVerified(byte presence) {
    ram[(short) (here() + Ram.VERIFIED)] = presence;
  }

  /** Ends every verification of a PIN, on every channel: the card changed hands, or its PIN changed. */
  void endVerifications() {
    for (byte channel = 0; channel < Ram.CHANNELS; channel++) ram[(short) (of(channel) + Ram.VERIFIED)] = NOBODY;
  }

  /** Brings the session of a channel back to its beginning. */
  void end(byte channel) {
    short block = of(channel);
    forgetChoices(block);
    Util.arrayFillNonAtomic(ram, block, Ram.SESSION_LENGTH, (byte) 0);
  }

  /** Takes back every choice of the session with that block. */
  void forgetChoices(short block) {
    forget((short) (block + Ram.SIGNATURE_CHOICE));
    forget((short) (block + Ram.AUTHENTICATION_CHOICE));
    forget((short) (block + Ram.AGREEMENT_CHOICE));
  }

  /** Takes back one choice; a key that was derived for it is wiped. */
  void forget(short choice) {
    ram[(short) (choice + Ram.CHOSEN_REFERENCE)] = 0;
    if (Util.getShort(ram, Ram.DERIVED_FOR) == choice) forgetDerived();
  }

  /** Wipes the derived key. */
  void forgetDerived() {
    Util.arrayFillNonAtomic(ram, Ram.DERIVED, (short) (Ram.DERIVED_END - Ram.DERIVED), (byte) 0);
  }

  /** Takes back the choices of a slot on all channels: what is there now is another key, or none. */
  void slotChanged(byte reference) {
    for (byte channel = 0; channel < Ram.CHANNELS; channel++) {
      short block = of(channel);
      forgetSlot((short) (block + Ram.SIGNATURE_CHOICE), reference);
      forgetSlot((short) (block + Ram.AUTHENTICATION_CHOICE), reference);
      forgetSlot((short) (block + Ram.AGREEMENT_CHOICE), reference);
    }
  }

  /** Takes back every choice on every channel. */
  void forgetAll() {
    for (byte channel = 0; channel < Ram.CHANNELS; channel++) forgetChoices(of(channel));
  }

  /** Whether a choice of this channel still stands: the key is there, and who chose it is here. */
  boolean isChosen(short choice) {
    byte reference = ram[(short) (choice + Ram.CHOSEN_REFERENCE)];
    return reference != 0
        && slots.isUsed(reference)
        && ram[(short) (choice + Ram.CHOSEN_PRESENCE)] == presence();
  }

  private void forgetSlot(short choice, byte reference) {
    if (ram[(short) (choice + Ram.CHOSEN_REFERENCE)] == reference) forget(choice);
  }
}
