// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import static org.objectweb.asm.Opcodes.*;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.JumpInsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TryCatchBlockNode;
import org.objectweb.asm.tree.VarInsnNode;

/**
 * A method as the Method component of a CAP file has it: each Java instruction becomes one of the card,
 * loading {@code this} and a field of it become one together, casts to short vanish, branches are as short as
 * they can be.
 *
 * <p>Source: Java Card Virtual Machine Specification 3.0.5, chapter 6 (Method component) and chapter 7.
 *
 * @param size bytes of header and instructions.
 * @param shortReferences where, counted from the header on, indexes of one byte into the constant pool lie.
 * @param longReferences the same for indexes of two bytes.
 */
record MethodCode(int size, List<Integer> shortReferences, List<Integer> longReferences) {
  private static final int NIBBLE_MAX = 15;

  /** Translates a method with or without a body. */
  static MethodCode of(MethodNode method) {
    List<AbstractInsnNode> code = new ArrayList<>();
    for (AbstractInsnNode each : method.instructions) if (each.getOpcode() >= 0) code.add(each);
    int[] lengths = lengths(code, method);
    int[] offsets = offsets(lengths, headerSize(method));
    List<Integer> shortReferences = new ArrayList<>();
    List<Integer> longReferences = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      int at = Translation.referenceOffset(code.get(i));
      if (at == 0) continue;
      (Translation.isShortReference(code.get(i)) ? shortReferences : longReferences).add(offsets[i] + at);
    }
    return new MethodCode(offsets[code.size()], shortReferences, longReferences);
  }

  /** Two bytes, or four where stack, parameters or further variables do not fit half a byte each. */
  private static int headerSize(MethodNode method) {
    int parameters = parameterWords(method);
    int variables = method.maxLocals - parameters;
    return Math.max(method.maxStack, Math.max(parameters, variables)) <= NIBBLE_MAX ? 2 : 4;
  }

  private static int parameterWords(MethodNode method) {
    int words = Type.getArgumentsAndReturnSizes(method.desc) >> 2;
    return isStatic(method) ? words - 1 : words;
  }

  private static boolean isStatic(MethodNode method) {
    return (method.access & ACC_STATIC) != 0;
  }

  private static int[] lengths(List<AbstractInsnNode> code, MethodNode method) {
    Set<AbstractInsnNode> targets = targets(code, method);
    int[] lengths = new int[code.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = isThisOfField(code, i, method, targets) ? 0 : Translation.length(code.get(i));
    }
    widenBranches(code, lengths);
    return lengths;
  }

  /** Whether this pushes {@code this} for a GETFIELD that nothing else jumps to. */
  private static boolean isThisOfField(
      List<AbstractInsnNode> code, int i, MethodNode method, Set<AbstractInsnNode> targets) {
    boolean isThis = code.get(i) instanceof VarInsnNode load && load.getOpcode() == ALOAD && load.var == 0;
    return isThis
        && !isStatic(method)
        && i + 1 < code.size()
        && code.get(i + 1).getOpcode() == GETFIELD
        && !targets.contains(code.get(i + 1));
  }

  /** Branches reach 127 bytes forward and 128 back with one byte; those that go further take two. */
  private static void widenBranches(List<AbstractInsnNode> code, int[] lengths) {
    Map<AbstractInsnNode, Integer> places = new HashMap<>();
    for (int i = 0; i < lengths.length; i++) places.put(code.get(i), i);
    for (boolean grew = true; grew; ) {
      grew = false;
      int[] offsets = offsets(lengths, 0);
      for (int i = 0; i < lengths.length; i++) {
        if (!(code.get(i) instanceof JumpInsnNode jump) || lengths[i] != 2) continue;
        int distance = offsets[places.get(target(jump.label))] - offsets[i];
        if (distance >= Byte.MIN_VALUE && distance <= Byte.MAX_VALUE) continue;
        lengths[i] = 3;
        grew = true;
      }
    }
  }

  private static int[] offsets(int[] lengths, int start) {
    int[] offsets = new int[lengths.length + 1];
    offsets[0] = start;
    for (int i = 0; i < lengths.length; i++) offsets[i + 1] = offsets[i] + lengths[i];
    return offsets;
  }

  private static Set<AbstractInsnNode> targets(List<AbstractInsnNode> code, MethodNode method) {
    Set<AbstractInsnNode> targets = new HashSet<>();
    for (AbstractInsnNode each : code) {
      if (each instanceof JumpInsnNode jump) targets.add(target(jump.label));
      if (each instanceof TableSwitchInsnNode table) {
        targets.add(target(table.dflt));
        table.labels.forEach(label -> targets.add(target(label)));
      }
      if (each instanceof LookupSwitchInsnNode lookup) {
        targets.add(target(lookup.dflt));
        lookup.labels.forEach(label -> targets.add(target(label)));
      }
    }
    for (TryCatchBlockNode block : method.tryCatchBlocks) targets.add(target(block.handler));
    return targets;
  }

  private static AbstractInsnNode target(LabelNode label) {
    AbstractInsnNode at = label;
    while (at.getOpcode() < 0) at = at.getNext();
    return at;
  }
}
