// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import bsim.subset.Sources;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.tree.MethodNode;

/** Expected sizes are counted by hand; the card's instructions stand beside each. */
class MethodCodeTest {
  @Test
  void countsShortArithmetic() {
    // sload_0 sload_1 sadd sreturn
    assertEquals(2 + 4, sizeOf("static short f(short a, short b) { return (short) (a + b); }"));
  }

  @Test
  void countsConstantsByTheirSize() {
    // bspush 6, sstore_0 | sspush 1000, sstore_0 | sconst_m1, sstore_0 | return
    assertEquals(2 + 3 + 4 + 2 + 1, sizeOf("static void f(short a) { a = 6; a = 1000; a = -1; }"));
  }

  @Test
  void countsVariablesBeyondTheFourthWithTheirIndex() {
    // sload 4, sreturn
    assertEquals(2 + 3, sizeOf("static short f(short a, short b, short c, short d, short e) { return e; }"));
  }

  @Test
  void countsAFieldOfThisAsOneInstruction() {
    // getfield_a_this 0, areturn
    assertEquals(2 + 3, sizeOf("final byte[] a = null; byte[] f() { return a; }"));
  }

  @Test
  void countsAFieldOfAnotherObjectAsTwo() {
    // aload_1, getfield_a 0, areturn
    assertEquals(2 + 4, sizeOf("final byte[] a = null; byte[] f(Test b) { return b.a; }"));
  }

  @Test
  void countsThisApartWhereSomethingElseIsPushedBetween() {
    // aload_0, sload_1, putfield_s 0, return
    assertEquals(2 + 5, sizeOf("short a; void f(short b) { a = b; }"));
  }

  @Test
  void countsALoopWithNearBranches() {
    // sconst_0 sstore_1 | sload_1 bspush 10 if_scmpge | aload_0 sload_1 sconst_0 bastore
    // sload_1 sconst_1 sadd sstore_1 goto | return
    String loop = "static void f(byte[] a) { for (short i = 0; i < 10; i++) a[i] = 0; }";
    assertEquals(2 + 2 + 5 + 4 + 6 + 1, sizeOf(loop));
  }

  @Test
  void countsBranchesThatGoFarWithThreeBytes() {
    // sload_0 ifeq | as often as said: sspush 1000, sstore_0 | return
    String begin = "static void f(short a) { if (a != 0) {";
    assertEquals(2 + 3 + 31 * 4 + 1, sizeOf(begin + "a = 1000;".repeat(31) + "} }"));
    assertEquals(2 + 4 + 32 * 4 + 1, sizeOf(begin + "a = 1000;".repeat(32) + "} }"));
  }

  @Test
  void countsCallsByTheirKind() {
    // invokestatic, aload_0 invokevirtual, aload_0 invokespecial, return
    String called = "static void s() {} void v() {} private void p() {}";
    assertEquals(2 + 3 + 4 + 4 + 1, sizeOf("void f() { s(); v(); p(); } " + called));
  }

  @Test
  void countsACallOfAnInterfaceWithFiveBytes() {
    // aload_0 invokeinterface, pop, return
    assertEquals(2 + 6 + 1 + 1, sizeOf("static void f(javacard.security.Key a) { a.getType(); }"));
  }

  @Test
  void countsCastsOfObjectsWithFourBytes() {
    // aload_0 checkcast areturn
    assertEquals(2 + 1 + 4 + 1, sizeOf("static byte[] f(Object a) { return (byte[]) a; }"));
  }

  @Test
  void countsACastToByteAndNoneToShort() {
    // sload_0 s2b sreturn
    assertEquals(2 + 3, sizeOf("static byte f(short a) { return (byte) (short) a; }"));
  }

  @Test
  void countsATableOfLabels() {
    // sload_0, stableswitch default low high 3 offsets, sconst_1 sreturn, sconst_2 sreturn, sconst_0 sreturn
    assertEquals(2 + 1 + 7 + 6 + 6, sizeOf(switchWith("case 1: return 1; case 3: return 2;")));
  }

  @Test
  void countsPairsOfLabels() {
    // sload_0, slookupswitch default count 2 pairs, sconst_1 sreturn, sconst_2 sreturn, sconst_0 sreturn
    assertEquals(2 + 1 + 5 + 8 + 6, sizeOf(switchWith("case 1: return 1; case 900: return 2;")));
  }

  @Test
  void countsALongHeaderForTheSixteenthParameter() {
    String fifteen =
        "byte a, byte b, byte c, byte d, byte e, byte g, byte h, byte i,"
            + " byte j, byte k, byte l, byte m, byte n, byte o, byte p";
    assertEquals(2 + 1, sizeOf("static void f(" + fifteen + ") {}"));
    assertEquals(4 + 1, sizeOf("void f(" + fifteen + ") {}"));
  }

  @Test
  void countsNewObjects() {
    // new dup invokespecial areturn
    assertEquals(2 + 3 + 1 + 3 + 1, sizeOf("Object f() { return new Object(); }"));
  }

  @Test
  void namesWhereReferencesLie() {
    // 2 getfield_a_this (index at 3), 4 sconst_0, 5 baload, 6 ifeq, 8 invokestatic (index at 9), 11 return
    String members = "final byte[] a = null; void f() { if (a[0] != 0) s(); } static void s() {}";
    MethodCode code = MethodCode.of(method(members));
    assertEquals(List.of(3), code.shortReferences());
    assertEquals(List.of(9), code.longReferences());
    assertEquals(12, code.size());
  }

  @Test
  void refusesWhatTheSubsetHasNot() {
    assertThrows(IllegalArgumentException.class, () -> sizeOf("long f(long a) { return a; }"));
  }

  private static String switchWith(String labels) {
    return "static short f(short a) { switch (a) { " + labels + " default: return 0; } }";
  }

  private static int sizeOf(String members) {
    return MethodCode.of(method(members)).size();
  }

  private static MethodNode method(String members) {
    return Sources.compile("package bsim.card; class Test { " + members + " }").get(0).methods.stream()
        .filter(each -> each.name.equals("f"))
        .findFirst()
        .orElseThrow();
  }
}
