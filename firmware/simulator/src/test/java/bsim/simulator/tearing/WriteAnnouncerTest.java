// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javacard.framework.Util;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

final class WriteAnnouncerTest {
  static final class Writing {
    void write(byte[] array) {
      array[0] = 1;
      Util.setShort(array, (short) 0, (short) 1);
    }
  }

  static final class WithShorts {
    void write(short[] array) {
      array[0] = 1;
    }
  }

  static final class WithField {
    private byte field;

    void write() {
      field = 1;
    }
  }

  static final class WithUnknownCall {
    void write(byte[] array) {
      System.arraycopy(array, 0, array, 1, 1);
    }
  }

  @Test
  void storesAndCallsThatWriteGoThroughTheTearing() throws IOException {
    List<String> owners = new ArrayList<>();
    byte[] announced = WriteAnnouncer.announce(bytesOf(Writing.class), Set.of());
    new ClassReader(announced).accept(new ClassVisitor(Opcodes.ASM9) {
      @Override
      public MethodVisitor visitMethod(
          int access, String name, String descriptor, String signature, String[] thrown) {
        if (!name.equals("write")) return null;
        return new MethodVisitor(Opcodes.ASM9) {
          @Override
          public void visitInsn(int opcode) {
            assertTrue(opcode != Opcodes.BASTORE);
          }

          @Override
          public void visitMethodInsn(
              int opcode, String owner, String name, String descriptor, boolean isInterface) {
            owners.add(owner.substring(owner.lastIndexOf('/') + 1) + "." + name);
          }
        };
      }
    }, 0);
    assertEquals(List.of("PlatformCalls.store", "PlatformCalls.setShort"), owners);
  }

  @Test
  void whatCannotBeTornIsRefused() {
    for (Class<?> type : List.of(WithShorts.class, WithField.class, WithUnknownCall.class))
      assertThrows(
          IllegalStateException.class,
          () -> WriteAnnouncer.announce(bytesOf(type), Set.of()),
          type::getSimpleName);
  }

  private static byte[] bytesOf(Class<?> type) throws IOException {
    try (InputStream file = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
      return file.readAllBytes();
    }
  }
}
