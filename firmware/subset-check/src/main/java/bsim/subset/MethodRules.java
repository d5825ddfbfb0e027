// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.Arrays;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.LocalVariableNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TryCatchBlockNode;

/** Rules on a method as a whole: modifiers, and types of parameters, result, variables and exceptions. */
final class MethodRules {
  private MethodRules() {}

  static void check(ClassNode owner, MethodNode method, Types types, Findings findings) {
    forbid(owner, method, Opcodes.ACC_NATIVE, "native method", findings);
    forbid(owner, method, Opcodes.ACC_STRICT, "strictfp: the card has no floating point", findings);
    forbid(owner, method, Opcodes.ACC_SYNCHRONIZED, "synchronized: the card has no threads", findings);
    forbid(
        owner,
        method,
        Opcodes.ACC_SYNTHETIC,
        "method made by the compiler: let no class use private members of another one",
        findings);
    if (method.name.equals("finalize") && method.desc.equals("()V")) {
      findings.add(owner, method, "finalizer: the card calls none");
    }
    if (isAnnotated(method)) findings.add(owner, method, "annotation that is kept at run time");
    for (Type argument : Type.getArgumentTypes(method.desc)) {
      add(owner, method, "parameter of type ", types.fault(argument), findings);
    }
    add(owner, method, "result of type ", types.fault(Type.getReturnType(method.desc)), findings);
    for (String exception : method.exceptions) {
      add(owner, method, "throws ", types.classFault(exception), findings);
    }
    for (TryCatchBlockNode block : method.tryCatchBlocks) {
      String fault = block.type == null ? null : types.classFault(block.type);
      // The line comes after the label.
      if (fault != null) findings.add(owner, method, block.start.getNext(), "catches " + fault);
    }
    checkVariables(owner, method, types, findings);
  }

  /** Class files know the type of a variable only from what javac -g writes. */
  private static void checkVariables(ClassNode owner, MethodNode method, Types types, Findings findings) {
    if (method.instructions.size() == 0) return;
    boolean hasLines = false;
    boolean storesNumbers = false;
    for (AbstractInsnNode each : method.instructions) {
      hasLines |= each instanceof LineNumberNode;
      storesNumbers |= each.getOpcode() == Opcodes.ISTORE;
    }
    boolean hasVariables = method.localVariables != null && !method.localVariables.isEmpty();
    if (!hasLines || (storesNumbers && !hasVariables)) {
      findings.add(owner, "compiled without the lines and variables of javac -g, which the check needs");
    }
    if (!hasVariables) return;
    for (LocalVariableNode variable : method.localVariables) {
      String fault = types.fault(Type.getType(variable.desc));
      if (fault != null && !isParameter(variable, method)) {
        findings.add(owner, method, variable.start, "variable " + variable.name + " of type " + fault);
      }
    }
  }

  /** Parameters are judged by the descriptor already. */
  private static boolean isParameter(LocalVariableNode variable, MethodNode method) {
    int words = Type.getArgumentsAndReturnSizes(method.desc) >> 2;
    boolean isStatic = (method.access & Opcodes.ACC_STATIC) != 0;
    return variable.index < (isStatic ? words - 1 : words);
  }

  private static boolean isAnnotated(MethodNode method) {
    return ClassRules.isPresent(method.visibleAnnotations)
        || ClassRules.isPresent(method.visibleTypeAnnotations)
        || (method.visibleParameterAnnotations != null
            && Arrays.stream(method.visibleParameterAnnotations).anyMatch(ClassRules::isPresent));
  }

  private static void forbid(ClassNode owner, MethodNode method, int flag, String reason, Findings findings) {
    if ((method.access & flag) != 0) findings.add(owner, method, reason);
  }

  private static void add(ClassNode owner, MethodNode method, String what, String fault, Findings findings) {
    if (fault != null) findings.add(owner, method, what + fault);
  }
}
