// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.objectweb.asm.tree.ClassNode;

/** What the check says of a class; shared by the tests. */
final class Judged {
  /** First line of the source of a class in {@link #rejects}: its members begin on line 2. */
  private static final String HEAD =
      "package bsim.card; import javacard.framework.*; import javacard.security.*; class Bad extends Applet {"
          + " public void process(APDU apdu) {}\n";

  static final String CAST = ": cast it to short or byte first";

  private Judged() {}

  /** In a class with these members, these places and reasons are found, and nothing else. */
  static void rejects(String members, String... expected) {
    rejects(Sources.compile(HEAD + members + "\n}"), expected);
  }

  static void rejects(List<ClassNode> classes, String... expected) {
    List<String> prefixed = List.of(expected).stream().map(each -> "bsim.card." + each).toList();
    assertEquals(prefixed, found(classes));
  }

  static void accepts(String source) {
    assertEquals(List.of(), found(Sources.compile(source)));
  }

  private static List<String> found(List<ClassNode> classes) {
    return Subset.check(classes, new CardApi()).stream().map(Violation::toString).toList();
  }
}
