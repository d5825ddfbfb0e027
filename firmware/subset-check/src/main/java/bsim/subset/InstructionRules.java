// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static org.objectweb.asm.Opcodes.*;

import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.MultiANewArrayInsnNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TypeInsnNode;

/** Rules on single instructions: those that the card has not, and what they name. */
final class InstructionRules {
  private InstructionRules() {}

  static void check(ClassNode owner, MethodNode method, Types types, Findings findings) {
    for (AbstractInsnNode each : method.instructions) {
      String fault = fault(each, types);
      if (fault != null) findings.add(owner, method, each, fault);
      if ((each.getOpcode() == PUTFIELD || each.getOpcode() == PUTSTATIC) && !isInitialiser(method)) {
        findings.add(owner, method, each, "field assigned outside a constructor");
      }
    }
  }

  private static boolean isInitialiser(MethodNode method) {
    return method.name.equals("<init>") || method.name.equals("<clinit>");
  }

  private static String fault(AbstractInsnNode at, Types types) {
    if (at instanceof LdcInsnNode constant) return constantFault(constant.cst);
    if (at instanceof FieldInsnNode field) return fieldFault(field, types);
    if (at instanceof MethodInsnNode call) return types.methodFault(call.owner, call.name, call.desc);
    if (at instanceof MultiANewArrayInsnNode) return "array of arrays: the card has none";
    if (at instanceof TypeInsnNode type) {
      boolean makesArrayOfArrays = type.getOpcode() == ANEWARRAY && type.desc.startsWith("[");
      return makesArrayOfArrays ? "array of arrays: the card has none" : types.classFault(type.desc);
    }
    if (at instanceof TableSwitchInsnNode table) return labelFault(table.min, table.max);
    if (at instanceof LookupSwitchInsnNode lookup) {
      int last = lookup.keys.size() - 1;
      return last < 0 ? null : labelFault(lookup.keys.get(0), lookup.keys.get(last));
    }
    return opcodeFault(at);
  }

  private static String constantFault(Object constant) {
    if (constant instanceof Integer) return "constant " + constant + " does not fit 16 bits";
    if (constant instanceof Long) return "long: the card counts in 16 bits";
    if (constant instanceof Float || constant instanceof Double) return "floating point: the card has none";
    if (constant instanceof String) return "string constant: the card has no strings";
    return "class constant: the card has no reflection";
  }

  private static String fieldFault(FieldInsnNode field, Types types) {
    if (types.isOwn(field.owner)) return null;
    String name = field.owner.replace('/', '.') + "." + field.name;
    return name + ": a field of another package that is no constant";
  }

  private static String labelFault(int least, int greatest) {
    boolean fits = least >= Short.MIN_VALUE && greatest <= Short.MAX_VALUE;
    return fits ? null : "switch with a label that does not fit 16 bits";
  }

  private static String opcodeFault(AbstractInsnNode at) {
    return switch (at.getOpcode()) {
      case IINC -> "variable of type int counted on: the card counts in 16 bits";
      case IALOAD, IASTORE -> "array of int: the card counts in 16 bits";
      case I2C, CALOAD, CASTORE -> "char: the card has no characters";
      case MONITORENTER, MONITOREXIT -> "synchronized: the card has no threads";
      case INVOKEDYNAMIC -> "lambda or other call made at run time: the card has none";
      case NEWARRAY -> newArrayFault(((IntInsnNode) at).operand);
      case LCONST_0, LCONST_1, LLOAD, LSTORE, LALOAD, LASTORE, LADD, LSUB, LMUL, LDIV, LREM, LNEG -> longs();
      case LSHL, LSHR, LUSHR, LAND, LOR, LXOR, LCMP, LRETURN, I2L, L2I -> longs();
      case FCONST_0, FCONST_1, FCONST_2, FLOAD, FSTORE, FALOAD, FASTORE, FADD, FSUB, FMUL -> floats();
      case FDIV, FREM, FNEG, FCMPL, FCMPG, FRETURN, I2F, F2I, F2L, L2F, F2D, D2F -> floats();
      case DCONST_0, DCONST_1, DLOAD, DSTORE, DALOAD, DASTORE, DADD, DSUB, DMUL, DDIV, DREM -> floats();
      case DNEG, DCMPL, DCMPG, DRETURN, I2D, D2I, D2L, L2D -> floats();
      default -> null;
    };
  }

  private static String newArrayFault(int elements) {
    return switch (elements) {
      case T_BOOLEAN, T_BYTE, T_SHORT -> null;
      case T_INT -> "array of int: the card counts in 16 bits";
      case T_CHAR -> "char: the card has no characters";
      case T_LONG -> longs();
      default -> floats();
    };
  }

  private static String longs() {
    return "long: the card counts in 16 bits";
  }

  private static String floats() {
    return "floating point: the card has none";
  }
}
