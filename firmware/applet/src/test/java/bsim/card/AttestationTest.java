// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import javacard.framework.Util;
import org.junit.jupiter.api.Test;

/** Form: docs/card.md, "Attestation", RFC 9052 §4.2 and §4.4; encoding: RFC 8949 §4.2.1. */
class AttestationTest {
  private static final String CHALLENGE = "81 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F";
  /** "Signature1", as a text string. */
  private static final String CONTEXT = "6A5369676E617475726531";
  /** {1: -7, 16: "bsim-attestation+cbor"}, as a byte string. */
  private static final String PROTECTED =
      "581AA2012610756273696D2D6174746573746174696F6E2B63626F72";

  /** 68 bytes of message types, the last of which goes on. */
  private static final String NAMES =
      "61 2F" + " 62".repeat(30) + " 2C 61 2F" + " 63".repeat(30) + " 2C 61 2F";

  private final KeyParts card = new KeyParts();

  @Test
  void signsTheSigStructureWithTheAttestationKey() throws Exception {
    PublicKey key = begin();
    card.run(card.commands::generate, "B6 06 84 01 01 80 01 01");
    for (int round = 0; round < 20; round++)
      assertTrue(isSigned(card.run(card.attestation::attest, "84 01 01 " + CHALLENGE), key));
  }

  @Test
  void writesTheLongestStatement() throws Exception {
    PublicKey key = begin();
    String policy =
        ("80 01 36 81 60 " + NAMES + " 64".repeat(28))
            + (" 82 03 45 55 52 83 01 02 84 08 00 00 00 00 00 00 00 01 85 08" + " 00".repeat(8));
    String made = card.run(
        card.commands::generate, "B6 81 8D 84 01 10 80 01 02 C0 01 02 C1 81 81 " + policy);
    assertTrue(made.endsWith("9000"), made);
    short signatures = card.slots.signaturesAt((byte) 16);
    Util.setShort(card.slots.memory, signatures, (short) 0xFFFF);
    setSequence(0xFFFF_FFF0);
    String challenge = "81 40" + " C5".repeat(64);
    String path = " FF FF FF FF".repeat(10);
    String answer = card.run(card.attestation::attest, "84 01 10 94 28" + path + challenge);
    assertEquals(2 * 454 + 4, answer.length());
    assertTrue(isSigned(answer, key));
    String payload = payloadOf(answer);
    assertTrue(payload.startsWith("AC015840" + "C5".repeat(64) + "02A401022008215820"), payload);
    String bound = "031004020503065881" + policy.replace(" ", "") + "0701081AFFFF0000";
    assertTrue(payload.contains(bound), payload);
    assertTrue(payload.contains("091AFFFFFFF10A5820" + head() + "0B420200"), payload);
    assertTrue(payload.endsWith("0C8A" + "1AFFFFFFFF".repeat(10)), payload);
  }

  @Test
  void writesTheShortestStatement() throws Exception {
    PublicKey key = begin();
    card.run(card.commands::generate, "B6 09 84 01 02 80 01 01 C0 01 03");
    String answer = card.run(card.attestation::attest, CHALLENGE + " 84 01 02");
    assertTrue(isSigned(answer, key));
    assertTrue(payloadOf(answer).startsWith("AB0150000102030405060708090A0B0C0D0E0F02A401022001215820"));
    assertTrue(payloadOf(answer).endsWith("0302040305" + "0C" + "0643800106" + "0701" + "0800" + "0903"
        + "0A5820" + head() + "0B420200"), answer);
  }

  @Test
  void writesLengthsOnEachSideOf256() throws Exception {
    PublicKey key = begin();
    boolean[] hasLength = new boolean[400];
    for (int length = 70; length <= 96; length++) {
      String names = NAMES + " 64".repeat(length - 68);
      String policy = String.format("80 01 06 81 %02X ", length) + names;
      String template = String.format("84 01 01 80 01 01 C1 %02X ", length + 5) + policy;
      String made = card.run(card.commands::generate, String.format("B6 %02X ", length + 13) + template);
      assertTrue(made.endsWith("9000"), made);
      String answer = card.run(card.attestation::attest, "84 01 01 81 40" + " 11".repeat(64));
      assertTrue(isSigned(answer, key), answer);
      hasLength[payloadOf(answer).length() / 2] = true;
      card.run(card.commands::delete, "B6 03 84 01 01");
    }
    assertTrue(hasLength[255] && hasLength[256]);
  }

  @Test
  void namesTheBrainpoolCurveByTwoBytes() throws Exception {
    PublicKey key = begin();
    String made = card.run(card.commands::generate, "B6 06 84 01 01 80 01 05");
    String answer = card.run(card.attestation::attest, "84 01 01 " + CHALLENGE);
    String x = made.substring(12, 76);
    boolean isOdd = (Integer.parseInt(made.substring(138, 140), 16) & 1) == 1;
    assertTrue(answer.contains("02A4010220190100215820" + x + (isOdd ? "22F5" : "22F4")), answer);
    assertTrue(isSigned(answer, key));
  }

  @Test
  void isInTheLogThatItGives() throws Exception {
    begin();
    card.run(card.commands::generate, "B6 06 84 01 01 80 01 01");
    String before = head();
    String answer = card.run(card.attestation::attest, "84 01 01 " + CHALLENGE);
    byte[] entry = KeyParts.bytes("00 00 00 03 0F 01 00 00 00 00 00 00 00 00 00 00");
    var sha256 = java.security.MessageDigest.getInstance("SHA-256");
    sha256.update(KeyParts.bytes(before));
    String expected = KeyParts.hex(sha256.digest(entry));
    assertTrue(payloadOf(answer).contains("09030A5820" + expected), answer);
  }

  @Test
  void refusesInTheOrderOfTheChecks() throws Exception {
    card.enter(Session.ISSUER);
    assertEquals("6A80", card.run(card.attestation::attest, "84 01 01 81 0F" + " 00".repeat(15)));
    assertEquals("6A80", card.run(card.attestation::attest, "84 01 01 94 05 00 00 00 00 00 " + CHALLENGE));
    assertEquals("6A88", card.run(card.attestation::attest, "84 01 01 " + CHALLENGE));
    assertEquals("6A88", card.run(card.attestation::attest, "84 01 00 " + CHALLENGE));
    card.run(card.commands::generate, "B6 06 84 01 01 80 01 01");
    card.run(card.commands::generate, "B6 09 84 01 02 80 01 01 C0 01 02");
    assertEquals("6985", card.run(card.attestation::attest, "84 01 01 " + CHALLENGE));
    begin();
    assertEquals("6985", card.run(card.attestation::attest, "84 01 01 94 04 00 00 00 00 " + CHALLENGE));
    card.enter(Session.NOBODY);
    String log = head();
    assertEquals("6982", card.run(card.attestation::attest, "84 01 02 " + CHALLENGE));
    assertEquals(log, head());
    assertTrue(card.run(card.attestation::attest, "84 01 01 " + CHALLENGE).endsWith("9000"));
  }

  @Test
  void statesUnderDuressTheKeyThatIsReadUnderDuress() throws Exception {
    begin();
    card.enter(Session.DURESS_PIN);
    card.run(card.commands::generate, "B6 09 84 01 02 80 01 01 C0 01 02");
    for (byte presence : new byte[] {Session.PIN, Session.DURESS_PIN}) {
      card.enter(presence);
      String point = card.run(card.commands::read, "B6 09 84 01 02 94 04 00 00 00 05");
      String answer = card.run(card.attestation::attest, "84 01 02 94 04 00 00 00 05 " + CHALLENGE);
      assertTrue(answer.contains("215820" + point.substring(12, 76)), answer);
      assertTrue(answer.contains("0C8105"), answer);
    }
  }

  @Test
  void leavesNoSecretInTransientMemory() throws Exception {
    byte[] secret = new byte[32];
    Arrays.fill(secret, (byte) 0x3C);
    KeyParts parts = new KeyParts(new ScriptedRandom(secret, secret));
    parts.enter(Session.ISSUER);
    parts.run((data, at, length) -> parts.commands.generateAttestationKey(), "");
    parts.run(parts.commands::generate, "B6 06 84 01 01 80 01 01");
    parts.run(parts.attestation::attest, "84 01 01 " + CHALLENGE);
    assertFalse(KeyParts.hex(parts.ram).contains("3C".repeat(16)));
  }

  /** Lets the administrator make an attestation key, and gives it. */
  private PublicKey begin() throws Exception {
    card.enter(Session.ISSUER);
    String answer = card.run((data, at, length) -> card.commands.generateAttestationKey(), "");
    assertEquals("6A89", card.run((data, at, length) -> card.commands.generateAttestationKey(), ""));
    assertEquals(answer, card.run((data, at, length) -> card.commands.readAttestationKey(), ""));
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec("secp256r1"));
    BigInteger x = new BigInteger(answer.substring(12, 76), 16);
    ECPoint point = new ECPoint(x, new BigInteger(answer.substring(76, 140), 16));
    return KeyFactory.getInstance("EC")
        .generatePublic(new ECPublicKeySpec(point, parameters.getParameterSpec(ECParameterSpec.class)));
  }

  /** Whether a statement is a COSE_Sign1 of the profile, signed with a low s. */
  private static boolean isSigned(String answer, PublicKey key) throws Exception {
    assertTrue(answer.startsWith("D284" + PROTECTED + "A0") && answer.endsWith("9000"), answer);
    String rest = answer.substring(62, answer.length() - 4);
    String payload = rest.substring(0, rest.length() - 132);
    assertEquals("5840", rest.substring(payload.length(), payload.length() + 4));
    int length = payloadOf(answer).length() / 2;
    String head = length < 256 ? String.format("58%02X", length) : String.format("59%04X", length);
    assertEquals(head, payload.substring(0, head.length()));
    byte[] signature = KeyParts.bytes(rest.substring(payload.length() + 4));
    BigInteger half =
        new BigInteger("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16).shiftRight(1);
    assertTrue(new BigInteger(1, Arrays.copyOfRange(signature, 32, 64)).compareTo(half) <= 0);
    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
    verifier.initVerify(key);
    verifier.update(KeyParts.bytes("84" + CONTEXT + PROTECTED + "40" + payload));
    return verifier.verify(signature);
  }

  /** The payload, by what is around it: 31 bytes and its head before, 66 bytes and the status word behind. */
  private static String payloadOf(String answer) {
    String bytes = answer.substring(62, answer.length() - 132 - 4);
    return bytes.substring(bytes.startsWith("59") ? 6 : 4);
  }

  private String head() {
    byte[] head = new byte[32];
    card.log.head(head, (short) 0);
    return KeyParts.hex(head);
  }

  private void setSequence(int sequence) throws Exception {
    var field = SecurityLog.class.getDeclaredField("log");
    field.setAccessible(true);
    byte[] log = (byte[]) field.get(card.log);
    for (int i = 0; i < 4; i++) log[64 + i] = (byte) (sequence >> (24 - 8 * i));
  }
}
