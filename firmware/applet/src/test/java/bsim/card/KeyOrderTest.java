// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class KeyOrderTest {
  private static final short FRAME = TransactionRam.FRAMES;
  /** Encoded keys in their order. Source: RFC 8949 §4.2.1, but for those that this profile has not. */
  private static final String[] KEYS = {
    "00", "0a", "17", "1818", "1864", "18ff", "190100", "1affffffff", "20", "37", "3863", "60", "617a", "626161",
    "626162", "7818" + "61".repeat(24), "7818" + "61".repeat(23) + "62",
  };

  private final byte[] ram = new byte[Ram.LENGTH];
  private final KeyOrder order = new KeyOrder(ram);

  /** Whether the keys rise. */
  private boolean rise(String... keys) {
    ram[FRAME] = CborReader.FIRST_KEY;
    for (String key : keys) {
      order.begin(FRAME);
      for (byte next : HexFormat.of().parseHex(key)) if (!order.next(FRAME, next)) return false;
      if (!order.rose()) return false;
      ram[FRAME] = (byte) (CborReader.FIRST_KEY + 1);
    }
    return true;
  }

  @Test
  void comparesBytesWithoutSign() {
    for (int i = 0; i < KEYS.length; i++) {
      for (int j = 0; j < KEYS.length; j++) assertEquals(i < j, rise(KEYS[i], KEYS[j]));
      assertTrue(rise(KEYS[i]));
    }
    assertTrue(rise(KEYS));
  }

  @Test
  void comparesWithTheLastKeyAlsoWhereItWasShorter() {
    assertTrue(rise("1affffff00", "617a", "626161"));
    assertFalse(rise("00", "617a", "18ff"));
  }

  @Test
  void hasRoomFor32BytesAndWritesNoMore() {
    Arrays.fill(ram, (byte) 0x5A);
    assertTrue(rise("781e" + "61".repeat(30)));
    assertFalse(rise("781f" + "61".repeat(31)));
    for (int i = FRAME + 35; i < ram.length; i++) assertEquals(0x5A, ram[i]);
  }

  @Test
  void tellsHowManyBytesFit() {
    order.begin(FRAME);
    assertTrue(order.fits((short) 32));
    assertFalse(order.fits((short) 33));
    assertFalse(order.fits((short) -1));
    order.next(FRAME, (byte) 0x78);
    assertTrue(order.fits((short) 31));
    assertFalse(order.fits((short) 32));
  }
}
