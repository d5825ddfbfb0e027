// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import javacard.framework.ISOException;

/**
 * Plays those sequences of the conformance suite that need nothing but chosen wallets, transactions and a
 * terminal. See fixtures/apdu/README.md; the wallets are those of its state "wallets".
 */
final class TransactionPlayer {
  /** Points of m/0'/1. Source: BIP-32, test vector 1; SLIP-0010, test vector 1 for nist256p1. */
  private static final String SECP256K1 =
      "03501e454bf00751f24b1b489aa925215d66af2234e3891c3b21a52bedb3cd711c";
  private static final String P256 = "03526c63f8d0b4bbbf9c80df553fe66742df4676b241dabefdef67733e070f6844";

  private static final String DEFAULT = "800106";
  private static final String XTS = "8203" + ascii("XTS") + "830102";
  /** Policies of the wallets, by slot; the second is on P-256, the others on secp256k1. */
  private static final Map<Integer, String> POLICIES =
      Map.of(
          1, DEFAULT,
          2, DEFAULT,
          4, "800104810e" + ascii("money/transfer"),
          5, DEFAULT + XTS + "840800000000000003e8",
          6, DEFAULT + XTS + "85080000000000001388",
          8, "800116",
          9, "800101",
          10, "800102",
          11, "800104811b" + ascii("custom/vote,identity/create"),
          12, "800114" + XTS + "850800000000000186a0");

  private static final String COMMANDS = "80100000|002241B6|[89]02A9E9A|80120000|80140000|002A9E9A";

  private enum Stage {NONE, SHOW, SHOWN, ASK, ASKED, CONFIRMED}

  private final byte[] ram = new byte[Ram.LENGTH];
  private final byte[] policies = new byte[129];
  private final TransactionReader reader = new TransactionReader(ram, policies);
  private final Map<Integer, byte[]> spent = new HashMap<>();
  private final ByteArrayOutputStream chain = new ByteArrayOutputStream();
  private int slot;
  private int begun;
  private String command = "";
  private Stage stage = Stage.NONE;
  private boolean hasTerminal;

  /** Whether the sequence has such steps only. */
  static boolean plays(Fixture sequence) {
    return sequence.get("from").text().equals("verified with wallets")
        && sequence.get("steps").items().stream().allMatch(TransactionPlayer::playsStep);
  }

  private static boolean playsStep(Fixture step) {
    String text = step.toString();
    if (!text.contains("send=") || text.contains("requires=")) return false;
    String send = sentBy(step);
    if (send.length() < 8 || !send.substring(0, 8).matches(COMMANDS)) return false;
    // What is refused before any of these classes sees it.
    if (step.get("sw").text().matches("6700|6883|6A86|6884")) return false;
    return !send.startsWith("002241B6") || POLICIES.containsKey(slotIn(send)) && isFirstPath(send);
  }

  /** Without a path, or that of another key, the slot is no wallet's whose point is known here. */
  private static boolean isFirstPath(String send) {
    return send.endsWith("94088000000000000001");
  }

  /** Plays it; gives how many transactions were signed, or shown to the holder. */
  int play(Fixture sequence) {
    int good = 0;
    for (Fixture step : sequence.get("steps").items()) {
      String send = sentBy(step);
      String expected = step.get("sw").text();
      String answer = answer(send, HexFormat.of().parseHex(send));
      String status = answer.substring(answer.length() - 4);
      assertEquals(expected, status, () -> sequence.get("title") + ": " + step);
      if (step.toString().contains("data=D0"))
        assertEquals(step.get("data").text().replace(" ", ""), answer.substring(0, answer.length() - 4));
      if (send.startsWith("802A") && status.matches("9000|91..")) good++;
    }
    return good;
  }

  private String answer(String send, byte[] apdu) {
    byte[] data = dataOf(apdu);
    return switch (send.substring(0, 8)) {
      case "80100000" -> profile(data);
      case "002241B6" -> choose(slotIn(send));
      case "802A9E9A", "902A9E9A" -> transaction(data, send.startsWith("90"));
      case "80120000" -> fetch();
      case "80140000" -> terminalResponse(data);
      default -> stage == Stage.CONFIRMED ? end("9000") : "6985";
    };
  }

  private String profile(byte[] data) {
    hasTerminal = data.length > 2 && (data[2] & 3) == 3;
    return "9000";
  }

  private String choose(int number) {
    slot = number;
    return "9000";
  }

  private String transaction(byte[] data, boolean isPart) {
    stage = Stage.NONE;
    try {
      if (chain.size() == 0 && begun == 0) begin();
      begun = 1;
      chain.writeBytes(data);
      // Behind the header of a command in an APDU buffer.
      byte[] buffer = new byte[7 + data.length];
      System.arraycopy(data, 0, buffer, 7, data.length);
      reader.write(buffer, (short) 7, (short) data.length);
      if (isPart) return "9000";
      byte[] hash = sha256(chain.toByteArray());
      chain.reset();
      begun = 0;
      return sign(hash);
    } catch (ISOException refusal) {
      chain.reset();
      begun = 0;
      return String.format("%04X", refusal.getReason());
    }
  }

  private void begin() {
    byte[] policy = HexFormat.of().parseHex(POLICIES.get(slot));
    // Such a key reads nothing.
    if ((policy[2] & Protocol.POLICY_TRANSACTIONS) == 0) SigningPolicy.refuse();
    System.arraycopy(policy, 0, policies, 0, policy.length);
    byte curve = slot == 2 ? Protocol.ALGORITHM_P256 : Protocol.ALGORITHM_SECP256K1;
    byte[] compressed = HexFormat.of().parseHex(slot == 2 ? P256 : SECP256K1);
    byte[] point = Arrays.copyOf(compressed, 65);
    point[64] = compressed[0];
    reader.begin(curve, point, (short) 0, (short) 0, (short) policy.length);
  }

  private String sign(byte[] hash) {
    byte[] next = new byte[8];
    reader.end(spent.getOrDefault(slot, new byte[8]), (short) 0, next, (short) 0);
    boolean isConfirmed = (policies[2] & Protocol.POLICY_CONFIRMATION) != 0;
    if (!isConfirmed) {
      spent.put(slot, next);
      return "9000";
    }
    byte[] text = new byte[ConfirmationText.MAX];
    short length = reader.confirmationText(hash, (short) 0, text, (short) 0);
    // Without a terminal the card asks for the PIN.
    if (!hasTerminal) return "9000";
    short display = ProactiveCommands.displayText(text, (short) 0, length, ram, Ram.ANSWER_BYTES);
    command = proactive(display);
    stage = Stage.SHOW;
    return String.format("91%02X", display);
  }

  private String fetch() {
    if (stage != Stage.SHOW && stage != Stage.ASK) return end("6985");
    stage = stage == Stage.SHOW ? Stage.SHOWN : Stage.ASKED;
    return command + "9000";
  }

  private String terminalResponse(byte[] data) {
    if (stage != Stage.SHOWN && stage != Stage.ASKED) return end("6985");
    byte verdict = ProactiveCommands.read(data, (short) 0, (short) data.length, stage == Stage.ASKED);
    if (verdict != ProactiveCommands.AGREED)
      return end(verdict == ProactiveCommands.UNREADABLE ? "6A80" : "9000");
    if (stage == Stage.ASKED) {
      stage = Stage.CONFIRMED;
      return "9000";
    }
    stage = Stage.ASK;
    short length = ProactiveCommands.askYesOrNo(ram, Ram.ANSWER_BYTES);
    command = proactive(length);
    return String.format("91%02X", length);
  }

  private String end(String status) {
    stage = Stage.NONE;
    return status;
  }

  private String proactive(short length) {
    return HexFormat.of().withUpperCase().formatHex(ram, Ram.ANSWER_BYTES, Ram.ANSWER_BYTES + length);
  }

  private static byte[] dataOf(byte[] apdu) {
    if (apdu.length < 6) return new byte[0];
    boolean isExtended = apdu[4] == 0;
    int at = isExtended ? 7 : 5;
    int length = isExtended ? (apdu[5] & 0xFF) << 8 | apdu[6] & 0xFF : apdu[4] & 0xFF;
    assertTrue(at + length <= apdu.length);
    return Arrays.copyOfRange(apdu, at, at + length);
  }

  private static String sentBy(Fixture step) {
    return step.get("send").text().replace(" ", "");
  }

  private static int slotIn(String send) {
    return send.startsWith("8401", 10) ? Integer.parseInt(send, 14, 16, 16) : 0;
  }

  private static String ascii(String text) {
    return HexFormat.of().formatHex(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
