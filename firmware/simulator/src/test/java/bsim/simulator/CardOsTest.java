// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.DOMAIN_RESPONSE;
import static bsim.simulator.TestCard.SELECT;
import static bsim.simulator.TestCard.SELECT_DOMAIN;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CardOsTest {
  @Test
  void givesAnAtrOfTheT1ProtocolWhoseBytesAddUpToZero() {
    byte[] atr = TestCard.blank().machine.atr();
    int sum = 0;
    for (int i = 1; i < atr.length; i++) sum ^= atr[i];
    assertEquals(0, sum);
    assertEquals("3B8A8131FE4580644253494D73C001D311", HexFormat.of().withUpperCase().formatHex(atr));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "00A4", "00A404", "00A40400 02 F0", "00A40400 01 F0 00 00",
      "00CA0000 00 01", "80CA0000 00 0000 00", "80CA0000 00 0000 00 00", "80020000 00 0002 01",
      "FF000000 02 01", "83020000 00 0001 01 00"})
  void answers6700BeforeAnythingElseWhereLengthsDoNotFit(String apdu) {
    TestCard.selected().expect(apdu, "6700");
  }

  @Test
  void answers6700ToADataFieldThatIsLongerThanAJavaCardTakes() {
    TestCard card = TestCard.selected();
    card.expect("80020000 007FF0" + "AB".repeat(0x7FF0) + "0000", "00000101 7FF0 0007 7FFF AB 9000");
    card.expect("80020000 008000" + "AB".repeat(0x8000) + "0000", "6700");
  }

  @ParameterizedTest
  @ValueSource(strings = {"20020000", "40020000", "08020000", "A0020000", "FF020000", "C0A40400",
      "04A4040000", "07A4040000", "0470000001", "04C0000000", "14C0000000", "0CA40400"})
  void answers6E00ToOtherClassesAndToSecureMessagingWithCommandsOfTheCard(String apdu) {
    TestCard.selected().expect(apdu, "6E00");
  }

  @ParameterizedTest
  @ValueSource(strings = {"8102000000", "82A4040000", "0170000001", "03C0000000", "87A40400"})
  void answers6881OnChannelsThatAreNotOpen(String apdu) {
    TestCard.selected().expect(apdu, "6881");
  }

  @Test
  void opensTheLowestFreeChannelOfFourAndClosesThem() {
    TestCard card = TestCard.blank();
    card.expect(new String[][] {
      {"0070000001", "019000"}, {"0170000000", "029000"}, {"0070000001", "039000"}, {"0070000001", "6A84"},
      {"0070800200", "9000"}, {"03708001", "9000"}, {"0170000001", "6881"}, {"0370000001", "019000"},
      {"01708001", "9000"}, {"00708001", "6985"}, {"0070000001", "019000"},
    });
  }

  @ParameterizedTest
  @CsvSource({
    "00700000, 6C01", "0070000100, 6A86", "0070010000, 6A86", "00708000, 6A86", "00708004, 6A86",
    "1070000001, 6884", "10708001, 6884", "1070000100, 6A86", "007000000105, 6700", "00700000010500, 6700",
    "007080010105, 6700", "00708001, 6985", "8070000001, 6D00", "00708002, 6985", "00700000000001, 019000",
  })
  void checksManageChannelInItsOrder(String apdu, String answer) {
    TestCard.selected().expect(apdu, answer);
  }

  @Test
  void opensNothingForWhoDoesNotTakeTheNumber() {
    TestCard card = TestCard.blank();
    card.expect(new String[][] {{"00700000", "6C01"}, {"0070000001", "019000"}});
    card.withChannels(0).expect(new String[][] {{"0070000001", "029000"}, {"0070000001", "039000"}});
    card.expect("00700000", "6A84");
  }

  @ParameterizedTest
  @CsvSource({
    "00FE000000, 6D00", "84FE000008, 6D00", "8002000000, 6D00", "8480000000, 6D00", "8050000008, 6D00",
    "00C0000000, 6985", "00C0010000, 6A86", "10C0000000, 6884", "00C0000001FF, 6700", "80C0000000, 6D00",
    "00A4000000, 6A86", "00A4040100, 6A86", "10A4040000, 6884", "00A4040002A0A0, 6A82",
    "00A4040202A0A0, 6A82", "00A40400110102030405060708091011121314151617, 6700", "80A4040000, 6D00",
  })
  void answersEverythingItselfWhereNothingIsSelected(String apdu, String answer) {
    TestCard.blank().expect(apdu, answer);
  }

  @Test
  void selectsTheAppletByNoName() {
    TestCard.blank().expect("00A4040000", "019000");
    TestCard.blank().expect("00A40400", "019000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F0", "F04253494D", "F04253494D01", "F04253494D0100"})
  void selectsTheAppletByFullAndPartialName(String name) {
    String apdu = "00A40400" + HexFormat.of().toHexDigits((byte) (name.length() / 2)) + name;
    TestCard.blank().expect(apdu, "019000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"A0", "A00000015100", "A000000151000000"})
  void selectsTheSecurityDomainByFullAndPartialName(String name) {
    String apdu = "00A40400" + HexFormat.of().toHexDigits((byte) (name.length() / 2)) + name + "00";
    TestCard.blank().expect(apdu, DOMAIN_RESPONSE + "9000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F04253494D010000", "F04253494D0101", "A1", "00"})
  void selectsNothingByOtherNames(String name) {
    String apdu = "00A40400" + HexFormat.of().toHexDigits((byte) (name.length() / 2)) + name;
    TestCard.blank().expect(apdu, "6A82");
  }

  @Test
  void selectsTheNextApplicationAfterTheOneThatIsSelected() {
    TestCard card = TestCard.blank();
    card.expect(new String[][] {
      {"00A4040200", "019000"}, {"00A4040200", DOMAIN_RESPONSE + "9000"}, {"00A4040200", "6A82"},
      {"80CA00E002", "E0126112"}, {SELECT, "019000"}, {"00A4040201F0", "6A82"},
      {"00A4040201A0", "6113"}, {"00C0000000", DOMAIN_RESPONSE + "9000"},
    });
  }

  @Test
  void forwardsASelectThatFindsNothingToTheSelectedApplication() {
    TestCard card = TestCard.selected();
    card.expect(new String[][] {
      {"00A4040002A0A0", "6A82"}, {"00A40400110102030405060708091011121314151617", "6A82"},
      {"10A4040000", "6A82"}, {"00A4000000", "6A82"}, {"80A4040000", "6A82"}, {"8001000000", "009000"},
    });
  }

  @Test
  void hasOneApplicationSelectedOnEachChannel() {
    TestCard card = TestCard.selected().withChannels(2);
    card.expect(new String[][] {
      {"8102000000", "6D00"}, {"01A4040008A00000015100000000", DOMAIN_RESPONSE + "9000"},
      {"81CA00E000", "E012C00401308810C00402308810C0040330881090 00"}, {"80CA00E000", "6D00"},
      {"82CA00E000", "6D00"}, {"02A40400", "019000"}, {"8202000000", "0202010100000005010000" + "9000"},
    });
  }

  @Test
  void selectsNothingAfterAResetAndClosesAllChannels() {
    TestCard card = TestCard.selected().withChannels(3);
    card.machine.reset();
    card.expect(new String[][] {{"8102000000", "6881"}, {"8002000000", "6D00"}, {"0070000001", "019000"}});
  }

  @Test
  void doesNotFindAnApplicationThatIsInstalledOnly() {
    TestCard card = new TestCard(options -> options.withSelectable(false));
    card.expect(new String[][] {
      {SELECT, "6A82"}, {"00A4040000", DOMAIN_RESPONSE + "9000"}, {"00A4040200", "6A82"}, {SELECT_DOMAIN,
          DOMAIN_RESPONSE + "9000"},
    });
  }
}
