// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static org.objectweb.asm.Opcodes.*;

import java.util.List;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;
import org.objectweb.asm.tree.analysis.Interpreter;

/**
 * Follows numbers over the operand stack and finds where a result of int arithmetic is used before it was
 * cast.
 *
 * <p>Java computes with int, a card without int with 16 bits. Sums, differences, products, negations and
 * shifts to the left have the same lower 16 bits either way, so they may go on until they are cast; whatever
 * depends on the upper bits must not see them. A quotient (-32768 / -1) and a shift to the right without sign
 * (of a negative number) differ as well. It is judged by types as converters do, not by the values that can
 * occur.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 2, optionally supported types.
 */
final class ShortArithmetic extends Interpreter<Kind> {
  private final ClassNode owner;
  private final MethodNode method;
  private final Findings findings;

  private ShortArithmetic(ClassNode owner, MethodNode method, Findings findings) {
    super(ASM9);
    this.owner = owner;
    this.method = method;
    this.findings = findings;
  }

  static void check(ClassNode owner, MethodNode method, Findings findings) {
    try {
      new Analyzer<>(new ShortArithmetic(owner, method, findings)).analyze(owner.name, method);
    } catch (AnalyzerException e) {
      findings.add(owner, method, e.node, "code that cannot be followed: " + e.getMessage());
    }
  }

  @Override
  public Kind newValue(Type type) {
    if (type == null) return Kind.NONE;
    return switch (type.getSort()) {
      case Type.VOID -> null;
      case Type.BOOLEAN, Type.BYTE, Type.SHORT -> Kind.SHORT;
      case Type.INT, Type.CHAR -> Kind.INT;
      case Type.LONG, Type.DOUBLE -> Kind.WIDE;
      case Type.FLOAT -> Kind.NONE;
      default -> Kind.REFERENCE;
    };
  }

  @Override
  public Kind newOperation(AbstractInsnNode at) {
    return switch (at.getOpcode()) {
      case ICONST_M1, ICONST_0, ICONST_1, ICONST_2, ICONST_3, ICONST_4, ICONST_5 -> Kind.SHORT;
      case BIPUSH, SIPUSH -> Kind.SHORT;
      case LCONST_0, LCONST_1, DCONST_0, DCONST_1 -> Kind.WIDE;
      case GETSTATIC -> newValue(Type.getType(((FieldInsnNode) at).desc));
      case ACONST_NULL, NEW -> Kind.REFERENCE;
      case LDC -> constant(((LdcInsnNode) at).cst);
      default -> Kind.NONE;
    };
  }

  @Override
  public Kind copyOperation(AbstractInsnNode at, Kind value) {
    return at.getOpcode() == ISTORE ? cast(at, value, "stored in a variable") : value;
  }

  @Override
  public Kind unaryOperation(AbstractInsnNode at, Kind value) {
    return switch (at.getOpcode()) {
      case I2B, I2S, INSTANCEOF, ARRAYLENGTH -> Kind.SHORT;
      case INEG, IINC, I2C, L2I, F2I, D2I -> Kind.INT;
      case IFEQ, IFNE, IFLT, IFGE, IFGT, IFLE -> cast(at, value, "compared");
      case TABLESWITCH, LOOKUPSWITCH -> cast(at, value, "the key of a switch");
      case IRETURN -> cast(at, value, "returned");
      case PUTSTATIC -> castTo(Type.getType(((FieldInsnNode) at).desc), at, value, "stored in a field");
      case GETFIELD -> newValue(Type.getType(((FieldInsnNode) at).desc));
      case CHECKCAST -> newValue(Type.getObjectType(((TypeInsnNode) at).desc));
      case NEWARRAY, ANEWARRAY -> {
        cast(at, value, "the size of an array");
        yield Kind.REFERENCE;
      }
      case I2L, F2L, D2L, LNEG, I2D, L2D, F2D, DNEG -> Kind.WIDE;
      default -> Kind.NONE;
    };
  }

  @Override
  public Kind binaryOperation(AbstractInsnNode at, Kind left, Kind right) {
    return switch (at.getOpcode()) {
      case IADD, ISUB, IMUL -> Kind.INT;
      case IAND, IOR, IXOR -> left == Kind.SHORT && right == Kind.SHORT ? Kind.SHORT : Kind.INT;
      case ISHL -> {
        cast(at, right, "a shift count");
        yield Kind.INT;
      }
      case ISHR -> {
        both(at, left, right, "shifted right");
        yield Kind.SHORT;
      }
      case IUSHR -> {
        both(at, left, right, "shifted right");
        yield Kind.INT;
      }
      case IREM -> {
        both(at, left, right, "divided");
        yield Kind.SHORT;
      }
      case IDIV -> {
        both(at, left, right, "divided");
        yield Kind.INT;
      }
      case IF_ICMPEQ, IF_ICMPNE, IF_ICMPLT, IF_ICMPGE, IF_ICMPGT, IF_ICMPLE ->
          both(at, left, right, "compared");
      case PUTFIELD -> castTo(Type.getType(((FieldInsnNode) at).desc), at, right, "stored in a field");
      case BALOAD, SALOAD -> cast(at, right, "the index of an array");
      case AALOAD -> {
        cast(at, right, "the index of an array");
        yield Kind.REFERENCE;
      }
      case IALOAD, CALOAD -> Kind.INT;
      case LCMP, FCMPL, FCMPG, DCMPL, DCMPG -> Kind.SHORT;
      case LALOAD, LADD, LSUB, LMUL, LDIV, LREM, LSHL, LSHR, LUSHR, LAND, LOR, LXOR -> Kind.WIDE;
      case DALOAD, DADD, DSUB, DMUL, DDIV, DREM -> Kind.WIDE;
      default -> Kind.NONE;
    };
  }

  @Override
  public Kind ternaryOperation(AbstractInsnNode at, Kind array, Kind index, Kind value) {
    cast(at, index, "the index of an array");
    boolean isNumber = at.getOpcode() == BASTORE || at.getOpcode() == SASTORE;
    return isNumber ? cast(at, value, "stored in an array") : value;
  }

  @Override
  public Kind naryOperation(AbstractInsnNode at, List<? extends Kind> values) {
    if (!(at instanceof MethodInsnNode call)) return Kind.REFERENCE;
    Type[] arguments = Type.getArgumentTypes(call.desc);
    int receiver = values.size() - arguments.length;
    for (int i = 0; i < arguments.length; i++) {
      castTo(arguments[i], at, values.get(receiver + i), "passed as an argument");
    }
    return newValue(Type.getReturnType(call.desc));
  }

  @Override
  public void returnOperation(AbstractInsnNode at, Kind value, Kind expected) {
    // IRETURN was judged as a use of its value.
  }

  @Override
  public Kind merge(Kind one, Kind other) {
    if (one == other) return one;
    boolean areNumbers = (one == Kind.SHORT || one == Kind.INT) && (other == Kind.SHORT || other == Kind.INT);
    return areNumbers ? Kind.INT : Kind.NONE;
  }

  private static Kind constant(Object value) {
    if (value instanceof Integer) return Kind.INT;
    if (value instanceof Long || value instanceof Double) return Kind.WIDE;
    return value instanceof Float ? Kind.NONE : Kind.REFERENCE;
  }

  private Kind both(AbstractInsnNode at, Kind left, Kind right, String use) {
    cast(at, left, use);
    return cast(at, right, use);
  }

  private Kind castTo(Type type, AbstractInsnNode at, Kind value, String use) {
    return newValue(type) == Kind.SHORT ? cast(at, value, use) : value;
  }

  /** Finds fault with a use of an uncast result, and goes on as if it were cast, so that it is found once. */
  private Kind cast(AbstractInsnNode at, Kind value, String use) {
    if (value != Kind.INT) return value;
    findings.add(owner, method, at, "result of int arithmetic " + use + ": cast it to short or byte first");
    return Kind.SHORT;
  }
}
