// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.MethodNode;

/** What the rules found, each thing once, in the order in which they found it. */
final class Findings {
  private final Set<Violation> violations = new LinkedHashSet<>();

  void add(ClassNode owner, String reason) {
    violations.add(new Violation(dotted(owner), "", 0, reason));
  }

  void add(ClassNode owner, FieldNode field, String reason) {
    violations.add(new Violation(dotted(owner), field.name, 0, reason));
  }

  /** Of a method as a whole: the line is that of its first statement. */
  void add(ClassNode owner, MethodNode method, String reason) {
    for (AbstractInsnNode each : method.instructions) {
      if (each instanceof LineNumberNode) {
        add(owner, method, each, reason);
        return;
      }
    }
    violations.add(new Violation(dotted(owner), method.name, 0, reason));
  }

  void add(ClassNode owner, MethodNode method, AbstractInsnNode at, String reason) {
    violations.add(new Violation(dotted(owner), method.name, lineOf(at), reason));
  }

  List<Violation> all() {
    return new ArrayList<>(violations);
  }

  private static int lineOf(AbstractInsnNode at) {
    for (AbstractInsnNode each = at; each != null; each = each.getPrevious()) {
      if (each instanceof LineNumberNode number) return number.line;
    }
    return 0;
  }

  private static String dotted(ClassNode owner) {
    return owner.name.replace('/', '.');
  }
}
