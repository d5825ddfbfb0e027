// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Trees of keys from a seed: BIP-32 on secp256k1, SLIP-0010 on P-256. Additions take the same time for all
 * keys; how often a digest must be made again does not, and tells nothing of the key that comes of it.
 */
final class HdKeys {
  // Its part of the region CRYPTO, which Vault, HmacSha512 and Elliptic leave alone.
  /** The derived key: secret (32) ‖ chain code (32). */
  static final short NODE = Vault.END;
  static final short CHAIN_CODE = (short) (NODE + 32);
  /** The secret one level up (32), where the path is not empty. */
  static final short PARENT = (short) (NODE + 64);
  /** Where a caller may put the seed (64 bytes): {@link #derive} overwrites it. */
  static final short SEED = (short) (PARENT + 32);
  /** What is hashed to a child: 37 bytes, while it is made a point of 65. In the place of the seed. */
  private static final short DATA = SEED;
  private static final short DATA_LENGTH = 37;
  /** The digest that a key is made of: left half ‖ right half. */
  static final short DIGEST = (short) (DATA + Curves.POINT_LENGTH);
  static final short END = (short) (DIGEST + HmacSha512.LENGTH);

  /** Least and greatest length of a seed. Source: BIP-32, "Master key generation". */
  static final short SEED_LEAST = 16;
  static final short SEED_GREATEST = 64;

  private static final byte HARDENED = (byte) 0x80;

  // Keys of the HMAC that makes a master key, in ASCII. Source: BIP-32, SLIP-0010, "Master key generation".
  /** "Bitcoin seed". */
  private static final byte[] SECP256K1_KEY = {
    0x42, 0x69, 0x74, 0x63, 0x6F, 0x69, 0x6E, 0x20, 0x73, 0x65, 0x65, 0x64,
  };
  /** "Nist256p1 seed". */
  private static final byte[] P256_KEY = {
    0x4E, 0x69, 0x73, 0x74, 0x32, 0x35, 0x36, 0x70, 0x31, 0x20, 0x73, 0x65, 0x65, 0x64,
  };
  /** "bsim/decoy-seed/1". */
  private static final byte[] DECOY_KEY = {
    0x62, 0x73, 0x69, 0x6D, 0x2F, 0x64, 0x65, 0x63, 0x6F, 0x79, 0x2D, 0x73, 0x65, 0x65, 0x64, 0x2F, 0x31,
  };

  private final byte[] ram;
  private final Elliptic elliptic;
  private final HmacSha512 hmac;

  HdKeys(byte[] ram, Elliptic elliptic, HmacSha512 hmac) {
    this.ram = ram;
    this.elliptic = elliptic;
    this.hmac = hmac;
  }

  /**
   * Derives the key at the end of a path, 4 bytes a level, into {@link #NODE} and {@link #PARENT}; the caller
   * takes what he needs and calls {@link #wipe}. The seed may lie at {@link #SEED} or outside the region
   * CRYPTO, the path outside it. False, and all wiped, for a seed that is shorter or longer than seeds are,
   * and where BIP-32 makes no key; SLIP-0010 hashes again.
   */
  boolean derive(
      byte curve, byte[] seed, short seedAt, short seedLength, byte[] path, short pathAt, short pathLength) {
    boolean isKey = makeMaster(curve, seed, seedAt, seedLength);
    short end = (short) (pathAt + pathLength);
    for (short at = pathAt; isKey && at < end; at += 4) isKey = makeChild(curve, path, at);
    if (isKey) {
      Util.arrayFillNonAtomic(ram, DATA, (short) (END - DATA), (byte) 0);
    } else {
      wipe();
    }
    return isKey;
  }

  /**
   * Writes the seed (64 bytes) of the wallet that is shown under duress, from which none leads back. It may
   * overlap the seed it is made of, which may lie where that of {@link #derive} may.
   */
  void decoySeed(byte[] seed, short at, short length, byte[] out, short outAt) {
    hmac.compute(DECOY_KEY, (short) 0, (short) DECOY_KEY.length, seed, at, length, out, outAt);
  }

  /** Wipes keys and seed. */
  void wipe() {
    Util.arrayFillNonAtomic(ram, NODE, (short) (END - NODE), (byte) 0);
  }

  private boolean makeMaster(byte curve, byte[] seed, short seedAt, short seedLength) {
    if (seedLength < SEED_LEAST || seedLength > SEED_GREATEST) return false;
    byte[] key = curve == Protocol.ALGORITHM_P256 ? P256_KEY : SECP256K1_KEY;
    hmac.compute(key, (short) 0, (short) key.length, seed, seedAt, seedLength, ram, DIGEST);
    while (!elliptic.isPrivateKey(curve, ram, DIGEST, Elliptic.SECRET_LENGTH)) {
      if (!hashesAgain(curve)) return false;
      hmac.compute(key, (short) 0, (short) key.length, ram, DIGEST, HmacSha512.LENGTH, ram, DIGEST);
    }
    Util.arrayCopyNonAtomic(ram, DIGEST, ram, NODE, HmacSha512.LENGTH);
    return true;
  }

  /**
   * Puts the child at an index in the place of its parent. Source: BIP-32, "Private parent key → private
   * child key"; SLIP-0010 under the same heading.
   */
  private boolean makeChild(byte curve, byte[] path, short at) {
    Util.arrayCopyNonAtomic(ram, NODE, ram, PARENT, Elliptic.SECRET_LENGTH);
    if ((path[at] & HARDENED) != 0) {
      ram[DATA] = 0;
      Util.arrayCopyNonAtomic(ram, NODE, ram, (short) (DATA + 1), Elliptic.SECRET_LENGTH);
    } else {
      elliptic.publicPoint(curve, ram, NODE, ram, DATA);
      ram[DATA] = (byte) (2 | (ram[(short) (DATA + Curves.POINT_LENGTH - 1)] & 1));
    }
    Util.arrayCopyNonAtomic(path, at, ram, (short) (DATA + 33), (short) 4);
    hashChild();
    while (!addParent(curve)) {
      if (!hashesAgain(curve)) return false;
      ram[DATA] = 1;
      Util.arrayCopyNonAtomic(ram, (short) (DIGEST + 32), ram, (short) (DATA + 1), (short) 32);
      hashChild();
    }
    Util.arrayCopyNonAtomic(ram, DIGEST, ram, NODE, HmacSha512.LENGTH);
    return true;
  }

  private void hashChild() {
    hmac.compute(ram, CHAIN_CODE, (short) 32, ram, DATA, DATA_LENGTH, ram, DIGEST);
  }

  /**
   * Adds the secret of {@link #NODE} to the left half of {@link #DIGEST}, modulo n. False where that half is
   * n or more, or the sum is 0, of which no key is made.
   */
  boolean addParent(byte curve) {
    byte[] parameters = Curves.parameters(curve);
    if (!Scalar.isLess(ram, DIGEST, parameters, Curves.ORDER)) return false;
    Scalar.addModulo(parameters, Curves.ORDER, ram, NODE, ram, DIGEST, ram, DIGEST);
    return !Scalar.isZero(ram, DIGEST);
  }

  /** Whether the standard of the curve makes another digest where one gives no key. */
  private static boolean hashesAgain(byte curve) {
    return curve == Protocol.ALGORITHM_P256;
  }
}
