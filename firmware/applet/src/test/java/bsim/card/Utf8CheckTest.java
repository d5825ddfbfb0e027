// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8CheckTest {
  private static final int[] EDGES = {
    0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBB, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
    0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
  };

  private final Utf8Check check = new Utf8Check(new byte[Ram.LENGTH]);

  private boolean isText(byte... text) {
    check.begin();
    for (byte next : text) if (!check.next(next)) return false;
    return check.isWhole();
  }

  /** By the JDK's strict decoder, and without a byte order mark. */
  private static boolean isTextOfJdk(byte... text) {
    if (HexFormat.of().formatHex(text).startsWith("efbbbf")) return false;
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
      return true;
    } catch (CharacterCodingException refusal) {
      return false;
    }
  }

  private void compare(int... text) {
    byte[] bytes = new byte[text.length];
    for (int i = 0; i < text.length; i++) bytes[i] = (byte) text[i];
    assertEquals(isTextOfJdk(bytes), isText(bytes), () -> HexFormat.of().formatHex(bytes));
  }

  @Test
  void saysWhatTheJdkSaysOfAllTextsOfTwoBytesAndOfLongerOnesAtTheEdges() {
    for (int first = 0; first < 256; first++) {
      compare(first);
      for (int second = 0; second < 256; second++) compare(first, second);
    }
    for (int first : EDGES)
      for (int second : EDGES)
        for (int third : EDGES) {
          compare(first, second, third);
          for (int fourth : EDGES) compare(first, second, third, fourth);
        }
  }

  @Test
  void takesEveryCharacterButSurrogatesAndTheMark() {
    for (int code = 0; code <= Character.MAX_CODE_POINT; code++) {
      if (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE || code == 0xFEFF) continue;
      assertTrue(isText(Character.toString(code).getBytes(StandardCharsets.UTF_8)));
    }
  }

  /** Source: RFC 3629 §3, §10: surrogates, longer forms, beyond U+10FFFF; and what is not whole. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "eda080", "edbfbf", "c080", "e080af", "f0808080", "f4908080", "f8888080", "80", "e6b0", "61e6",
      })
  void refusesWhatIsNoUtf8(String digits) {
    assertFalse(isText(HexFormat.of().parseHex(digits)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"41e289a2ce912e", "ed959ceab5adec96b4", "e697a5e69cace8aa9e", "f0a38eb4", ""})
  void takesTheExamplesOfRfc3629(String digits) {
    assertTrue(isText(HexFormat.of().parseHex(digits)));
  }

  @Test
  void refusesAByteOrderMarkAtTheBeginningOnlyAlsoAfterATextThatWasNotWhole() {
    assertFalse(isText((byte) 0xEF, (byte) 0xBB, (byte) 0xBF));
    assertFalse(isText((byte) 0xEF, (byte) 0xBB));
    assertTrue(isText((byte) 0x61, (byte) 0xEF, (byte) 0xBB, (byte) 0xBF));
    assertTrue(isText((byte) 0xEF, (byte) 0xBB, (byte) 0xBE));
    assertFalse(isText((byte) 0xEF, (byte) 0xBB));
    assertFalse(isText((byte) 0xBF));
  }
}
