// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.SELECT;
import static bsim.simulator.TestCard.SELECT_DOMAIN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import javacard.framework.APDU;
import javacard.framework.Applet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CardRuntimeTest {
  private static final String EVENTS = "8001000000";

  @Test
  void callsSelectAndDeselectForTheOnlySession() {
    TestCard card = TestCard.blank();
    card.expect(new String[][] {
      {SELECT, "019000"}, {EVENTS, "01 01000000 9000"}, {SELECT, "019000"},
      {EVENTS, "02 02000000 01000000 9000"}, {SELECT_DOMAIN, TestCard.DOMAIN_RESPONSE + "9000"},
      {SELECT, "019000"}, {EVENTS, "02 02000000 01000000 9000"},
    });
  }

  @Test
  void callsTheMultiSelectableMethodsWhileAnotherChannelHasTheApplet() {
    TestCard card = TestCard.selected().withChannels(2);
    card.expect(new String[][] {
      {"01A4040000", "019000"}, {EVENTS, "01 03010101 9000"}, {"01A4040000", "019000"},
      {EVENTS, "02 04010101 03010101 9000"}, {SELECT, "019000"}, {EVENTS, "02 04010000 03010000 9000"},
      {"02708001", "9000"}, {EVENTS, "01 04010102 9000"}, {SELECT, "019000"},
      {EVENTS, "02 02000000 01000000 9000"},
    });
  }

  @Test
  void tellsNobodyOfAReset() {
    TestCard card = TestCard.selected();
    card.machine.reset();
    card.expect(new String[][] {{SELECT, "019000"}, {EVENTS, "01 01000000 9000"}});
  }

  @Test
  void selectsNothingWhereTheAppletRefuses() {
    TestCard card = TestCard.selected();
    card.expect(new String[][] {
      {"800B0100", "9000"}, {SELECT, "6999"}, {EVENTS, "6D00"}, {"00A4040000", "6999"},
    });
  }

  @ParameterizedTest
  @CsvSource({
    "80020000, 00000101000000050000009000",
    "8002000000, 00000101000000050100009000",
    "800200000B, 0000010100000005000B009000",
    "80020000 03 010203, 00000101000300050000039000",
    "80020000 03 010203 00, 00000101000300050100039000",
    "80020000 00 0000, 000001010000 0007 7FFF 00 9000",
    "80020000 00 0102, 000001010000 0007 0102 00 9000",
    "80020000 00 9000, 000001010000 0007 7FFF 00 9000",
    "80020000 00 0003 010203, 000001010003 0007 0000 03 9000",
    "80020000 00 0003 010203 0000, 000001010003 0007 7FFF 03 9000",
    "80020000 00 0003 010203 FFFF, 000001010003 0007 7FFF 03 9000",
  })
  void givesTheAppletChannelProtocolAndLengths(String apdu, String answer) {
    TestCard.selected().expect(apdu, answer);
  }

  @Test
  void givesTheAppletTheLongestShortCommand() {
    TestCard.selected().expect("80020000 FF" + "A7".repeat(255) + "00", "00000101 00FF 0005 0100 A7 9000");
  }

  @Test
  void clearsWhatIsClearedOnDeselectWhenTheLastSessionEnds() {
    TestCard card = TestCard.selected().withChannels(1);
    card.send("01A4040000");
    card.expect(new String[][] {
      {"80035500", "9000"}, {"80040000 04", "55555500" + "55".repeat(16) + "9000"},
      {"00A4040008A00000015100000000", TestCard.DOMAIN_RESPONSE + "9000"},
      {"8104000004", "55555500" + "55".repeat(16) + "9000"}, {"01A4040000", "019000"},
      {"8104000004", "00555500" + "55".repeat(16) + "9000"},
    });
  }

  @Test
  void clearsTransientMemoryAndTransientKeysOnResetAndKeepsTheRest() {
    TestCard card = TestCard.selected();
    card.send("80035500");
    card.machine.powerOff();
    card.expect(SELECT, "019000");
    card.expect("8004000000", "00005500" + "EE".repeat(16) + "9000");
  }

  @Test
  void resetsDigestsOnReset() {
    TestCard card = TestCard.selected();
    card.expect("800D0100 01 61", "9000");
    card.machine.reset();
    card.expect(SELECT, "019000");
    // SHA-256 of "abc", FIPS 180-4.
    card.expect("800D0000 03 616263 00",
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD9000");
  }

  @ParameterizedTest
  @CsvSource({"00, 9000, 00", "01, 9000, 01", "02, 9000, 00", "03, 6A80, 00"})
  void keepsPersistentMemoryOnlyOfTransactionsThatWereCommitted(String how, String status, String kept) {
    TestCard card = TestCard.selected();
    card.expect(new String[][] {
      {"80031100", "9000"}, {"8005" + how + "00", status},
      {"80040000", "111211" + kept + "11".repeat(16) + "9000"}, {"80050100", "9000"},
    });
  }

  @Test
  void answers6F00ToAFaultAndTellsWhatItWas() {
    TestCard card = TestCard.selected();
    card.expect("80060000", "6F00");
    assertInstanceOf(ArrayIndexOutOfBoundsException.class, card.faults.get(0));
    assertEquals(1, card.faults.size());
    card.expect(EVENTS, "009000");
  }

  @Test
  void givesDataThatCameBeforeAStatusWord() {
    TestCard.selected().expect("80100003 02 63C2", "00000063C2");
  }

  @Test
  void givesTheAppletAidPrivilegesAndConfirmationAtInstallation() {
    TestCard.selected().expect("800C000000", "07F04253494D0100 0100 0102 9000");
    TestCard terminal = new TestCard(o -> o.withConfirmation(CardOptions.Confirmation.TERMINAL));
    terminal.send(SELECT);
    terminal.expect("800C000000", "07F04253494D0100 0100 0101 9000");
  }

  @Test
  void keepsALifeCycleStateOfTheApplicationAndRefusesOthers() {
    TestCard card = TestCard.selected();
    card.expect(new String[][] {
      {"80090F0000", "0F019000"}, {"8009030000", "0F009000"}, {"8009000000", "0F009000"},
      {"8009050000", "0F009000"}, {"80097F0000", "7F019000"}, {"8009800000", "FF019000"},
      {"8009070000", "FF009000"}, {"00A4040001F0", "6A82"},
    });
  }

  @Test
  void takesNoAppletThatDoesNotRegister() {
    assertThrows(IllegalStateException.class,
        () -> new CardMachine(Unregistered.class, CardOptions.defaults()));
  }

  @Test
  void saysWhyAnAppletCouldNotBeInstalled() {
    IllegalStateException refusal = assertThrows(IllegalStateException.class,
        () -> new CardMachine(Failing.class, CardOptions.defaults()));
    assertEquals("no memory", refusal.getCause().getMessage());
  }

  @Test
  void refusesASecondSessionAndExtendedLengthsOfAnAppletThatKnowsNeither() {
    CardMachine card = new CardMachine(Simple.class, CardOptions.defaults());
    for (List<String> exchange : List.of(List.of("00A4040000", "9000"), List.of("0070000001", "019000"),
        List.of("01A4040000", "6985"), List.of("81010000", "6D00"), List.of("80010000000000", "6700"),
        List.of("8001000000", "9000")))
      assertEquals(exchange.get(1), Bytes.hex(card.process(Bytes.fromHex(exchange.get(0)))));
  }

  /** An applet of one session, without extended lengths. */
  public static final class Simple extends Applet {
    public static void install(byte[] parameters, short offset, byte length) {
      new Simple().register();
    }

    @Override
    public void process(APDU apdu) {}
  }

  /** An applet that forgets to register. */
  public static final class Unregistered extends Applet {
    public static void install(byte[] parameters, short offset, byte length) {}

    @Override
    public void process(APDU apdu) {}
  }

  /** An applet that cannot be installed. */
  public static final class Failing extends Applet {
    public static void install(byte[] parameters, short offset, byte length) {
      throw new IllegalArgumentException("no memory");
    }

    @Override
    public void process(APDU apdu) {}
  }
}
