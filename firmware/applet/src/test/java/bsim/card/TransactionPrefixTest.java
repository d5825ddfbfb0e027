// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransactionPrefixTest {
  /** By hand. Source: RFC 9052 §4.4; RFC 9053 §2.1 (-7); RFC 8812 §3.2 (-47); RFC 9596 §2 (16). */
  private static final String TEXT = "846a5369676e617475726531";
  private static final String TYPE = "106c6273696d2d74782b63626f7240";
  private static final byte[] P256 = HexFormat.of().parseHex(TEXT + "51a20126" + TYPE);
  private static final byte[] SECP256K1 = HexFormat.of().parseHex(TEXT + "52a201382e" + TYPE);

  private final byte[] ram = new byte[Ram.LENGTH];
  private final TransactionPrefix prefix = new TransactionPrefix(ram);

  private boolean matches(byte[] part) {
    return prefix.matches(part, (short) 0, (short) part.length);
  }

  private static byte[] start(byte curve) {
    return curve == Protocol.ALGORITHM_P256 ? P256 : SECP256K1;
  }

  @ParameterizedTest
  @ValueSource(bytes = {1, 2})
  void matchesOnceTheLastByteCameAndNotBefore(byte curve) {
    byte[] start = start(curve);
    for (int cut = 0; cut < start.length; cut++) {
      prefix.begin(curve);
      assertFalse(matches(Arrays.copyOf(start, cut)));
      assertTrue(matches(Arrays.copyOfRange(start, cut, start.length)));
      assertTrue(matches(new byte[] {1, 2, 3}));
    }
    prefix.begin(curve);
    assertTrue(matches(Arrays.copyOf(start, 200)));
  }

  @ParameterizedTest
  @ValueSource(bytes = {1, 2})
  void doesNotMatchWhatDiffersInAnyBit(byte curve) {
    byte[] start = start(curve);
    for (int bit = 0; bit < 8 * start.length; bit++) {
      byte[] other = start.clone();
      other[bit / 8] ^= (byte) (1 << bit % 8);
      prefix.begin(curve);
      assertFalse(matches(other));
      assertFalse(matches(start));
    }
  }

  @Test
  void doesNotMatchTransactionsOfTheOtherCurveNorOnOtherCurves() {
    prefix.begin(Protocol.ALGORITHM_P256);
    assertFalse(matches(SECP256K1));
    prefix.begin(Protocol.ALGORITHM_SECP256K1);
    assertFalse(matches(P256));
    for (byte[] start : new byte[][] {P256, SECP256K1}) {
      prefix.begin(Protocol.ALGORITHM_BRAINPOOL_P256R1);
      assertFalse(matches(start));
    }
  }

  @Test
  void keepsTwoBytesAtTheBeginningOfTheWorkspace() {
    Arrays.fill(ram, (byte) 0x5A);
    prefix.begin(Protocol.ALGORITHM_P256);
    matches(P256);
    for (int i = 0; i < ram.length; i++) {
      boolean isOwn = i >= Ram.WORK_AREA && i < Ram.WORK_AREA + TransactionPrefix.LENGTH;
      if (!isOwn) assertEquals(0x5A, ram[i]);
    }
  }
}
