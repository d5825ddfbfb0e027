// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A card with the probe applet, asked in hexadecimal. */
final class TestCard {
  static final String SELECT = "00A4040007F04253494D010000";
  static final String SELECT_DOMAIN = "00A4040008A00000015100000000";
  static final String DOMAIN_RESPONSE = "6F118408A000000151000000A5059F65021000";

  final CardMachine machine;
  /** What lay behind a 6F00. */
  final List<Throwable> faults = new ArrayList<>();

  TestCard(UnaryOperator<CardOptions> change) {
    CardOptions options = CardOptions.defaults().withFaults(faults::add);
    machine = new CardMachine(ProbeApplet.class, change.apply(options));
  }

  static TestCard blank() {
    return new TestCard(options -> options);
  }

  /** One with the applet selected on channel 0, and its events forgotten. */
  static TestCard selected() {
    TestCard card = blank();
    card.expect(SELECT, "019000");
    card.send("8001000000");
    return card;
  }

  /** R-APDU to a C-APDU; blanks do not count. */
  String send(String apdu) {
    return Bytes.hex(machine.process(Bytes.fromHex(apdu.replace(" ", ""))));
  }

  void expect(String apdu, String answer) {
    assertEquals(answer.replace(" ", ""), send(apdu), () -> "answer to " + apdu);
  }

  void expect(String[][] exchanges) {
    for (String[] exchange : exchanges) expect(exchange[0], exchange[1]);
  }

  /** Opens channels up to that one. */
  TestCard withChannels(int last) {
    for (int number = 1; number <= last; number++) expect("0070000001", "0" + number + "9000");
    return this;
  }
}
