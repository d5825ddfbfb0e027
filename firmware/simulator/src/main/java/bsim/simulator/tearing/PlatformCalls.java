// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.util.Arrays;
import javacard.framework.Applet;
import javacard.framework.Util;
import javacard.security.AESKey;
import javacard.security.ECKey;
import javacard.security.ECPrivateKey;
import javacard.security.Key;
import javacard.security.KeyAgreement;
import javacard.security.KeyBuilder;
import javacard.security.MessageDigest;
import javacard.security.RandomData;
import javacard.security.Signature;
import javacardx.crypto.Cipher;
import org.globalplatform.SecureChannel;

/**
 * What the applet calls in the place of the Java Card API where that writes: each method has the name of the
 * one that it stands for, and its parameters, behind the object that is called. Public because the applet's
 * classes call it.
 */
public final class PlatformCalls {
  private PlatformCalls() {}

  /** Comes before the applet registers itself. */
  public static void registered(Applet applet) {
    Tearing.current().registered(applet);
  }

  /**
   * Stands for the instruction bastore. Atomic. Source: Java Card 3.0.5 Runtime Environment Specification
   * §7.1.
   */
  public static void store(byte[] array, int at, int value) {
    Tearing tearing = Tearing.current();
    if (tearing.isPersistent(array)) tearing.write(array, at, (byte) value);
    else array[at] = (byte) value;
  }

  public static short arrayCopy(byte[] from, short at, byte[] to, short toAt, short length) {
    Tearing tearing = Tearing.current();
    if (!tearing.isPersistent(to)) return Util.arrayCopy(from, at, to, toAt, length);
    tearing.write(to, toAt, slice(from, at, length));
    return (short) (toAt + length);
  }

  public static short arrayCopyNonAtomic(byte[] from, short at, byte[] to, short toAt, short length) {
    Tearing tearing = Tearing.current();
    if (!tearing.isPersistent(to)) return Util.arrayCopyNonAtomic(from, at, to, toAt, length);
    tearing.writeInPieces(to, toAt, slice(from, at, length));
    return (short) (toAt + length);
  }

  public static short arrayFillNonAtomic(byte[] array, short at, short length, byte value) {
    Tearing tearing = Tearing.current();
    if (!tearing.isPersistent(array)) return Util.arrayFillNonAtomic(array, at, length, value);
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, value);
    tearing.writeInPieces(array, at, bytes);
    return (short) (at + length);
  }

  /** Atomic where the array is persistent, as the Java Card API says. */
  public static short setShort(byte[] array, short at, short value) {
    Tearing tearing = Tearing.current();
    if (!tearing.isPersistent(array)) return Util.setShort(array, at, value);
    tearing.write(array, at, (byte) (value >> 8), (byte) value);
    return (short) (at + 2);
  }

  public static void beginTransaction() {
    Tearing.current().beginTransaction();
  }

  public static void commitTransaction() {
    Tearing.current().commitTransaction();
  }

  public static void abortTransaction() {
    Tearing.current().abortTransaction();
  }

  public static byte getTransactionDepth() {
    return Tearing.current().transactionDepth();
  }

  public static short doFinal(
      MessageDigest digest, byte[] in, short at, short length, byte[] out, short outAt) {
    return Tearing.current().writeOutput(out, to -> digest.doFinal(in, at, length, to, outAt));
  }

  public static short doFinal(Cipher cipher, byte[] in, short at, short length, byte[] out, short outAt) {
    return Tearing.current().writeOutput(out, to -> cipher.doFinal(in, at, length, to, outAt));
  }

  public static short generateSecret(
      KeyAgreement agreement, byte[] peer, short at, short length, byte[] out, short outAt) {
    return Tearing.current().writeOutput(out, to -> agreement.generateSecret(peer, at, length, to, outAt));
  }

  public static short signPreComputedHash(
      Signature signature, byte[] hash, short at, short length, byte[] out, short outAt) {
    Tearing tearing = Tearing.current();
    return tearing.writeOutput(out, to -> signature.signPreComputedHash(hash, at, length, to, outAt));
  }

  public static void generateData(RandomData random, byte[] out, short at, short length) {
    Tearing.current().writeOutput(out, to -> {
      random.generateData(to, at, length);
      return 0;
    });
  }

  public static short wrap(SecureChannel channel, byte[] buffer, short at, short length) {
    return Tearing.current().writeOutput(buffer, to -> channel.wrap(to, at, length));
  }

  public static short unwrap(SecureChannel channel, byte[] buffer, short at, short length) {
    return Tearing.current().writeOutput(buffer, to -> channel.unwrap(to, at, length));
  }

  public static void setKey(AESKey key, byte[] bytes, short at) {
    announce(key);
    key.setKey(bytes, at);
  }

  public static void setS(ECPrivateKey key, byte[] bytes, short at, short length) {
    announce(key);
    key.setS(bytes, at, length);
  }

  public static void setFieldFP(ECKey key, byte[] bytes, short at, short length) {
    announce((Key) key);
    key.setFieldFP(bytes, at, length);
  }

  public static void setA(ECKey key, byte[] bytes, short at, short length) {
    announce((Key) key);
    key.setA(bytes, at, length);
  }

  public static void setB(ECKey key, byte[] bytes, short at, short length) {
    announce((Key) key);
    key.setB(bytes, at, length);
  }

  public static void setG(ECKey key, byte[] bytes, short at, short length) {
    announce((Key) key);
    key.setG(bytes, at, length);
  }

  public static void setR(ECKey key, byte[] bytes, short at, short length) {
    announce((Key) key);
    key.setR(bytes, at, length);
  }

  public static void setK(ECKey key, short cofactor) {
    announce((Key) key);
    key.setK(cofactor);
  }

  private static void announce(Key key) {
    byte type = key.getType();
    if (type == KeyBuilder.TYPE_AES || type == KeyBuilder.TYPE_EC_FP_PRIVATE) Tearing.current().writeKey();
  }

  private static byte[] slice(byte[] from, short at, short length) {
    byte[] bytes = new byte[length];
    System.arraycopy(from, at, bytes, 0, length);
    return bytes;
  }
}
