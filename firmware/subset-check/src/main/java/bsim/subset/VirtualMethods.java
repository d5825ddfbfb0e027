// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

/** The virtual methods of classes, by name and descriptor, as the card's tables of methods hold them. */
public final class VirtualMethods {
  /** The card keeps a table of the methods that are public or protected, and one of those of the package. */
  public enum Table {
    OPEN,
    PACKAGE
  }

  private final List<ClassNode> classes;
  private final CardApi api;

  /** @param classes of the package; whatever they extend beyond is of the card. */
  public VirtualMethods(List<ClassNode> classes, CardApi api) {
    this.classes = classes;
    this.api = api;
  }

  /** Those of a class, named as in class files, with what it inherits from superclasses. */
  public Set<String> of(String name, Table table) {
    for (ClassNode each : classes) {
      if (!each.name.equals(name)) continue;
      Set<String> methods = of(each.superName, table);
      methods.addAll(declaredBy(each, table));
      return methods;
    }
    return table == Table.OPEN ? new HashSet<>(api.instanceMethods(name)) : new HashSet<>();
  }

  /** Those that a class declares itself. */
  public static Set<String> declaredBy(ClassNode owner, Table table) {
    Set<String> methods = new HashSet<>();
    for (MethodNode method : owner.methods) {
      boolean isVirtual = (method.access & (Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC)) == 0;
      boolean isOpen = (method.access & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) != 0;
      boolean isInTable = isVirtual && isOpen == (table == Table.OPEN);
      if (isInTable && !method.name.startsWith("<")) methods.add(method.name + method.desc);
    }
    return methods;
  }
}
