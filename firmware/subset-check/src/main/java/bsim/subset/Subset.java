// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * The Java Card 3.0.5 classic subset without int, as the applet keeps to it: what a converter takes, and the
 * rules of the house beyond that (nothing is allocated or assigned to a field once the applet is installed).
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 2.
 */
public final class Subset {
  private Subset() {}

  /** Every place of the package's classes that leaves the subset. */
  static List<Violation> check(List<ClassNode> classes, CardApi api) {
    Findings findings = new Findings();
    Set<String> own = new HashSet<>();
    for (ClassNode each : classes) own.add(each.name);
    Types types = new Types(own, api);
    VirtualMethods methods = new VirtualMethods(classes, api);
    Limits.checkPackage(classes, findings);
    for (ClassNode owner : classes) {
      ClassRules.check(owner, types, findings);
      Limits.checkClass(owner, methods, findings);
      for (FieldNode field : owner.fields) FieldRules.check(owner, field, types, findings);
      Set<MethodNode> allocating = Allocation.allowedIn(owner);
      for (MethodNode method : owner.methods) {
        MethodRules.check(owner, method, types, findings);
        Limits.checkMethod(owner, method, findings);
        if (method.instructions.size() == 0) continue;
        InstructionRules.check(owner, method, types, findings);
        if (method.name.equals("<clinit>")) StaticInitialiser.check(owner, method, findings);
        if (!allocating.contains(method)) Allocation.check(owner, method, findings);
        ShortArithmetic.check(owner, method, findings);
      }
    }
    return findings.all();
  }
}
