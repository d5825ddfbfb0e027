// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.CAST;
import static bsim.subset.Judged.rejects;

import org.junit.jupiter.api.Test;

class NumbersTest {
private static final String LONG = "long: the card counts in 16 bits";
  private static final String FLOATING = "floating point: the card has none";
  private static final String CHAR = "char: the card has no characters";

  @Test
  void rejectsAConstantBeyond16Bits() {
    rejects(
        "short f(short a) { return (short) (a & 0xFFFF); }",
        "Bad.f:2: constant 65535 does not fit 16 bits");
  }

  @Test
  void rejectsALabelBeyond16Bits() {
    rejects(
        "void f(short a) {\n switch (a + 0) { case 40000: a = 1; } }",
        "Bad.f:3: switch with a label that does not fit 16 bits",
        "Bad.f:3: result of int arithmetic the key of a switch" + CAST);
  }

  @Test
  void rejectsAFieldOfTypeInt() {
    rejects("static final int A = 1;", "Bad.A: int: the card counts in 16 bits");
  }

  @Test
  void rejectsAParameterOfTypeInt() {
    rejects("void f(int a) {}", "Bad.f:2: parameter of type int: the card counts in 16 bits");
  }

  @Test
  void rejectsAResultOfTypeInt() {
    rejects("int f() { return 1; }", "Bad.f:2: result of type int: the card counts in 16 bits");
  }

  @Test
  void rejectsAVariableOfTypeIntThatHoldsAShort() {
    rejects("short f(short a) {\n int b = a; return (short) b; }",
        "Bad.f:3: variable b of type int: the card counts in 16 bits");
  }

  @Test
  void rejectsAnArrayOfInt() {
    rejects(
        "final int[] a; Bad() {\n a = new int[3]; }",
        "Bad.a: int: the card counts in 16 bits",
        "Bad.<init>:3: array of int: the card counts in 16 bits");
  }

  @Test
  void rejectsLong() {
    rejects("short f(short a) {\n return (short) (a + 1L); }", "Bad.f:3: " + LONG);
  }

  @Test
  void rejectsFloat() {
    rejects("short f(short a) {\n return (short) (a * 1.5f); }", "Bad.f:3: " + FLOATING);
  }

  @Test
  void rejectsDouble() {
    rejects("short f(short a) {\n return (short) (a * 1.5); }", "Bad.f:3: " + FLOATING);
  }

  @Test
  void rejectsChar() {
    rejects("short f(short a) {\n return (short) (char) a; }", "Bad.f:3: " + CHAR);
  }
}
