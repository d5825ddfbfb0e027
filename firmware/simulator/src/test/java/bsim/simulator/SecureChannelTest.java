// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.SELECT;
import static bsim.simulator.TestCard.SELECT_DOMAIN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SCP03 against a host that shares no code with the card. */
class SecureChannelTest {
  private static final byte[] TEST_KEY = Bytes.fromHex("404142434445464748494A4B4C4D4E4F");
  private static final String EVENTS = "8001000000";
  private static final List<Integer> LEVELS = List.of(0x01, 0x03, 0x11, 0x13, 0x33);

  @ParameterizedTest
  @CsvSource({"8, true, 70", "8, false, 60", "16, true, 71", "16, false, 61"})
  void unwrapsAndWrapsForTheAppletInEveryModeAtEveryLevel(
      int length, boolean isPseudoRandom, String options) {
    for (int level : LEVELS) {
      TestCard card = new TestCard(o -> o.withScp03(length == 16, isPseudoRandom));
      card.send(SELECT);
      ScpHost host = ScpHost.begin(card.machine::process, 0, length);
      byte[] begun = host.beginning;
      assertEquals(13 + 2 * length + (isPseudoRandom ? 3 : 0), begun.length);
      assertEquals("0000000000000000000030" + "03" + options, Bytes.hex(Arrays.copyOf(begun, 13)));
      ScpHost.expect(0x9000, card.machine.process(host.authentication(level)));
      for (int size : new int[] {0, 1, 15, 16, 17, 223}) {
        byte[] data = new byte[size];
        Arrays.fill(data, (byte) 0x77);
        byte[] expected = Bytes.concat(Bytes.of(0x80, 0x44, 0x12, 0x34, size), data);
        byte[] answer = host.exchange(0x80, 0x44, 0x12, 0x34, data);
        assertEquals(Bytes.hex(expected) + "9000", Bytes.hex(answer));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 24, 32})
  void worksWithKeysOfEveryLength(int length) {
    byte[] key = new byte[length];
    Arrays.fill(key, (byte) 0x19);
    List<KeySet> sets = List.of(KeySet.test(), KeySet.fresh(0x31, key, key, key));
    TestCard card = new TestCard(o -> o.withKeySets(sets));
    card.send(SELECT_DOMAIN);
    String entry = Bytes.hex(Bytes.of(0x31, 0x88, length));
    card.expect("80CA00E000", "E024 C00401308810 C00402308810 C00403308810"
        + "C00401" + entry + "C00402" + entry + "C00403" + entry + "9000");
    ScpHost host = new ScpHost(card.machine::process, 0, 8, 0x31, key);
    ScpHost.expect(0x9000, card.machine.process(host.authentication(0x33)));
    assertEquals("6D00", Bytes.hex(host.exchange(0x80, 0x44, 0, 0, Bytes.NONE)));
  }

  @Test
  void computesTheChallengeFromTheCounterAndTheAidThatIsAddressed() {
    TestCard card = TestCard.selected();
    byte[] counter = new byte[3];
    byte[] applet = Bytes.fromHex("F04253494D0100");
    byte[] domain = Bytes.fromHex("A000000151000000");
    for (int session = 0; session < 2; session++) {
      counter[2] = (byte) session;
      assertChallenge(card, SELECT, Bytes.concat(counter, applet));
      assertChallenge(card, SELECT_DOMAIN, Bytes.concat(counter, domain));
      ScpHost.open(card.machine::process, 0, 1);
    }
  }

  private static void assertChallenge(TestCard card, String select, byte[] context) {
    card.send(select);
    byte[] challenge = Arrays.copyOfRange(ScpHost.begin(card.machine::process, 0, 8).beginning, 13, 21);
    assertArrayEquals(Scp03.derive(TEST_KEY, Scp03.CARD_CHALLENGE, context, 8), challenge);
  }

  @Test
  void givesTheAppletsDiversificationDataThroughTheSecurityDomainAndLeavesNoTraceOfAsking() {
    TestCard card = TestCard.selected().withChannels(1);
    card.expect("800A00000A00112233445566778899", "9000");
    card.expect("01A4040008A00000015100000000", TestCard.DOMAIN_RESPONSE + "9000");
    String events = card.send(EVENTS);
    String begun = card.send("8150000008010203040506070800");
    assertEquals("00112233445566778899" + "300370", begun.substring(0, 26));
    assertEquals(events, card.send(EVENTS));
    assertEquals("00112233445566778899", card.send("8050000008010203040506070800").substring(0, 20));
  }

  @Test
  void givesZerosAsDiversificationDataWhileTheAppletIsInstalledOnly() {
    TestCard card = new TestCard(o -> o.withSelectable(false));
    card.send(SELECT_DOMAIN);
    assertEquals("00".repeat(10), card.send("8050000008010203040506070800").substring(0, 20));
  }

  @Test
  void locksAKeySetAfterTenFailuresAndGivesAllTriesBackForASuccess() {
    TestCard card = TestCard.selected();
    for (int round = 0; round < 2; round++) {
      for (int failure = 0; failure < 9; failure++) fail(card);
      ScpHost.open(card.machine::process, 0, 1);
    }
    for (int failure = 0; failure < 10; failure++) fail(card);
    card.expect("8050000008010203040506070800", "6983");
    card.expect("8050300008010203040506070800", "6983");
    card.machine.powerOff();
    card.send(SELECT_DOMAIN);
    card.expect("8050000008010203040506070800", "6983");
  }

  private static void fail(TestCard card) {
    byte[] wrong = ScpHost.begin(card.machine::process, 0, 8).authentication(1);
    wrong[wrong.length - 1] ^= 1;
    assertEquals("6300", Bytes.hex(card.machine.process(wrong)));
  }

  @ParameterizedTest
  @CsvSource({
    "8050010008010203040506070800, 6A88", "8050800008010203040506070800, 6A86",
    "8050000108010203040506070800, 6A86", "8050000007010203040506 07, 6700",
    "8050000010 01020304050607080102030405060708, 6700",
    "8050000011 0102030405060708010203040506070809, 6700",
    "80500000, 6700", "8082010010 01020304050607080102030405060708, 6E00",
    "8482010010 01020304050607080102030405060708, 6985", "8482020010 01020304050607080102030405060708, 6A86",
    "848201000F 010203040506070801020304050607, 6700",
    "84820100 00 0010 01020304050607080102030405060708, 6700",
  })
  void checksTheCommandsThatOpenItAlikeForAppletAndSecurityDomain(String apdu, String answer) {
    TestCard.selected().expect(apdu, answer);
    TestCard card = TestCard.blank();
    card.send(SELECT_DOMAIN);
    card.expect(apdu, answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"8001000000", "0070000001", "00A4040002A0A0", "FF", "8050FF0008010203040506070800",
      "00708001"})
  void forgetsWhatWasBegunWhenAnotherCommandComes(String between) {
    TestCard card = TestCard.selected();
    ScpHost host = ScpHost.begin(card.machine::process, 0, 8);
    card.send(between);
    assertEquals("6985", Bytes.hex(card.machine.process(host.authentication(1))));
  }

  @Test
  void keepsWhatWasBegunOverGetResponse() {
    TestCard card = TestCard.blank();
    card.send(SELECT_DOMAIN);
    byte[] challenge = Bytes.fromHex("0102030405060708");
    card.expect("8050000008" + Bytes.hex(challenge), "6120");
    String begun = card.send("00C0000005") + card.send("00C0000000");
    assertEquals("0000000000" + "611B" + "0000000000" + "300370", begun.substring(0, 30));
    card.expect("8482010010" + "00".repeat(16), "6300");
  }

  @Test
  void belongsToOneLogicalChannelAndLeavesOthersAlone() {
    TestCard card = TestCard.selected().withChannels(1);
    card.send("01A4040000");
    ScpHost host = ScpHost.open(card.machine::process, 0, 0x11);
    byte[] onOther = host.wrap(0x80, 0x44, 0, 0, Bytes.NONE);
    onOther[0] |= 1;
    assertEquals("6982", Bytes.hex(card.machine.process(onOther)));
    onOther[0] &= ~1;
    assertEquals("80440000009000", Bytes.hex(host.unwrap(card.machine.process(onOther))));
  }

  @ParameterizedTest
  @ValueSource(strings = {SELECT, SELECT_DOMAIN, "800E0000", "8050000008010203040506070800"})
  void endsOnItsLogicalChannel(String ending) {
    TestCard card = TestCard.selected();
    ScpHost host = ScpHost.open(card.machine::process, 0, 1);
    assertEquals("80440000009000", Bytes.hex(host.exchange(0x80, 0x44, 0, 0, Bytes.NONE)));
    card.send(ending);
    card.send(SELECT);
    assertEquals("6982", Bytes.hex(host.exchange(0x80, 0x44, 0, 0, Bytes.NONE)));
  }

  @Test
  void isAbortedByACommandThatDoesNotVerify() {
    TestCard card = TestCard.selected();
    ScpHost host = ScpHost.open(card.machine::process, 0, 0x33);
    byte[] wrong = host.wrap(0x80, 0x44, 0, 0, Bytes.NONE);
    wrong[wrong.length - 2] ^= 1;
    assertEquals("6982", Bytes.hex(card.machine.process(wrong)));
    assertEquals("6982", Bytes.hex(host.exchange(0x80, 0x44, 0, 0, Bytes.NONE)));
    card.expect("800F010000", "6985");
  }

  @Test
  void givesTheAppletTheDataEncryptionKeyWhileItIsOpen() {
    TestCard card = TestCard.selected();
    String plain = "00112233445566778899AABBCCDDEEFF".repeat(2);
    card.expect("800F010020" + plain + "00", "6985");
    ScpHost.open(card.machine::process, 0, 1);
    String encrypted = card.send("800F010020" + plain + "00");
    assertEquals(Bytes.hex(Scp03.underDek(TEST_KEY, true, Bytes.fromHex(plain))) + "9000", encrypted);
    card.expect("800F000020" + encrypted.substring(0, 64) + "00", plain + "9000");
    card.expect("800F010001" + "00" + "00", "6700");
  }

  @Test
  void drawsRandomChallengesThatDiffer() {
    TestCard card = new TestCard(o -> o.withScp03(true, false));
    card.send(SELECT);
    byte[] one = ScpHost.begin(card.machine::process, 0, 16).beginning;
    byte[] other = ScpHost.begin(card.machine::process, 0, 16).beginning;
    assertNotEquals(Bytes.hex(one), Bytes.hex(other));
    assertFalse(Bytes.hex(one).contains("00".repeat(16)));
  }
}
