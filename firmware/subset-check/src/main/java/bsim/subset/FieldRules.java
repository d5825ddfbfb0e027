// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;

/** Rules on fields: their types, and that none changes once it is set. */
final class FieldRules {
  private FieldRules() {}

  static void check(ClassNode owner, FieldNode field, Types types, Findings findings) {
    String fault = types.fault(Type.getType(field.desc));
    if (fault != null) findings.add(owner, field, fault);
    if ((field.access & Opcodes.ACC_FINAL) == 0) {
      findings.add(owner, field, "field that is not final: state lies in arrays, transient or persistent");
    }
    if ((field.access & Opcodes.ACC_SYNTHETIC) != 0) {
      findings.add(owner, field, "field made by the compiler: no inner classes, no assertions");
    }
    if (ClassRules.isPresent(field.visibleAnnotations)
        || ClassRules.isPresent(field.visibleTypeAnnotations)) {
      findings.add(owner, field, "annotation that is kept at run time");
    }
    if ((owner.access & Opcodes.ACC_INTERFACE) != 0 && field.value == null) {
      findings.add(owner, field, "field of an interface that is no constant");
    }
  }
}
