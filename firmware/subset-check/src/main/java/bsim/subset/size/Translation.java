// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import static org.objectweb.asm.Opcodes.*;

import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * How long the card's instruction for a Java instruction is.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 7.
 */
final class Translation {
  private Translation() {}

  /** Bytes of the instruction; of a branch where it is near. */
  static int length(AbstractInsnNode at) {
    int opcode = at.getOpcode();
    if (opcode >= ICONST_M1 && opcode <= ICONST_5 || isOneByte(opcode)) return 1;
    return switch (opcode) {
      // A number is short on the card anyway.
      case I2S -> 0;
      case BIPUSH, DUP_X1, DUP_X2, DUP2_X1, DUP2_X2, SWAP, NEWARRAY -> 2;
      case SIPUSH -> ((IntInsnNode) at).operand == (byte) ((IntInsnNode) at).operand ? 2 : 3;
      case ILOAD, ALOAD, ISTORE, ASTORE -> ((VarInsnNode) at).var < 4 ? 1 : 2;
      case IFEQ, IFNE, IFLT, IFGE, IFGT, IFLE, IFNULL, IFNONNULL, GOTO -> 2;
      case IF_ICMPEQ, IF_ICMPNE, IF_ICMPLT, IF_ICMPGE, IF_ICMPGT, IF_ICMPLE, IF_ACMPEQ, IF_ACMPNE -> 2;
      case GETFIELD, PUTFIELD -> 2;
      case GETSTATIC, PUTSTATIC, INVOKEVIRTUAL, INVOKESPECIAL, INVOKESTATIC, NEW, ANEWARRAY -> 3;
      case CHECKCAST, INSTANCEOF -> 4;
      case INVOKEINTERFACE -> 5;
      case TABLESWITCH -> 7 + 2 * ((TableSwitchInsnNode) at).labels.size();
      case LOOKUPSWITCH -> 5 + 4 * ((LookupSwitchInsnNode) at).labels.size();
      default ->
          throw new IllegalArgumentException("no instruction of the Java Card subset: opcode " + opcode);
    };
  }

  /** Where in the instruction its index into the constant pool lies; 0 for none. */
  static int referenceOffset(AbstractInsnNode at) {
    return switch (at.getOpcode()) {
      case GETFIELD, PUTFIELD, GETSTATIC, PUTSTATIC, INVOKEVIRTUAL, INVOKESPECIAL, INVOKESTATIC -> 1;
      case NEW, ANEWARRAY -> 1;
      case INVOKEINTERFACE -> 2;
      case CHECKCAST, INSTANCEOF -> classOf((TypeInsnNode) at) == null ? 0 : 2;
      default -> 0;
    };
  }

  /** Whether that index has one byte, not two. */
  static boolean isShortReference(AbstractInsnNode at) {
    return at.getOpcode() == GETFIELD || at.getOpcode() == PUTFIELD;
  }

  /** The class that an instruction names, of an array that of its elements; null for an array of numbers. */
  static String classOf(TypeInsnNode at) {
    Type type = Type.getObjectType(at.desc);
    if (type.getSort() == Type.ARRAY) type = type.getElementType();
    return type.getSort() == Type.OBJECT ? type.getInternalName() : null;
  }

  private static boolean isOneByte(int opcode) {
    return switch (opcode) {
      case NOP, ACONST_NULL, POP, POP2, DUP, DUP2, ARRAYLENGTH, ATHROW, I2B -> true;
      case AALOAD, BALOAD, SALOAD, AASTORE, BASTORE, SASTORE -> true;
      case IADD, ISUB, IMUL, IDIV, IREM, INEG, ISHL, ISHR, IUSHR, IAND, IOR, IXOR -> true;
      case IRETURN, ARETURN, RETURN -> true;
      default -> false;
    };
  }
}
