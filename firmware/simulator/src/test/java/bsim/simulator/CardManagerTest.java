// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.SELECT;
import static bsim.simulator.TestCard.SELECT_DOMAIN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The security domain's commands. */
class CardManagerTest {
  private static final Json VECTORS = Json.read("crypto/scp03.json");
  private static final byte[] INSTALL = Bytes.fromHex("000007F04253494D010001000000");

  private final TestCard card = TestCard.blank();

  private ScpHost administrator(int level) {
    card.send(SELECT_DOMAIN);
    return ScpHost.open(card.machine::process, 0, level);
  }

  private static String put(ScpHost host, int replaced, byte[] field) {
    return Bytes.hex(host.exchange(0x80, 0xD8, replaced, 0x81, field));
  }

  /** The published field of three keys, whose DEK is that of the test keys, as a version. */
  private static byte[] field(int version) {
    byte[] field = VECTORS.get("putKey").get("data").bytes();
    field[0] = (byte) version;
    return field;
  }

  /** Version ‖ check values, as they stand in the field. */
  private static String putResponse(int version) {
    byte[] field = field(version);
    String values = "";
    for (int end = 24; end <= field.length; end += 23)
      values += Bytes.hex(Arrays.copyOfRange(field, end - 3, end));
    return Bytes.hex(Bytes.of(version)) + values + "9000";
  }

  @ParameterizedTest
  @ValueSource(ints = {0x01, 0x03, 0x11, 0x33})
  void putsPublishedKeysBesideThoseThatAreThereAndInTheirPlace(int level) {
    ScpHost host = administrator(level);
    assertEquals(putResponse(3), put(host, 0, field(3)));
    assertEquals("6A89", put(host, 0, field(3)));
    assertEquals("6A88", put(host, 9, field(4)));
    assertEquals(putResponse(4), put(host, 3, field(4)));
    assertEquals(putResponse(5), put(host, 0, field(5)));
    assertEquals("6A84", put(host, 0, field(6)));
    assertEquals("6A89", put(host, 4, field(5)));
    assertEquals(putResponse(7), put(host, 0x30, field(7)));
    card.expect("80CA00E000", "E036 C00401078810 C00402078810 C00403078810"
        + "C00401048810 C00402048810 C00403048810 C00401058810 C00402058810 C00403058810 9000");
    card.expect("8050300008010203040506070800", "6A88");
    byte[] begun = Bytes.fromHex(card.send("8050000008010203040506070800"));
    assertEquals(7, begun[10]);
  }

  @Test
  void refusesToBeginASecureChannelInsideOfOne() {
    ScpHost host = administrator(0x33);
    assertEquals("6E00", Bytes.hex(host.exchange(0x80, 0x50, 0, 0, new byte[8])));
    assertEquals("6D00", Bytes.hex(host.exchange(0x80, 0x44, 0, 0, new byte[8])));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 10, 19, 20, 21, 24, 30, 60, 69})
  void refusesAFieldOfKeysWithAChangedByte(int at) {
    byte[] field = field(3);
    field[at] ^= (byte) 0x80;
    assertEquals("6A80", put(administrator(1), 0, field));
  }

  @Test
  void refusesAFieldThatIsCutOrTooLong() {
    ScpHost host = administrator(1);
    byte[] field = field(3);
    for (int length = 1; length < field.length; length++)
      assertEquals("6A80", put(host, 0, Arrays.copyOf(field, length)));
    assertEquals("6A80", put(host, 0, Arrays.copyOf(field, field.length + 1)));
    assertEquals("6700", put(host, 0, Bytes.NONE));
  }

  @Test
  void makesAnInstalledApplicationSelectableOnceForTheAdministrator() {
    TestCard installed = new TestCard(o -> o.withSelectable(false));
    installed.send(SELECT_DOMAIN);
    String plain = "80E608000E" + Bytes.hex(INSTALL);
    installed.expect(plain, "6982");
    ScpHost host = ScpHost.open(installed.machine::process, 0, 0x11);
    byte[] other = INSTALL.clone();
    other[5]++;
    assertEquals("6A88", Bytes.hex(host.exchange(0x80, 0xE6, 8, 0, other)));
    byte[] privileged = INSTALL.clone();
    privileged[11] = 4;
    assertEquals("6A80", Bytes.hex(host.exchange(0x80, 0xE6, 8, 0, privileged)));
    assertEquals("6700", Bytes.hex(host.exchange(0x80, 0xE6, 8, 0, new byte[11])));
    installed.expect(SELECT, "6A82");
    assertEquals("9000", Bytes.hex(host.exchange(0x80, 0xE6, 8, 0, INSTALL)));
    assertEquals("6985", Bytes.hex(host.exchange(0x80, 0xE6, 8, 0, INSTALL)));
    installed.machine.reset();
    installed.expect(SELECT, "019000");
  }

  @ParameterizedTest
  @CsvSource({
    "80CA00E100, 6A88", "80CA000000, 6A88", "00CA00E000, 6D00", "90CA00E000, 6884", "80CA00E00101, 6700",
    "80D80081, 6700", "80D8008101FF, 6982", "80D8808101FF, 6A86", "80D8000001FF, 6A86", "80E6040000, 6A86",
    "80E6080000, 6700", "80FE000000, 6D00", "84FE000000, 6982", "84FE0000 00 0001 00, 6700",
    "00C0000000, 6985", "10C0000000, 6884", "00C000000101, 6700", "00C0000100, 6A86", "00A4040002A0A0, 6A82",
    "10A4040000, 6884", "00A4010000, 6A86", "8082010000, 6E00", "8082FF0000, 6A86", "84CA00E000, 6982",
  })
  void checksCommandsInTheirOrder(String apdu, String answer) {
    card.send(SELECT_DOMAIN);
    card.expect(apdu, answer);
  }

  @Test
  void keepsOneResponseForTheChannelThatAskedUntilAnotherCommandComes() {
    card.withChannels(1);
    card.send(SELECT_DOMAIN);
    card.send("01A4040008A00000015100000000");
    String begin = "E012C0";
    card.expect(new String[][] {
      {"80CA00E003", begin + "6111"}, {"00C0000000", "0401308810C00402308810C004033088109000"},
      {"00C0000000", "6985"}, {"80CA00E003", begin + "6111"}, {"01C0000000", "6985"}, {"00C0000000", "6985"},
      {"80CA00E0", "6114"}, {"00C00000", "6114"}, {"00C0000001", "E06113"}, {"00C0000100", "6A86"},
      {"00C0000001", "6985"}, {"80CA00E003", begin + "6111"}, {"FF000000", "6E00"}, {"02CA0000", "6881"},
      {"0070000001", "029000"}, {"00708002", "9000"}, {"00C0000001", "046110"}, {"00708001", "9000"},
      {"00C0000001", "6985"},
    });
  }
}
