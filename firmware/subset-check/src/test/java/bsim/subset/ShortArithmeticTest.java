// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.CAST;
import static bsim.subset.Judged.accepts;
import static bsim.subset.Judged.rejects;
import static org.objectweb.asm.Opcodes.*;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.Label;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

class ShortArithmeticTest {
  private static final String COMPARED = "result of int arithmetic compared" + CAST;

  @Test
  void rejectsASumThatIsComparedUncast() {
    rejects("boolean f(short a, short b) { return a + b > 3; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsADifferenceThatIsComparedUncast() {
    rejects("boolean f(short a, short b) { return 3 > a - b; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAProductThatIsComparedUncast() {
    rejects("boolean f(short a, short b) { return a * b == 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsANegationThatIsComparedUncast() {
    rejects("boolean f(short a) { return -a > 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAShiftToTheLeftThatIsComparedUncast() {
    rejects("boolean f(short a) { return a << 8 > 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAQuotientThatIsComparedUncast() {
    rejects("boolean f(short a, short b) { return a / b > 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAnUnsignedShiftToTheRightThatIsComparedUncast() {
    rejects("boolean f(short a) { return a >>> 1 > 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAMaskedSumThatIsComparedUncast() {
    rejects("boolean f(short a, short b) { return ((a + b) & 0xFF) == 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAChoiceBetweenCastAndUncast() {
    rejects("boolean f(short a, boolean b) { return (b ? a : a + 1) == 0; }", "Bad.f:2: " + COMPARED);
  }

  @Test
  void rejectsAnUncastDividend() {
    rejects(
        "short f(short a, short b) { return (short) ((a + b) / 2); }",
        "Bad.f:2: result of int arithmetic divided" + CAST);
  }

  @Test
  void rejectsAnUncastDivisor() {
    rejects(
        "short f(short a, short b) { return (short) (a % (b + 1)); }",
        "Bad.f:2: result of int arithmetic divided" + CAST);
  }

  @Test
  void rejectsAnUncastOperandOfAShiftToTheRight() {
    rejects(
        "short f(short a, short b) { return (short) ((a + b) >> 1); }",
        "Bad.f:2: result of int arithmetic shifted right" + CAST);
  }

  @Test
  void rejectsAnUncastOperandOfAnUnsignedShiftToTheRight() {
    rejects(
        "short f(short a, short b) { return (short) ((a - b) >>> 1); }",
        "Bad.f:2: result of int arithmetic shifted right" + CAST);
  }

  @Test
  void rejectsAnUncastShiftCount() {
    rejects(
        "short f(short a, short b) { return (short) (a << (b + 1)); }",
        "Bad.f:2: result of int arithmetic a shift count" + CAST);
  }

  @Test
  void rejectsAnUncastIndexOfAnElementThatIsRead() {
    rejects(
        "byte f(byte[] a, short b) {\n return a[b + 1]; }",
        "Bad.f:3: result of int arithmetic the index of an array" + CAST);
  }

  @Test
  void rejectsAnUncastIndexOfAnElementThatIsWritten() {
    rejects(
        "void f(byte[] a, short b) {\n a[b + 1] = 0; }",
        "Bad.f:3: result of int arithmetic the index of an array" + CAST);
  }

  @Test
  void rejectsAnUncastIndexOfObjects() {
    rejects(
        "Object f(Object[] a, short b) { return a[b + 1]; }",
        "Bad.f:2: result of int arithmetic the index of an array" + CAST);
  }

  @Test
  void rejectsAnUncastSizeOfAnArray() {
    rejects(
        "final byte[] a; Bad(short b) {\n a = new byte[b + 1]; }",
        "Bad.<init>:3: result of int arithmetic the size of an array" + CAST);
  }

  @Test
  void rejectsAnUncastKeyOfASwitch() {
    rejects(
        "short f(short a) {\n switch (a + 1) { case 1: return 1; default: return 0; } }",
        "Bad.f:3: result of int arithmetic the key of a switch" + CAST);
  }

  @Test
  void rejectsAnUncastResult() {
    rejects(
        generated("(S)S", code -> code.visitInsn(IRETURN)),
        "Bad.f:7: result of int arithmetic returned" + CAST);
  }

  @Test
  void rejectsAnUncastArgument() {
    rejects(
        generated(
            "(S)V",
            code -> {
              code.visitMethodInsn(INVOKESTATIC, "bsim/card/Bad", "g", "(B)V", false);
              code.visitInsn(RETURN);
            }),
        "Bad.f:7: result of int arithmetic passed as an argument" + CAST);
  }

  @Test
  void rejectsAnUncastValueOfAStaticField() {
    rejects(
        generated(
            "(S)V",
            code -> {
              code.visitFieldInsn(PUTSTATIC, "bsim/card/Bad", "a", "S");
              code.visitInsn(RETURN);
            }),
        "Bad.f:7: field assigned outside a constructor",
        "Bad.f:7: result of int arithmetic stored in a field" + CAST);
  }

  @Test
  void rejectsAnUncastValueOfAField() {
    rejects(
        generated(
            "(S)V",
            code -> {
              code.visitInsn(ACONST_NULL);
              code.visitInsn(SWAP);
              code.visitFieldInsn(PUTFIELD, "bsim/card/Bad", "b", "Z");
              code.visitInsn(RETURN);
            }),
        "Bad.f:7: field assigned outside a constructor",
        "Bad.f:7: result of int arithmetic stored in a field" + CAST);
  }

  @Test
  void rejectsAnUncastElementOfAnArray() {
    rejects(
        generated(
            "(S)V",
            code -> {
              code.visitInsn(ACONST_NULL);
              code.visitInsn(SWAP);
              code.visitInsn(ICONST_0);
              code.visitInsn(SWAP);
              code.visitInsn(SASTORE);
              code.visitInsn(RETURN);
            }),
        "Bad.f:7: result of int arithmetic stored in an array" + CAST);
  }

  @Test
  void rejectsCodeThatCannotBeFollowed() {
    rejects(
        generated(
            "(S)V",
            code -> {
              code.visitInsn(POP);
              code.visitInsn(POP);
              code.visitInsn(RETURN);
            }),
        "Bad.f:7: code that cannot be followed:"
            + " Error at instruction 6: Cannot pop operand off an empty stack.");
  }

  @Test
  void rejectsAnUncastValueOfAVariable() {
    rejects(
        "void f(short a) {\n int b = a + 1; }",
        "Bad.f:3: variable b of type int: the card counts in 16 bits",
        "Bad.f:3: result of int arithmetic stored in a variable" + CAST);
  }

  @Test
  void rejectsAVariableThatIsCountedOnAsInt() {
    rejects(
        "void f() {\n for (int i = 0; i < 3; i++) {}\n }",
        "Bad.f:3: variable i of type int: the card counts in 16 bits",
        "Bad.f:3: variable of type int counted on: the card counts in 16 bits",
        "Bad.f:3: " + COMPARED);
  }

  @Test
  void acceptsWhatIsCastBeforeItsUpperBitsMatter() {
    accepts(
        """
        package bsim.card;

        final class Good {
          static short all(byte[] a, short b, short c) {
            short sum = (short) (b + c - 1);
            sum += a[(short) (b + 1)];
            sum++;
            if ((short) (b * c) > 3 || (a[b] & 0xFF) == 0x80 || (b ^ c) != 0) return -1;
            short word = (short) ((a[b] << 8) | (a[c] & 0xFF));
            byte low = (byte) (word + 1);
            for (short i = 0; i < b; i++) a[i] = (byte) (a[i] ^ low);
            switch (a[0]) {
              case (byte) 0x81: return (short) (word >> 4);
              case 2: return (short) ((short) (b + c) / 2);
              default: return (short) (word % c);
            }
          }

          static boolean truth(byte a, boolean b) {
            return b && (a & 1) != 0 || (b ? a : (short) 3) == 2;
          }
        }
        """);
  }

  /** A static method f that adds 1 to its parameter and goes on with the sum: javac refuses it. */
  private static List<ClassNode> generated(String descriptor, Consumer<MethodNode> rest) {
    ClassNode node = new ClassNode();
    node.version = V1_8;
    node.name = "bsim/card/Bad";
    node.superName = "java/lang/Object";
    MethodNode code = new MethodNode(ACC_STATIC, "f", descriptor, null, null);
    Label start = new Label();
    code.visitLabel(start);
    code.visitLineNumber(7, start);
    code.visitVarInsn(ILOAD, 0);
    code.visitInsn(ICONST_1);
    code.visitInsn(IADD);
    rest.accept(code);
    code.visitMaxs(4, 1);
    node.methods.add(code);
    return List.of(node);
  }
}
