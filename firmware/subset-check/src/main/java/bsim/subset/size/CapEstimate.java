// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import bsim.subset.CardApi;
import bsim.subset.StaticInitialiser;
import bsim.subset.VirtualMethods;
import bsim.subset.VirtualMethods.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TryCatchBlockNode;

/**
 * How many bytes the components of a CAP file take, estimated from the class files of an applet package.
 *
 * <p>It is an upper estimate of what is loaded: AIDs count with 16 bytes, method tables in full, and a
 * converter may join instructions that are counted one by one here (adding to a variable, storing in a field
 * of {@code this}). Components Descriptor and Debug, which cards need not be given, and Export, which an applet without
 * shareable interfaces has not, are not counted. No real converter was at hand to measure how far it is off.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 6, CAP file format 2.2.
 */
final class CapEstimate {
  private static final int COMPONENT_HEAD = 3;
  private static final int AID_MAX = 16;
  private static final int FIELDS_WITHIN_REACH = 256;
  /** Longest step between two references that one byte says. */
  private static final int STEP_MAX = 254;

  private final List<ClassNode> classes;
  private final VirtualMethods methods;
  private final ConstantPool pool;

  CapEstimate(List<ClassNode> classes, CardApi api) {
    this.classes = classes;
    this.methods = new VirtualMethods(classes, api);
    this.pool = new ConstantPool(classes);
  }

  /** Bytes of each component, with its tag and length. */
  Map<Component, Integer> components() {
    String name = packageOf(classes.get(0));
    Map<Component, Integer> sizes = new EnumMap<>(Component.class);
    int nameBytes = 1 + name.getBytes(StandardCharsets.UTF_8).length;
    sizes.put(Component.HEADER, COMPONENT_HEAD + 7 + 3 + AID_MAX + nameBytes);
    sizes.put(Component.DIRECTORY, COMPONENT_HEAD + 12 * 2 + 6 + 3);
    sizes.put(Component.IMPORT, COMPONENT_HEAD + 1 + importBytes(name));
    sizes.put(Component.APPLET, COMPONENT_HEAD + 1 + 1 + AID_MAX + 2);
    sizes.put(Component.CLASS, COMPONENT_HEAD + 2 + classes.stream().mapToInt(this::classInfoBytes).sum());
    sizes.put(Component.METHOD, methodComponentBytes());
    int staticBytes = classes.stream().mapToInt(CapEstimate::staticBytes).sum();
    sizes.put(Component.STATIC_FIELD, COMPONENT_HEAD + 10 + staticBytes);
    sizes.put(Component.CONSTANT_POOL, COMPONENT_HEAD + 2 + 4 * pool.size());
    sizes.put(Component.REFERENCE_LOCATION, COMPONENT_HEAD + 4 + referenceLocationBytes());
    return sizes;
  }

  /** Fields beyond those that an index of one byte reaches: each use of theirs takes a byte more. */
  int fieldsOutOfReach() {
    return Math.max(0, pool.fields() - FIELDS_WITHIN_REACH);
  }

  /** Bytes of a class's methods with headers and exception handlers. */
  static int methodBytes(ClassNode owner) {
    int bytes = 0;
    for (MethodNode method : methodsOf(owner)) {
      bytes += MethodCode.of(method).size() + 8 * method.tryCatchBlocks.size();
    }
    return bytes;
  }

  private int methodComponentBytes() {
    return COMPONENT_HEAD + 1 + classes.stream().mapToInt(CapEstimate::methodBytes).sum();
  }

  private int importBytes(String own) {
    Set<String> imported = new HashSet<>(pool.packages());
    // Every class has java.lang.Object above it.
    imported.add("java/lang");
    imported.remove(own);
    // Version, length and AID: 7 bytes, of org.globalplatform 6.
    return imported.stream().mapToInt(each -> each.equals("org/globalplatform") ? 9 : 10).sum();
  }

  private int classInfoBytes(ClassNode owner) {
    if ((owner.access & Opcodes.ACC_INTERFACE) != 0) return 1 + 2 * owner.interfaces.size();
    int interfaces = owner.interfaces.stream().mapToInt(this::implementedInterfaceBytes).sum();
    return 10 + 2 * tableLength(owner, Table.OPEN) + 2 * tableLength(owner, Table.PACKAGE) + interfaces;
  }

  private int implementedInterfaceBytes(String name) {
    Set<String> tokens = methods.of(name, Table.OPEN);
    tokens.removeAll(methods.of("java/lang/Object", Table.OPEN));
    return 3 + tokens.size();
  }

  /** Entries of a table of methods: those of the class, and all it inherits where it overrides any. */
  private int tableLength(ClassNode owner, Table table) {
    Set<String> inherited = methods.of(owner.superName, table);
    Set<String> own = VirtualMethods.declaredBy(owner, table);
    boolean overrides = own.stream().anyMatch(inherited::contains);
    own.removeAll(inherited);
    return own.size() + (overrides ? inherited.size() : 0);
  }

  /** Arrays of constants; other static fields of an applet are constants, copied to where they are used. */
  private static int staticBytes(ClassNode owner) {
    int bytes = 0;
    for (MethodNode method : owner.methods) {
      if (!method.name.equals("<clinit>")) continue;
      for (AbstractInsnNode each : method.instructions) {
        if (each instanceof FieldInsnNode stored && stored.getOpcode() == Opcodes.PUTSTATIC) {
          bytes += stored.desc.startsWith("[") ? 3 + StaticInitialiser.arrayBytes(method, stored) : 0;
        }
      }
    }
    return bytes;
  }

  private int referenceLocationBytes() {
    List<Integer> ofOneByte = new ArrayList<>();
    List<Integer> ofTwoBytes = new ArrayList<>();
    int at = 1;
    // The exception handlers come first; each names a class.
    for (ClassNode owner : classes) {
      for (MethodNode method : methodsOf(owner)) {
        for (TryCatchBlockNode block : method.tryCatchBlocks) {
          if (block.type != null) ofTwoBytes.add(at + 6);
          at += 8;
        }
      }
    }
    for (ClassNode owner : classes) {
      for (MethodNode method : methodsOf(owner)) {
        MethodCode code = MethodCode.of(method);
        for (int each : code.shortReferences()) ofOneByte.add(at + each);
        for (int each : code.longReferences()) ofTwoBytes.add(at + each);
        at += code.size();
      }
    }
    return stepBytes(ofOneByte) + stepBytes(ofTwoBytes);
  }

  /** One byte for each step from one reference to the next, and one more for each 255 bytes in it. */
  private static int stepBytes(List<Integer> references) {
    int bytes = 0;
    int last = 0;
    for (int each : references) {
      bytes += 1 + (each - last) / (STEP_MAX + 1);
      last = each;
    }
    return bytes;
  }

  private static List<MethodNode> methodsOf(ClassNode owner) {
    if ((owner.access & Opcodes.ACC_INTERFACE) != 0) return List.of();
    return owner.methods.stream().filter(method -> !method.name.equals("<clinit>")).toList();
  }

  private static String packageOf(ClassNode owner) {
    return owner.name.substring(0, owner.name.lastIndexOf('/'));
  }
}
