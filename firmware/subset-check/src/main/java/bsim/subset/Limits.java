// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  static void checkClass(ClassNode owner, List<ClassNode> classes, CardApi api, Findings findings) {
    long fields = owner.fields.stream().filter(Limits::isOfInstance).count();
    if (fields > FIELDS_MAX) findings.add(owner, fields + " fields, expected at most " + FIELDS_MAX);
    if (owner.interfaces.size() > INTERFACES_MAX) {
      findings.add(owner, owner.interfaces.size() + " interfaces, expected at most " + INTERFACES_MAX);
    }
    int open = methods(owner, classes, api, true).size();
    if (open > METHODS_MAX) {
      findings.add(owner, open + " public or protected instance methods, expected at most " + METHODS_MAX);
    }
    int ofPackage = methods(owner, classes, api, false).size();
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

  /** Virtual methods of a class and its superclasses: public and protected ones, or those of the package. */
  static Set<String> methods(ClassNode owner, List<ClassNode> classes, CardApi api, boolean open) {
    Set<String> methods = new HashSet<>();
    ClassNode parent = find(owner.superName, classes);
    if (parent != null) methods.addAll(methods(parent, classes, api, open));
    else if (open) methods.addAll(api.instanceMethods(owner.superName));
    for (MethodNode method : owner.methods) {
      if (isVirtual(method, open)) methods.add(method.name + method.desc);
    }
    return methods;
  }

  private static boolean isVirtual(MethodNode method, boolean open) {
    if (method.name.startsWith("<")) return false;
    if ((method.access & (Opcodes.ACC_STATIC | Opcodes.ACC_PRIVATE)) != 0) return false;
    return ((method.access & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) != 0) == open;
  }

  private static ClassNode find(String name, List<ClassNode> classes) {
    return classes.stream().filter(each -> each.name.equals(name)).findFirst().orElse(null);
  }

  private static String packageOf(ClassNode owner) {
    int end = owner.name.lastIndexOf('/');
    return end < 0 ? "" : owner.name.substring(0, end).replace('/', '.');
  }
}
