// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;
import javacard.security.CryptoException;
import javacard.security.ECPrivateKey;
import javacard.security.KeyAgreement;
import javacard.security.KeyBuilder;
import javacard.security.RandomData;
import javacard.security.Signature;

/**
 * Keys, signatures and agreement on the curves of {@link Curves}. Whatever touches a private key is the
 * platform's work; what is done here in Java is on public values, but for the range of a private key, which
 * takes the same time for all.
 *
 * <p>Of the region CRYPTO it uses {@link HmacSha512#BLOCK} only, and nothing for a public point: one may be
 * asked for in the middle of a derivation. Secrets, inputs and results may lie anywhere else, and results
 * over inputs.
 */
final class Elliptic {
  /** Bytes of a private key, and of a shared secret. */
  static final short SECRET_LENGTH = 32;
  /** Bytes of a signature r ‖ s. */
  static final short SIGNATURE_LENGTH = 64;
  /** Bytes that are signed. */
  static final short DIGEST_LENGTH = 32;

  private static final short SCRATCH = HmacSha512.BLOCK;
  private static final short SCRATCH_LENGTH = HmacSha512.BLOCK_LENGTH;

  private final byte[] ram;
  // One key object a curve, so that its domain is set once after each reset. Where the platform has transient
  // ones, each takes 32 bytes of its transient memory, or more where the domain lies there too.
  private final ECPrivateKey p256;
  private final ECPrivateKey secp256k1;
  private final ECPrivateKey brainpool;
  private final Signature signer;
  private final KeyAgreement multiplier;

  Elliptic(byte[] ram) {
    this.ram = ram;
    p256 = newKey();
    secp256k1 = newKey();
    brainpool = newKey();
    signer = Signature.getInstance(Signature.ALG_ECDSA_SHA_256, false);
    multiplier = KeyAgreement.getInstance(KeyAgreement.ALG_EC_SVDP_DH_PLAIN_XY, false);
  }

  /** Whether the bytes can be a private key of the curve: 32 bytes, a number from 1 to n-1. */
  boolean isPrivateKey(byte curve, byte[] bytes, short at, short length) {
    return length == SECRET_LENGTH
        && !Scalar.isZero(bytes, at)
        && Scalar.isLess(bytes, at, Curves.parameters(curve), Curves.ORDER);
  }

  /**
   * Writes a new private key: 32 random bytes, drawn again while they exceed n-2, plus 1. Source: FIPS 186-5,
   * A.2.2.
   */
  void generate(byte curve, RandomData random, byte[] out, short outAt) {
    do {
      random.generateData(out, outAt, SECRET_LENGTH);
      Scalar.increment(out, outAt);
    } while (!isPrivateKey(curve, out, outAt, SECRET_LENGTH));
  }

  /** Writes the public point of a private key, 04 ‖ X ‖ Y (65 bytes). */
  void publicPoint(byte curve, byte[] secret, short at, byte[] out, short outAt) {
    multiply(curve, secret, at, Curves.parameters(curve), Curves.BASE, out, outAt);
  }

  /**
   * Writes the x coordinate (32 bytes, the caller wipes them) of a peer's point times the private key. False,
   * and nothing written, for what is not 04 ‖ X ‖ Y of a point on the curve. Source: SEC 1 v2 §3.3.1.
   */
  boolean agree(
      byte curve,
      byte[] secret,
      short at,
      byte[] peer,
      short peerAt,
      short peerLength,
      byte[] out,
      short outAt) {
    if (peerLength != Curves.POINT_LENGTH || !PointCheck.isOnCurve(curve, peer, peerAt, ram, SCRATCH)) {
      return false;
    }
    multiply(curve, secret, at, peer, peerAt, ram, SCRATCH);
    Util.arrayCopyNonAtomic(ram, (short) (SCRATCH + 1), out, outAt, SECRET_LENGTH);
    wipe();
    return true;
  }

  /** Writes r ‖ s (64 bytes), s low, of the first 32 bytes of a digest: ECDSA with the platform's nonce. */
  void sign(byte curve, byte[] secret, short at, byte[] digest, short digestAt, byte[] out, short outAt) {
    ECPrivateKey key = load(curve, secret, at);
    try {
      signer.init(key, Signature.MODE_SIGN);
      signer.signPreComputedHash(digest, digestAt, DIGEST_LENGTH, ram, SCRATCH);
    } finally {
      unload(key);
    }
    plainSignature(curve, ram, SCRATCH, out, outAt);
    wipe();
  }

  /**
   * Writes r ‖ s of a signature SEQUENCE { INTEGER r, INTEGER s }, with n-s for an s that is more than half
   * of n. The numbers of DER are as short as they can be, or have a 00 before a high bit; more zeros are
   * skipped too. The signature itself, of at least 32 bytes, is overwritten. Source: RFC 3279 §2.2.3; X.690
   * §8.3.
   */
  static void plainSignature(byte curve, byte[] der, short at, byte[] out, short outAt) {
    byte[] parameters = Curves.parameters(curve);
    short sAt = (short) (outAt + 32);
    short second = plainInteger(der, (short) (at + 2), out, outAt);
    plainInteger(der, second, out, sAt);
    Scalar.subtract(parameters, Curves.ORDER, out, sAt, der, at);
    if (Scalar.isLess(der, at, out, sAt)) Util.arrayCopyNonAtomic(der, at, out, sAt, Scalar.LENGTH);
  }

  /**
   * Writes the 32 last bytes of an INTEGER, with zeros before a shorter one. Returns where the next object
   * begins.
   */
  private static short plainInteger(byte[] der, short at, byte[] out, short outAt) {
    short length = der[(short) (at + 1)];
    short end = (short) (at + 2 + length);
    if (length > Scalar.LENGTH) length = Scalar.LENGTH;
    short zeros = (short) (Scalar.LENGTH - length);
    Util.arrayFillNonAtomic(out, outAt, zeros, (byte) 0);
    Util.arrayCopyNonAtomic(der, (short) (end - length), out, (short) (outAt + zeros), length);
    return end;
  }

  /**
   * Writes a point on the curve times the private key. Platforms give 04 ‖ X ‖ Y; one that gave anything else
   * would make keys of nobody.
   */
  private void multiply(
      byte curve, byte[] secret, short at, byte[] point, short pointAt, byte[] out, short outAt) {
    ECPrivateKey key = load(curve, secret, at);
    short length;
    try {
      multiplier.init(key);
      length = multiplier.generateSecret(point, pointAt, Curves.POINT_LENGTH, out, outAt);
    } finally {
      unload(key);
    }
    if (length != Curves.POINT_LENGTH) CryptoException.throwIt(CryptoException.NO_SUCH_ALGORITHM);
  }

  /**
   * The key object of the curve with the private key in it. Resets take a transient object's domain away, or
   * may.
   */
  private ECPrivateKey load(byte curve, byte[] secret, short at) {
    ECPrivateKey key = curve == Protocol.ALGORITHM_P256
        ? p256
        : curve == Protocol.ALGORITHM_SECP256K1 ? secp256k1 : brainpool;
    if (!key.isInitialized()) Curves.setDomain(curve, key);
    key.setS(secret, at, SECRET_LENGTH);
    return key;
  }

  /**
   * Overwrites the private key. Clearing the key object would take its domain away as well, on some
   * platforms.
   */
  private static void unload(ECPrivateKey key) {
    key.setS(PointCheck.ONE, (short) 0, SECRET_LENGTH);
  }

  private void wipe() {
    Util.arrayFillNonAtomic(ram, SCRATCH, SCRATCH_LENGTH, (byte) 0);
  }

  /** A key object in transient memory; on a platform without, in persistent memory, written twice a use. */
  private static ECPrivateKey newKey() {
    try {
      return newKey(KeyBuilder.TYPE_EC_FP_PRIVATE_TRANSIENT_RESET);
    } catch (CryptoException e) {
      return newKey(KeyBuilder.TYPE_EC_FP_PRIVATE);
    }
  }

  private static ECPrivateKey newKey(byte type) {
    return (ECPrivateKey) KeyBuilder.buildKey(type, KeyBuilder.LENGTH_EC_FP_256, false);
  }
}
