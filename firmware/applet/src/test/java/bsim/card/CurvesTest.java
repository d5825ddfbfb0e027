// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import javacard.security.CryptoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CurvesTest {
  @ParameterizedTest
  @EnumSource(TestCurve.class)
  void hasTheParametersThatBouncyCastleHas(TestCurve curve) {
    byte[] table = Curves.parameters(curve.id);
    assertEquals(193, table.length);
    assertEquals(curve.p, TestCurve.value(table, Curves.FIELD));
    assertEquals(curve.a, TestCurve.value(table, Curves.A));
    assertEquals(curve.b, TestCurve.value(table, Curves.B));
    assertEquals(curve.n, TestCurve.value(table, Curves.ORDER));
    assertEquals(BigInteger.ONE, curve.domain.getH());
    assertArrayEquals(curve.point(BigInteger.ONE), Arrays.copyOfRange(table, Curves.BASE, table.length));
  }

  @Test
  void hasTheParametersOfP256ThatTheJdkHas() throws Exception {
    AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
    named.init(new ECGenParameterSpec("secp256r1"));
    ECParameterSpec spec = named.getParameterSpec(ECParameterSpec.class);
    byte[] table = Curves.parameters(Protocol.ALGORITHM_P256);
    assertEquals(((ECFieldFp) spec.getCurve().getField()).getP(), TestCurve.value(table, Curves.FIELD));
    assertEquals(spec.getCurve().getA(), TestCurve.value(table, Curves.A));
    assertEquals(spec.getCurve().getB(), TestCurve.value(table, Curves.B));
    assertEquals(spec.getOrder(), TestCurve.value(table, Curves.ORDER));
    assertEquals(spec.getGenerator().getAffineX(), TestCurve.value(table, Curves.BASE + 1));
    assertEquals(spec.getGenerator().getAffineY(), TestCurve.value(table, Curves.BASE + 33));
  }

  @Test
  void knowsThreeAlgorithmBytesAndNoOther() {
    for (int id = -128; id < 128; id++) {
      boolean isOne = id == 1 || id == 2 || id == 5;
      assertEquals(isOne, Curves.isKnown((byte) id));
      byte unknown = (byte) id;
      if (!isOne) assertThrows(CryptoException.class, () -> Curves.parameters(unknown));
    }
  }
}
