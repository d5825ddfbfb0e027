// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.ISOException;
import javacard.framework.Util;

/**
 * Points and private keys of the keys in the slots: of wallets derived along a path, under duress from the
 * decoy's seed.
 */
final class KeyUse {
  private final byte[] ram;
  private final KeySlots slots;
  private final HdKeys hdKeys;
  private final Elliptic elliptic;

  KeyUse(byte[] ram, KeySlots slots, HdKeys hdKeys, Elliptic elliptic) {
    this.ram = ram;
    this.slots = slots;
    this.hdKeys = hdKeys;
    this.elliptic = elliptic;
  }

  /**
   * Writes the public point of a key, 65 bytes, of a wallet that at the path, without path that of the master
   * key; gives the place behind it. Throws 6985 for a path of a key that is no wallet, 6982 for a wallet of
   * which nobody is here, 6A80 for a path without a key.
   */
  short publicPoint(
      byte reference,
      boolean hasPath,
      byte[] path,
      short at,
      short length,
      byte presence,
      byte[] out,
      short outAt) {
    if (!slots.isWallet(reference)) {
      if (hasPath) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    } else {
      if (presence == Session.NOBODY) ISOException.throwIt(Protocol.SW_NOT_AUTHORISED);
      if (hasPath) return derivedPoint(reference, path, at, length, presence, out, outAt);
    }
    short point = slots.pointAt(reference, isDecoy(reference, presence));
    return Util.arrayCopyNonAtomic(slots.memory, point, out, outAt, Curves.POINT_LENGTH);
  }

  /**
   * Writes the private key, 32 bytes, which the caller wipes; of a wallet that at the path, of 0 levels or
   * more. Throws 6A80 for a path without a key. That a key is no wallet and has a path is the caller's to
   * refuse.
   */
  void privateKey(
      byte reference, byte[] path, short at, short length, byte presence, byte[] out, short outAt) {
    if (!slots.isWallet(reference)) {
      slots.open(reference, false, out, outAt);
      return;
    }
    derive(reference, path, at, length, presence);
    Util.arrayCopyNonAtomic(ram, HdKeys.NODE, out, outAt, Elliptic.SECRET_LENGTH);
    hdKeys.wipe();
  }

  /**
   * Derives a key of a wallet into {@link HdKeys#NODE}, which the caller wipes. Throws 6985 for a key that is
   * no wallet, 6A80 for a path without a key.
   */
  void derive(byte reference, byte[] path, short at, short length, byte presence) {
    if (!slots.isWallet(reference)) ISOException.throwIt(Protocol.SW_WRONG_STATE);
    short seedLength = slots.open(reference, isDecoy(reference, presence), ram, HdKeys.SEED);
    if (!hdKeys.derive(slots.curve(reference), ram, HdKeys.SEED, seedLength, path, at, length)) Tlv.refuse();
  }

  private short derivedPoint(
      byte reference, byte[] path, short at, short length, byte presence, byte[] out, short outAt) {
    derive(reference, path, at, length, presence);
    elliptic.publicPoint(slots.curve(reference), ram, HdKeys.NODE, out, outAt);
    hdKeys.wipe();
    return (short) (outAt + Curves.POINT_LENGTH);
  }

  private boolean isDecoy(byte reference, byte presence) {
    return presence == Session.DURESS_PIN && slots.isWallet(reference);
  }
}
