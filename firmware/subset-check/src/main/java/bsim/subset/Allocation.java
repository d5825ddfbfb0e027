// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * Objects are made while the applet is installed only: few cards give memory back. Allowed are constructors,
 * {@code install}, static initialisers, and private methods that only those call.
 */
final class Allocation {
  private static final Set<String> FACTORIES =
      Set.of(
          "javacard/framework/JCSystem.makeTransientBooleanArray",
          "javacard/framework/JCSystem.makeTransientByteArray",
          "javacard/framework/JCSystem.makeTransientObjectArray",
          "javacard/framework/JCSystem.makeTransientShortArray",
          "javacard/framework/JCSystem.makeGlobalArray",
          "javacard/framework/OwnerPINBuilder.buildOwnerPIN",
          "javacard/security/Checksum.getInstance",
          "javacard/security/KeyAgreement.getInstance",
          "javacard/security/KeyBuilder.buildKey",
          "javacard/security/KeyBuilder.buildKeyWithSharedDomain",
          "javacard/security/MessageDigest.getInitializedMessageDigestInstance",
          "javacard/security/MessageDigest.getInstance",
          "javacard/security/RandomData.getInstance",
          "javacard/security/Signature.getInstance",
          "javacardx/crypto/Cipher.getInstance");

  private Allocation() {}

  /** The methods of a class that may make objects. */
  static Set<MethodNode> allowedIn(ClassNode owner) {
    Map<String, Set<MethodNode>> callers = callersWithin(owner);
    Set<MethodNode> allowed = new HashSet<>();
    for (MethodNode method : owner.methods) if (isBegin(method)) allowed.add(method);
    for (boolean grew = true; grew; ) {
      grew = false;
      for (MethodNode method : owner.methods) {
        Set<MethodNode> by = callers.getOrDefault(method.name + method.desc, Set.of());
        boolean isPrivate = (method.access & Opcodes.ACC_PRIVATE) != 0;
        if (isPrivate && !by.isEmpty() && allowed.containsAll(by)) grew |= allowed.add(method);
      }
    }
    return allowed;
  }

  /** Finds what a method makes that may make nothing. */
  static void check(ClassNode owner, MethodNode method, Findings findings) {
    for (AbstractInsnNode each : method.instructions) {
      switch (each.getOpcode()) {
        case Opcodes.NEW -> findings.add(owner, method, each, "object made after installation");
        case Opcodes.NEWARRAY, Opcodes.ANEWARRAY, Opcodes.MULTIANEWARRAY ->
            findings.add(owner, method, each, "array made after installation");
        case Opcodes.INVOKESTATIC -> {
          MethodInsnNode call = (MethodInsnNode) each;
          if (FACTORIES.contains(call.owner + "." + call.name)) {
            findings.add(owner, method, each, call.name + " makes an object after installation");
          }
        }
        default -> {}
      }
    }
  }

  private static boolean isBegin(MethodNode method) {
    boolean isInstall =
        method.name.equals("install")
            && method.desc.equals("([BSB)V")
            && (method.access & Opcodes.ACC_STATIC) != 0;
    return isInstall || List.of("<init>", "<clinit>").contains(method.name);
  }

  private static Map<String, Set<MethodNode>> callersWithin(ClassNode owner) {
    Map<String, Set<MethodNode>> callers = new HashMap<>();
    for (MethodNode method : owner.methods) {
      for (AbstractInsnNode each : method.instructions) {
        if (each instanceof MethodInsnNode call && call.owner.equals(owner.name)) {
          callers.computeIfAbsent(call.name + call.desc, key -> new HashSet<>()).add(method);
        }
      }
    }
    return callers;
  }
}
