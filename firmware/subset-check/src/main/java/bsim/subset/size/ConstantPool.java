// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TryCatchBlockNode;
import org.objectweb.asm.tree.TypeInsnNode;

/**
 * What the methods of a package refer to: classes, fields and methods, each once.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 6 (Constant Pool component).
 */
final class ConstantPool {
  private final Set<String> entries = new HashSet<>();
  private final Set<String> packages = new HashSet<>();

  ConstantPool(List<ClassNode> classes) {
    for (ClassNode owner : classes) {
      addPackageOf(owner.superName);
      owner.interfaces.forEach(this::addPackageOf);
      for (MethodNode method : owner.methods) {
        // The converter runs static initialisers itself.
        if (!method.name.equals("<clinit>")) add(owner, method);
      }
    }
  }

  int size() {
    return entries.size();
  }

  /** Fields of objects: their indexes have one byte in most instructions, so 256 at most are within reach. */
  int fields() {
    return (int) entries.stream().filter(entry -> entry.startsWith("field ")).count();
  }

  /** Packages of the classes referred to, the own one among them. */
  Set<String> packages() {
    return packages;
  }

  private void add(ClassNode owner, MethodNode method) {
    for (TryCatchBlockNode block : method.tryCatchBlocks) if (block.type != null) addClass(block.type);
    for (AbstractInsnNode each : method.instructions) {
      if (each instanceof TypeInsnNode type && Translation.classOf(type) != null) {
        addClass(Translation.classOf(type));
      }
      if (each instanceof FieldInsnNode field) {
        boolean isStatic = field.getOpcode() == Opcodes.GETSTATIC || field.getOpcode() == Opcodes.PUTSTATIC;
        add((isStatic ? "static " : "field ") + field.owner + "." + field.name, field.owner);
      }
      if (each instanceof MethodInsnNode call) {
        if (call.getOpcode() == Opcodes.INVOKEINTERFACE) addClass(call.owner);
        else add(kindOf(call, owner) + call.owner + "." + call.name + call.desc, call.owner);
      }
    }
  }

  private static String kindOf(MethodInsnNode call, ClassNode owner) {
    if (call.getOpcode() == Opcodes.INVOKEVIRTUAL) return "virtual ";
    boolean isSuper = !call.name.equals("<init>") && !call.owner.equals(owner.name);
    return call.getOpcode() == Opcodes.INVOKESPECIAL && isSuper ? "super " : "method ";
  }

  private void addClass(String name) {
    add("class " + name, name);
  }

  private void add(String entry, String owner) {
    entries.add(entry);
    addPackageOf(owner);
  }

  private void addPackageOf(String owner) {
    packages.add(owner.substring(0, owner.lastIndexOf('/')));
  }
}
