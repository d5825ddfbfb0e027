// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.List;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/** Rules on a class as a whole: its kind, what it extends, its attributes. */
final class ClassRules {
  private ClassRules() {}

  static void check(ClassNode owner, Types types, Findings findings) {
    if ((owner.version & 0xFFFF) > Opcodes.V1_8) {
      findings.add(owner, "class file of Java " + ((owner.version & 0xFFFF) - 44) + ": compile for Java 8");
    }
    if ((owner.access & Opcodes.ACC_ENUM) != 0) findings.add(owner, "enum: the card has none");
    if ((owner.access & Opcodes.ACC_ANNOTATION) != 0) {
      findings.add(owner, "annotation type: the card has none");
    }
    if ((owner.access & Opcodes.ACC_SYNTHETIC) != 0) {
      findings.add(owner, "class made by the compiler: let no class use private members of another one");
    }
    if (isPresent(owner.visibleAnnotations) || isPresent(owner.visibleTypeAnnotations)) {
      findings.add(owner, "annotation that is kept at run time");
    }
    String fault = types.classFault(owner.superName);
    if (fault != null) findings.add(owner, "extends " + fault);
    for (String each : owner.interfaces) {
      fault = types.classFault(each);
      if (fault != null) findings.add(owner, "implements " + fault);
    }
    if ((owner.access & Opcodes.ACC_INTERFACE) == 0) return;
    for (MethodNode method : owner.methods) {
      if ((method.access & Opcodes.ACC_ABSTRACT) == 0 && !method.name.equals("<clinit>")) {
        findings.add(owner, method, "method with a body in an interface");
      }
    }
  }

  static boolean isPresent(List<?> annotations) {
    return annotations != null && !annotations.isEmpty();
  }
}
