// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import bsim.subset.CardApi;
import bsim.subset.Sources;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Expected sizes are counted by hand after the tables of the specification. */
class CapEstimateTest {
  private static final String APPLET =
      """
      package bsim.card;

      import javacard.framework.APDU;
      import javacard.framework.Applet;

      public final class Tiny extends Applet {
        static final byte[] TABLE = {1, 2, 3};

        private Tiny() { register(); }

        public static void install(byte[] a, short b, byte c) { new Tiny(); }

        public void process(APDU apdu) { apdu.getBuffer()[0] = TABLE[0]; }
      }
      """;

  @Test
  void countsAnAppletOfOneClass() {
    // Tag 1 and size 2 before each.
    Map<Component, Integer> expected =
        Map.of(
            // magic 4, version 2, flags 1, package version 2, AID 1 + 16, name 1 + 9
            Component.HEADER, 3 + 7 + 2 + 17 + 10,
            // 12 sizes, 3 figures on static fields, 3 counts
            Component.DIRECTORY, 3 + 24 + 6 + 3,
            // count 1; java.lang and javacard.framework: version 2, AID 1 + 7
            Component.IMPORT, 3 + 1 + 20,
            // count 1, AID 1 + 16, place of install 2
            Component.APPLET, 3 + 20,
            // signature pool 2; class_info 10, table from equals to process 8 · 2
            Component.CLASS, 3 + 2 + 26,
            // handlers 1; <init>: aload_0 invokespecial aload_0 invokevirtual return;
            // install: new dup invokespecial pop return;
            // process: aload_1 invokevirtual sconst_0 getstatic_a sconst_0 baload bastore return
            Component.METHOD, 3 + 1 + (2 + 9) + (2 + 9) + (2 + 12),
            // five figures; array: type 1, length 2, 3 elements
            Component.STATIC_FIELD, 3 + 10 + 6,
            // Applet.<init>, Tiny.register, Tiny, Tiny.<init>, APDU.getBuffer, Tiny.TABLE
            Component.CONSTANT_POOL, 3 + 2 + 6 * 4,
            // two counts, 6 references
            Component.REFERENCE_LOCATION, 3 + 4 + 6);
    assertEquals(expected, estimate(APPLET).components());
    assertTrue(report(APPLET).contains("  in all                    254\n"));
  }

  @Test
  void countsExceptionHandlersWithEightBytesAndAReference() {
    String plain = "package bsim.card; class Test { static void f() { f(); } static void g() {} }";
    String caught =
        "package bsim.card; class Test { static void f() { try { f(); } catch (RuntimeException e) { } }"
            + " static void g() {} }";
    Map<Component, Integer> without = estimate(plain).components();
    Map<Component, Integer> with = estimate(caught).components();
    // A handler of 8 bytes, goto and astore_0.
    assertEquals(8 + 2 + 1, with.get(Component.METHOD) - without.get(Component.METHOD));
    assertEquals(4, with.get(Component.CONSTANT_POOL) - without.get(Component.CONSTANT_POOL));
    assertEquals(1, with.get(Component.REFERENCE_LOCATION) - without.get(Component.REFERENCE_LOCATION));
  }

  @Test
  void countsShortsInArraysWithTwoBytes() {
    int empty = estimate("package bsim.card; class Test {}").components().get(Component.STATIC_FIELD);
    String fields = "static final short[] A = {1, 2}; static final boolean[] B = {};";
    String source = "package bsim.card; class Test { " + fields + " }";
    assertEquals(empty + 3 + 4 + 3, estimate(source).components().get(Component.STATIC_FIELD));
  }

  @Test
  void countsALongWayBetweenReferencesWithMoreBytes() {
    String begin = "package bsim.card; class Test { static void f(short a) { ";
    String far = begin + "a = 1000;".repeat(70) + " f(a); } }";
    String near = begin + "f(a); } }";
    int difference =
        estimate(far).components().get(Component.REFERENCE_LOCATION)
            - estimate(near).components().get(Component.REFERENCE_LOCATION);
    // 280 bytes are 255 and 25.
    assertEquals(1, difference);
  }

  @Test
  void countsTheMethodsOfImplementedInterfaces() {
    String source =
        "package bsim.card; abstract class Test implements javacard.framework.MultiSelectable {"
            + " public boolean select(boolean a) { return a; } public void deselect(boolean a) {} }";
    // class_info 10, its two methods, the interface with two tokens.
    assertEquals(3 + 2 + 10 + 4 + 5, estimate(source).components().get(Component.CLASS));
  }

  @Test
  void saysHowManyFieldsAreOutOfReach() {
    StringBuilder fields = new StringBuilder();
    StringBuilder uses = new StringBuilder();
    for (int i = 0; i < 257; i++) {
      fields.append("final Object f").append(i).append(";");
      uses.append("f").append(i).append(" = null;");
    }
    String source = "package bsim.card; class Test { " + fields + " Test() { " + uses + " } }";
    assertEquals(1, estimate(source).fieldsOutOfReach());
    assertTrue(report(source).contains("  too low: 1 fields need longer instructions\n"));
  }

  private static String report(String source) {
    return SizeReport.of(Sources.compile(source), new CardApi());
  }

  private static CapEstimate estimate(String source) {
    return new CapEstimate(Sources.compile(source), new CardApi());
  }
}
