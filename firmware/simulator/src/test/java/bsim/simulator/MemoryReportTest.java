// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.SELECT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MemoryReportTest {
  private final TestCard card = TestCard.blank();

  @Test
  void countsTransientArraysAndKeys() {
    MemoryReport report = MemoryReport.of(card.machine);
    // 8 on deselect; 300 and an AES-128 key on reset.
    assertEquals(8 + 300 + 16, report.transientTotal());
    String json = report.json().replace('"', '\'');
    assertTrue(json.startsWith("{'transient':{'clearOnDeselect':8,'clearOnReset':316,'total':324}"));
  }

  @Test
  void countsPersistentArraysKeysFieldsAndHeaders() {
    int arrays = 257 + 4 + 10 + 32 + 16;
    int curveAndScalar = 4 * 32 + 65 + 2 + 32;
    // Fields: 12 references and a boolean. Objects: the applet, 5 arrays, 2 keys, 3 algorithms.
    int expected = arrays + curveAndScalar + 12 * 2 + 1 + 11 * MemoryReport.HEADER;
    assertEquals(expected, MemoryReport.of(card.machine).persistentTotal());
  }

  @Test
  void staysTheSameWhateverTheCardDoes() {
    String before = MemoryReport.of(card.machine).json();
    card.send(SELECT);
    for (int n = 0; n < 3; n++) {
      for (String apdu : new String[] {"80036600", "80050100", "8007100000", "8008000000", "800D0100 01 61"})
        card.send(apdu);
      ScpHost.open(card.machine::process, 0, 0x33);
    }
    assertEquals(before, MemoryReport.of(card.machine).json());
  }
}
