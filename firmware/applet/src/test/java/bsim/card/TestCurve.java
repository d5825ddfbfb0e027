// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import com.licel.jcardsim.bouncycastle.asn1.sec.SECNamedCurves;
import com.licel.jcardsim.bouncycastle.asn1.x9.X9ECParameters;
import com.licel.jcardsim.bouncycastle.crypto.params.ECDomainParameters;
import com.licel.jcardsim.bouncycastle.math.ec.ECCurve;
import com.licel.jcardsim.bouncycastle.math.ec.ECPoint;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;

/** BouncyCastle's side of the card's curves, which what the card computes is held against. */
enum TestCurve {
  P256(Protocol.ALGORITHM_P256, domain("secp256r1")),
  SECP256K1(Protocol.ALGORITHM_SECP256K1, domain("secp256k1")),
  /** By RFC 5639 §3.4, since jCardSim does without it: p, A, B, x(P0), y(P0), q. */
  BRAINPOOL(
      Protocol.ALGORITHM_BRAINPOOL_P256R1,
      domain(
          "A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377",
          "7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9",
          "26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6",
          "8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262",
          "547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997",
          "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7"));

  final byte id;
  final ECDomainParameters domain;
  final BigInteger p;
  final BigInteger a;
  final BigInteger b;
  final BigInteger n;

  TestCurve(byte id, ECDomainParameters domain) {
    this.id = id;
    this.domain = domain;
    p = domain.getCurve().getField().getCharacteristic();
    a = domain.getCurve().getA().toBigInteger();
    b = domain.getCurve().getB().toBigInteger();
    n = domain.getN();
  }

  private static ECDomainParameters domain(String name) {
    X9ECParameters named = SECNamedCurves.getByName(name);
    return new ECDomainParameters(named.getCurve(), named.getG(), named.getN(), named.getH());
  }

  private static ECDomainParameters domain(String... hex) {
    BigInteger[] all = Arrays.stream(hex).map(text -> new BigInteger(text, 16)).toArray(BigInteger[]::new);
    ECCurve curve = new ECCurve.Fp(all[0], all[1], all[2], all[5], BigInteger.ONE);
    return new ECDomainParameters(curve, curve.createPoint(all[3], all[4]), all[5], BigInteger.ONE);
  }

  /** The curve that a fixture names. */
  static TestCurve named(String name) {
    return switch (name) {
      case "P-256" -> P256;
      case "secp256k1" -> SECP256K1;
      case "brainpoolP256r1" -> BRAINPOOL;
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** 04 ‖ X ‖ Y of a private key. */
  byte[] point(BigInteger secret) {
    return domain.getG().multiply(secret).normalize().getEncoded(false);
  }

  /** The x coordinate of a private key times a point. */
  byte[] agreed(BigInteger secret, byte[] peer) {
    ECPoint point = domain.getCurve().decodePoint(peer).multiply(secret).normalize();
    return number(point.getAffineXCoord().toBigInteger());
  }

  /** x³ + ax + b. */
  BigInteger rightSide(BigInteger x) {
    return x.pow(3).add(a.multiply(x)).add(b).mod(p);
  }

  BigInteger secret(Random random) {
    return new BigInteger(320, random).mod(n.subtract(BigInteger.ONE)).add(BigInteger.ONE);
  }

  /** 32 bytes, big-endian. */
  static byte[] number(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] number = new byte[32];
    int length = Math.min(bytes.length, 32);
    System.arraycopy(bytes, bytes.length - length, number, 32 - length, length);
    return number;
  }

  static BigInteger value(byte[] bytes, int at) {
    return new BigInteger(1, Arrays.copyOfRange(bytes, at, at + 32));
  }
}
