// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.List;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * How much a package, a class and a method may hold.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 2, limitations.
 */
final class Limits {
  private static final int CLASSES_MAX = 255;
  private static final int FIELDS_MAX = 255;
  private static final int METHODS_MAX = 128;
  private static final int INTERFACES_MAX = 15;
  private static final int LOCALS_MAX = 255;
  private static final int STACK_MAX = 255;

  private Limits() {}

  static void checkPackage(List<ClassNode> classes, Findings findings) {
    if (classes.size() > CLASSES_MAX) {
      String reason = "package of " + classes.size() + " classes, expected at most " + CLASSES_MAX;
      findings.add(classes.get(CLASSES_MAX), reason);
    }
    for (ClassNode each : classes) {
      if (!packageOf(each).equals(packageOf(classes.get(0)))) {
        findings.add(each, "second package: the converter takes one, " + packageOf(classes.get(0)));
      }
    }
  }

  static void checkClass(ClassNode owner, VirtualMethods methods, Findings findings) {
    long fields = owner.fields.stream().filter(Limits::isOfInstance).count();
    if (fields > FIELDS_MAX) findings.add(owner, fields + " fields, expected at most " + FIELDS_MAX);
    if (owner.interfaces.size() > INTERFACES_MAX) {
      findings.add(owner, owner.interfaces.size() + " interfaces, expected at most " + INTERFACES_MAX);
    }
    int open = methods.of(owner.name, VirtualMethods.Table.OPEN).size();
    if (open > METHODS_MAX) {
      findings.add(owner, open + " public or protected instance methods, expected at most " + METHODS_MAX);
    }
    int ofPackage = methods.of(owner.name, VirtualMethods.Table.PACKAGE).size();
    if (ofPackage > METHODS_MAX) {
      findings.add(owner, ofPackage + " instance methods of the package, expected at most " + METHODS_MAX);
    }
  }

  static void checkMethod(ClassNode owner, MethodNode method, Findings findings) {
    if (method.maxLocals > LOCALS_MAX) {
      findings.add(owner, method, method.maxLocals + " words of variables, expected at most " + LOCALS_MAX);
    }
    if (method.maxStack > STACK_MAX) {
      findings.add(owner, method, method.maxStack + " words of stack, expected at most " + STACK_MAX);
    }
  }

  private static boolean isOfInstance(FieldNode field) {
    return (field.access & Opcodes.ACC_STATIC) == 0;
  }

  private static String packageOf(ClassNode owner) {
    int end = owner.name.lastIndexOf('/');
    return end < 0 ? "" : owner.name.substring(0, end).replace('/', '.');
  }
}
