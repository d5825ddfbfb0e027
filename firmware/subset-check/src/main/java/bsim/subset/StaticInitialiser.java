// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static org.objectweb.asm.Opcodes.*;

import java.util.Arrays;
import java.util.List;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * A card runs no static initialiser: the converter puts constants, and arrays of constants, into the image of
 * the static fields, and takes nothing else.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 2, class initialization.
 */
public final class StaticInitialiser {
  private StaticInitialiser() {}

  static void check(ClassNode owner, MethodNode method, Findings findings) {
    List<AbstractInsnNode> code = instructionsOf(method);
    int at = 0;
    while (at < code.size() && code.get(at).getOpcode() != RETURN) {
      int next = afterConstant(code, at);
      if (next < 0) next = afterArray(code, at);
      if (next < 0 || next >= code.size() || code.get(next).getOpcode() != PUTSTATIC) {
        String reason = "static field that is neither a constant nor an array of constants";
        findings.add(owner, method, code.get(at), reason);
        return;
      }
      at = next + 1;
    }
  }

  /**
   * Bytes of an array of constants as the CAP file has them, where the PUTSTATIC of the field comes next
   * after them in the initialiser: 2 for each short, 1 for each byte or boolean; 0 where the field holds no
   * array.
   */
  public static int arrayBytes(MethodNode initialiser, FieldInsnNode stored) {
    List<AbstractInsnNode> code = instructionsOf(initialiser);
    for (int i = code.indexOf(stored) - 1; i > 0; i--) {
      if (code.get(i).getOpcode() == PUTSTATIC) return 0;
      if (code.get(i).getOpcode() == NEWARRAY) {
        int width = ((IntInsnNode) code.get(i)).operand == T_SHORT ? 2 : 1;
        return width * (int) constant(code.get(i - 1));
      }
    }
    return 0;
  }

  private static List<AbstractInsnNode> instructionsOf(MethodNode method) {
    return Arrays.stream(method.instructions.toArray()).filter(each -> each.getOpcode() >= 0).toList();
  }

  private static int afterConstant(List<AbstractInsnNode> code, int at) {
    int opcode = code.get(at).getOpcode();
    boolean isArraySize = at + 1 < code.size() && code.get(at + 1).getOpcode() == NEWARRAY;
    return (opcode == ACONST_NULL || constant(code.get(at)) != null) && !isArraySize ? at + 1 : -1;
  }

  /** Follows size, NEWARRAY and, for each element in turn, DUP, index, value and store. */
  private static int afterArray(List<AbstractInsnNode> code, int at) {
    Integer size = constant(code.get(at));
    if (size == null || code.get(at + 1).getOpcode() != NEWARRAY) return -1;
    int end = at + 2 + 4 * size;
    if (end >= code.size()) return -1;
    for (int i = 0; i < size; i++) {
      List<AbstractInsnNode> element = code.subList(at + 2 + 4 * i, at + 6 + 4 * i);
      Integer index = constant(element.get(1));
      int store = element.get(3).getOpcode();
      boolean isElement = element.get(0).getOpcode() == DUP && (store == BASTORE || store == SASTORE);
      if (!isElement || index == null || index != i || constant(element.get(2)) == null) return -1;
    }
    return end;
  }

  private static Integer constant(AbstractInsnNode at) {
    if (at instanceof IntInsnNode push && push.getOpcode() != NEWARRAY) return push.operand;
    int opcode = at.getOpcode();
    return opcode >= ICONST_M1 && opcode <= ICONST_5 ? opcode - ICONST_0 : null;
  }
}
