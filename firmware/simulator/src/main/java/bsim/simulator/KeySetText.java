// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * Key sets as text: one a line (or before a semicolon), version and the keys ENC, MAC and DEK in hexadecimal,
 * separated by blanks; what follows # is a comment. It is read from a file or the environment, since whoever
 * may list processes sees their arguments.
 */
final class KeySetText {
  private KeySetText() {}

  /** Throws IllegalArgumentException, which names the line but never shows what it holds. */
  static List<KeySet> read(String text) {
    List<KeySet> sets = new ArrayList<>();
    int number = 0;
    for (String line : text.split("[\n;]")) {
      number++;
      String content = line.replaceFirst("#.*", "").strip();
      if (!content.isEmpty()) sets.add(readLine(content.split("\\s+"), number));
    }
    return sets;
  }

  private static KeySet readLine(String[] parts, int number) {
    String expected = "key set in line " + number + " not read: ";
    if (parts.length != 4)
      throw new IllegalArgumentException(
          expected + "found " + parts.length + " values, expected version, ENC, MAC and DEK");
    byte[][] values = new byte[4][];
    for (int i = 0; i < 4; i++) {
      if (!parts[i].matches("([0-9a-fA-F]{2})+"))
        throw new IllegalArgumentException(expected + "value " + (i + 1) + " is not hexadecimal");
      values[i] = Bytes.fromHex(parts[i]);
    }
    if (values[0].length != 1)
      throw new IllegalArgumentException(
          expected + "found a version of " + values[0].length + " bytes, expected 1");
    try {
      return KeySet.fresh(values[0][0] & 0xFF, values[1], values[2], values[3]);
    } catch (IllegalArgumentException cause) {
      throw new IllegalArgumentException(expected + cause.getMessage(), cause);
    }
  }
}
