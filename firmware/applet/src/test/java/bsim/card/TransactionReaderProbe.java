// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import javacard.framework.ISOException;

/**
 * Tells another program what the applet makes of transactions and of what terminals answer: a line for each
 * line of its input, until that ends. Words are separated by blanks, parts by commas, bytes are hexadecimal:
 *
 * <ul>
 *   <li>{@code transaction CURVE POINT POLICY SPENT PARTS} gives {@code PARTS-TAKEN STATUS-WORD [SPENT TEXT]},
 *       where TEXT is ASCII, or the status word of its refusal;
 *   <li>{@code prefix CURVE PARTS} gives the part, counted from 1, after which it is known to be a transaction,
 *       or 0;
 *   <li>{@code shown DATA} and {@code asked DATA} give what {@link ProactiveCommands#read} does;
 *   <li>{@code display TEXT} and {@code ask} give the proactive command.
 * </ul>
 */
final class TransactionReaderProbe {
  /** The applet finds its policy and what was spent between others. */
  private static final int POLICY_AT = 5;

  private final byte[] ram = new byte[Ram.LENGTH];
  private final byte[] memory = new byte[200];
  private final TransactionReader reader = new TransactionReader(ram, memory);
  private final TransactionPrefix prefix = new TransactionPrefix(ram);

  private TransactionReaderProbe() {}

  public static void main(String[] arguments) throws IOException {
    TransactionReaderProbe probe = new TransactionReaderProbe();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(probe.answer(line.split(" ", -1)));
      if (!in.ready()) out.flush();
    }
    out.flush();
  }

  private String answer(String[] words) {
    return switch (words[0]) {
      case "transaction" -> transaction(words);
      case "prefix" -> prefix(Byte.parseByte(words[1]), parts(words[2]));
      case "shown" -> response(bytes(words[1]), false);
      case "asked" -> response(bytes(words[1]), true);
      case "display" -> display(bytes(words[1]));
      case "ask" -> hex(ram, Ram.ANSWER_BYTES, ProactiveCommands.askYesOrNo(ram, Ram.ANSWER_BYTES));
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  private String transaction(String[] words) {
    byte[] policy = bytes(words[3]);
    byte[] spent = bytes(words[4]);
    Arrays.fill(memory, (byte) 0x81);
    System.arraycopy(policy, 0, memory, POLICY_AT, policy.length);
    byte[] area = Arrays.copyOf(ram, Ram.LENGTH);
    MessageDigest sha256 = sha256();
    int taken = 0;
    try {
      byte curve = Byte.parseByte(words[1]);
      reader.begin(curve, bytes(words[2]), (short) 0, (short) POLICY_AT, (short) policy.length);
      for (byte[] part : parts(words[5])) {
        sha256.update(part);
        reader.write(part, (short) 0, (short) part.length);
        taken++;
      }
      byte[] next = new byte[8];
      reader.end(spent, (short) 0, next, (short) 0);
      requireOutside(area);
      return taken + " 9000 " + HexFormat.of().formatHex(next) + " " + text(sha256.digest());
    } catch (ISOException refusal) {
      requireOutside(area);
      return taken + " " + statusWord(refusal);
    }
  }

  private String text(byte[] hash) {
    byte[] out = new byte[ConfirmationText.MAX];
    try {
      short length = reader.confirmationText(hash, (short) 0, out, (short) 0);
      return new String(out, 0, length, StandardCharsets.US_ASCII);
    } catch (ISOException refusal) {
      return statusWord(refusal);
    }
  }

  private String prefix(byte curve, byte[][] parts) {
    prefix.begin(curve);
    for (int i = 0; i < parts.length; i++)
      if (prefix.matches(parts[i], (short) 0, (short) parts[i].length)) return String.valueOf(i + 1);
    return "0";
  }

  private String response(byte[] data, boolean isQuestion) {
    byte verdict = ProactiveCommands.read(data, (short) 0, (short) data.length, isQuestion);
    if (verdict == ProactiveCommands.UNREADABLE) return "6A80";
    return verdict == ProactiveCommands.AGREED ? "yes" : "no";
  }

  private String display(byte[] text) {
    short length =
        ProactiveCommands.displayText(text, (short) 0, (short) text.length, ram, Ram.ANSWER_BYTES);
    return hex(ram, Ram.ANSWER_BYTES, length);
  }

  /** The reader writes into its own part of the memory only. */
  private void requireOutside(byte[] before) {
    int end = Ram.WORK_AREA + TransactionRam.LENGTH;
    boolean isSame =
        Arrays.equals(ram, 0, Ram.WORK_AREA, before, 0, Ram.WORK_AREA)
            && Arrays.equals(ram, end, ram.length, before, end, ram.length);
    if (!isSame) throw new IllegalStateException("written outside the reader's part of the memory");
  }

  private static String statusWord(ISOException refusal) {
    return String.format("%04X", refusal.getReason() & 0xFFFF);
  }

  private static byte[][] parts(String words) {
    return Arrays.stream(words.split(",", -1)).map(TransactionReaderProbe::bytes).toArray(byte[][]::new);
  }

  private static byte[] bytes(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  private static String hex(byte[] bytes, int at, int length) {
    return HexFormat.of().formatHex(bytes, at, at + length);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
