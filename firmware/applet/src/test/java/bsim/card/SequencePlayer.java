// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Plays those sequences of the conformance suite that need nothing but the commands of keys, from three of
 * its states: the administrator of a blank card, its holder with the PIN, and him with wallets. See
 * fixtures/apdu/README.md.
 */
final class SequencePlayer {
  private static final String SEED = " C5 10 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F";
  private static final String GET_DIRECTORY = "00CAFF21";
  private static final String VERIFY = "00200001";

  /** What this card has not; steps say on which cards they are played. */
  private static final Set<String> LACKING = Set.of("Ed25519", "SM2", "SM3");

  private final KeyParts card = new KeyParts();

  static boolean plays(Fixture sequence) {
    String from = sequence.get("from").text();
    return Set.of("administrator", "verified", "wallets").contains(from)
        && namesOf(sequence, "requires").stream().noneMatch(LACKING::contains)
        && stepsOf(sequence).stream().allMatch(step -> playsStep(step, from));
  }

  private static List<Fixture> stepsOf(Fixture sequence) {
    return sequence.get("steps").items().stream()
        .filter(step -> namesOf(step, "requires").stream().noneMatch(LACKING::contains))
        .filter(step -> namesOf(step, "lacks").stream().allMatch(LACKING::contains))
        .toList();
  }

  private static List<String> namesOf(Fixture fixture, String member) {
    return textOf(fixture, member).isEmpty()
        ? List.of()
        : fixture.get(member).items().stream().map(Fixture::text).toList();
  }

  private static boolean playsStep(Fixture step, String from) {
    String send = textOf(step, "send").replace(" ", "");
    String status = textOf(step, "sw");
    // What the dispatcher refuses before.
    if (send.isEmpty() || send.contains("<") || status.equals("6700") || status.equals("6982")) return false;
    // Curves that this card has not, and the wallet on one of them.
    boolean isOther = send.contains("800103") || send.contains("800104");
    if (isOther && !status.equals("6A80")) return false;
    if (from.equals("wallets") && send.contains("840103")) return false;
    String header = send.substring(0, 8);
    return Set.of(GET_DIRECTORY, VERIFY).contains(header) || commandOf(null, header) != null;
  }

  void play(Fixture sequence) {
    String from = sequence.get("from").text();
    // How the administrator came in.
    card.log.add(Protocol.LOG_CHANNEL_OPENED, (byte) 0x30, (short) 0x33);
    card.enter(Session.ISSUER);
    if (from.equals("wallets")) {
      card.run(card.commands::importKey, "B6 1B 84 01 01 80 01 02 C0 01 02" + SEED);
      card.run(card.commands::importKey, "B6 1B 84 01 02 80 01 01 C0 01 02" + SEED);
    }
    if (!from.equals("administrator")) card.enter(Session.PIN);
    for (Fixture step : stepsOf(sequence)) {
      String answer = answer(KeyParts.bytes(step.get("send").text()), !textOf(step, "secure").isEmpty());
      assertTrue(
          answer.matches(pattern(step) + step.get("sw").text()),
          () -> sequence.get("title") + ": " + step + " answered " + answer);
    }
  }

  private String answer(byte[] send, boolean isSecure) {
    card.ram[Ram.LEVEL] = (byte) (isSecure ? 0x33 : 0);
    byte[] data = send.length > 5 ? Arrays.copyOfRange(send, 5, 5 + (send[4] & 0xFF)) : new byte[0];
    String header = KeyParts.hex(Arrays.copyOf(send, 4));
    if (header.equals(GET_DIRECTORY)) return KeyParts.hex(card.entries(50)) + "9000";
    if (!header.equals(VERIFY)) return KeyParts.hex(card.run(commandOf(card, header), data));
    card.session.setVerified(data[0] == 0x31 ? Session.PIN : Session.DURESS_PIN);
    return "9000";
  }

  /** The handler of a header; null for none. Without a card it only says whether there is one. */
  private static KeyParts.Command commandOf(KeyParts card, String header) {
    KeyCommands commands = card == null ? null : card.commands;
    return switch (header) {
      case "00478000" -> (data, at, length) -> commands.generate(data, at, length);
      case "00478100" -> (data, at, length) -> commands.read(data, at, length);
      case "00478300" -> (data, at, length) -> commands.readExtended(data, at, length);
      case "80480000" -> (data, at, length) -> commands.importKey(data, at, length);
      case "80E40000" -> (data, at, length) -> commands.delete(data, at, length);
      case "802C0000" -> (data, at, length) -> commands.resetLimit(data, at, length);
      case "80478000" -> (data, at, length) -> commands.generateAttestationKey();
      case "80478100" -> (data, at, length) -> commands.readAttestationKey();
      case "80880000" -> (data, at, length) -> card.attestation.attest(data, at, length);
      default -> null;
    };
  }

  /** What the answer must look like; a step that says nothing of the data of 9000 takes any. */
  private static String pattern(Fixture step) {
    String data = textOf(step, "data");
    boolean isSilent = data.isEmpty() && !step.toString().contains("data=");
    if (isSilent && textOf(step, "sw").equals("9000")) return ".*";
    List<String> parts = new ArrayList<>();
    for (String word : data.split(" ")) {
      if (word.equals("**")) parts.add(".*");
      else if (word.startsWith("*")) parts.add("(..){" + word.substring(1) + "}");
      else parts.add(word);
    }
    return String.join("", parts);
  }

  private static String textOf(Fixture step, String member) {
    try {
      return step.get(member).toString();
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
