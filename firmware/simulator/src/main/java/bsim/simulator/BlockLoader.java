// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Loads an applet's package so that its data comes in blocks; other classes are the parent's. */
final class BlockLoader extends ClassLoader {
  private static final String APDU = "javacard/framework/APDU";
  private static final Set<String> REPLACED = Set.of("setIncomingAndReceive", "receiveBytes");

  private final String prefix;
  private final String blocks;

  /** For the package of that class; {@code blocks} has what {@link IncomingBlocks} has, for applets to call. */
  BlockLoader(String applet, Class<?> blocks) {
    super(BlockLoader.class.getClassLoader());
    this.blocks = blocks.getName().replace('.', '/');
    prefix = applet.substring(0, applet.lastIndexOf('.') + 1);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolves) throws ClassNotFoundException {
    if (prefix.isEmpty() || !name.startsWith(prefix)) return super.loadClass(name, resolves);
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known != null ? known : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (file == null) throw new ClassNotFoundException(name);
      byte[] bytes = replaceCalls(file.readAllBytes());
      return defineClass(name, bytes, 0, bytes.length);
    } catch (IOException cause) {
      throw new ClassNotFoundException(name, cause);
    }
  }

  private byte[] replaceCalls(byte[] classFile) {
    ClassWriter writer = new ClassWriter(0);
    new ClassReader(classFile).accept(new ClassVisitor(Opcodes.ASM9, writer) {
      @Override
      public MethodVisitor visitMethod(
          int access, String method, String descriptor, String signature, String[] thrown) {
        return new Code(super.visitMethod(access, method, descriptor, signature, thrown));
      }
    }, 0);
    return writer.toByteArray();
  }

  private final class Code extends MethodVisitor {
    Code(MethodVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visitMethodInsn(
        int opcode, String owner, String called, String descriptor, boolean isInterface) {
      if (owner.equals(APDU) && REPLACED.contains(called)) {
        String standIn = "(L" + APDU + ";" + descriptor.substring(1);
        super.visitMethodInsn(Opcodes.INVOKESTATIC, blocks, called, standIn, false);
      } else super.visitMethodInsn(opcode, owner, called, descriptor, isInterface);
    }
  }
}
