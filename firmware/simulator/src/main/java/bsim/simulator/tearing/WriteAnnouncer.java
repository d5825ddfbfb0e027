// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Makes a class of the applet call {@link PlatformCalls} wherever it writes. What it does not know it
 * refuses, so that no write is missed: stores to other arrays than those of bytes, fields that change after
 * their object was made, and calls of the platform that take an array and are not known either to write it or
 * only to read it.
 */
final class WriteAnnouncer extends ClassVisitor {
  private static final String CALLS = Type.getInternalName(PlatformCalls.class);
  /** Stands in {@link PlatformCalls} for an instruction, not for a call. */
  private static final String STORE = "store";
  /** Comes before the applet's own call. */
  private static final String REGISTERED = "registered";

  private static final String REGISTER = "register";

  /**
   * The methods that stand for others, by name and the other's descriptor with its owner, if any, as first
   * parameter.
   */
  private static final Map<String, String> REPLACED = Arrays.stream(PlatformCalls.class.getMethods())
      .filter(each -> each.getDeclaringClass() == PlatformCalls.class)
      .collect(Collectors.toMap(each -> each.getName() + Type.getMethodDescriptor(each), Method::getName));

  /** Calls that take an array and write none. */
  private static final Set<String> READING = Set.of(
      "javacard/framework/Util.arrayCompare",
      "javacard/framework/Util.getShort",
      "javacard/security/MessageDigest.update",
      "javacardx/crypto/Cipher.init");

  private final Set<String> omitted;
  private String name;

  private WriteAnnouncer(ClassVisitor next, Set<String> omitted) {
    super(Opcodes.ASM9, next);
    this.omitted = omitted;
  }

  /**
   * Class file of the same class that announces its writes, and does not make the omitted calls of {@link
   * Flaw}.
   */
  static byte[] announce(byte[] classFile, Set<String> omitted) {
    ClassReader reader = new ClassReader(classFile);
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    reader.accept(new WriteAnnouncer(writer, omitted), 0);
    return writer.toByteArray();
  }

  @Override
  public void visit(
      int version, int access, String name, String signature, String superName, String[] interfaces) {
    this.name = name;
    super.visit(version, access, name, signature, superName, interfaces);
  }

  @Override
  public MethodVisitor visitMethod(
      int access, String method, String descriptor, String signature, String[] thrown) {
    MethodVisitor next = super.visitMethod(access, method, descriptor, signature, thrown);
    // Constants come with the application.
    return method.equals("<clinit>") ? next : new Code(next, method);
  }

  private final class Code extends MethodVisitor {
    private final String method;

    Code(MethodVisitor next, String method) {
      super(Opcodes.ASM9, next);
      this.method = method;
    }

    @Override
    public void visitInsn(int opcode) {
      boolean isStore = opcode >= Opcodes.IASTORE && opcode <= Opcodes.SASTORE;
      if (opcode == Opcodes.BASTORE) call(STORE, "([BII)V");
      else if (isStore) throw refusal("stores to an array of no bytes");
      else super.visitInsn(opcode);
    }

    @Override
    public void visitFieldInsn(int opcode, String owner, String field, String descriptor) {
      boolean isWrite = opcode == Opcodes.PUTSTATIC || opcode == Opcodes.PUTFIELD && !method.equals("<init>");
      if (isWrite) throw refusal("changes the field " + field);
      super.visitFieldInsn(opcode, owner, field, descriptor);
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String called, String descriptor, boolean isInterface) {
      if (omitted.contains(simple(name) + ">" + simple(owner) + "." + called)) {
        drop(opcode, descriptor);
        return;
      }
      if (owner.equals(name) && called.equals(REGISTER) && descriptor.equals("()V")) {
        super.visitInsn(Opcodes.DUP);
        call(REGISTERED, "(Ljavacard/framework/Applet;)V");
      }
      boolean isStatic = opcode == Opcodes.INVOKESTATIC;
      String standIn = isStatic ? descriptor : "(L" + owner + ";" + descriptor.substring(1);
      boolean isPlatform = !owner.startsWith(packageOf(name));
      if (isPlatform && REPLACED.containsKey(called + standIn)) {
        call(called, standIn);
        return;
      }
      if (isPlatform && takesArray(descriptor) && !READING.contains(owner + "." + called))
        throw refusal("calls " + owner + "." + called + descriptor);
      super.visitMethodInsn(opcode, owner, called, descriptor, isInterface);
    }

    private void call(String name, String descriptor) {
      super.visitMethodInsn(Opcodes.INVOKESTATIC, CALLS, name, descriptor, false);
    }

    /** Takes what a void method would be called with from the stack. */
    private void drop(int opcode, String descriptor) {
      if (Type.getReturnType(descriptor) != Type.VOID_TYPE) throw refusal("omits more than an effect");
      for (Type each : Type.getArgumentTypes(descriptor))
        super.visitInsn(each.getSize() == 1 ? Opcodes.POP : Opcodes.POP2);
      if (opcode != Opcodes.INVOKESTATIC) super.visitInsn(Opcodes.POP);
    }

    private IllegalStateException refusal(String what) {
      return new IllegalStateException(name + "." + method + " " + what + ", which cannot be torn");
    }
  }

  private static boolean takesArray(String descriptor) {
    return Arrays.stream(Type.getArgumentTypes(descriptor))
        .anyMatch(each -> each.getSort() == Type.ARRAY || each.getClassName().equals("java.lang.Object"));
  }

  private static String simple(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private static String packageOf(String name) {
    return name.substring(0, name.lastIndexOf('/') + 1);
  }
}
