// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.rejects;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

class LimitsTest {
  @Test
  void rejectsASecondPackage() {
    List<ClassNode> classes = new ArrayList<>(Sources.compile("package bsim.card; class Good {}"));
    classes.addAll(Sources.compile("package bsim.card.more; class Bad {}"));
    rejects(classes, "more.Bad: second package: the converter takes one, bsim.card");
  }

  @Test
  void rejects256Classes() {
    List<ClassNode> classes = new ArrayList<>();
    for (int i = 0; i < 256; i++) classes.add(empty("bsim/card/C" + i));
    rejects(classes, "C255: package of 256 classes, expected at most 255");
    classes.remove(0);
    rejects(classes);
  }

  @Test
  void rejects256FieldsOfAnInstance() {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < 255; i++) fields.append("final byte f").append(i).append(" = 1;\n");
    rejects(fields.toString());
    rejects(fields + "final byte more = 1;", "Bad: 256 fields, expected at most 255");
  }

  @Test
  void rejects129OpenMethodsOfAnInstance() {
    ClassNode node = empty("bsim/card/Bad");
    for (int i = 0; i < 127; i++) node.methods.add(method("f" + i, Opcodes.ACC_PUBLIC));
    // Object.equals makes 128.
    rejects(List.of(node));
    node.methods.add(method("more", Opcodes.ACC_PROTECTED));
    rejects(List.of(node), "Bad: 129 public or protected instance methods, expected at most 128");
  }

  @Test
  void rejects129MethodsOfThePackage() {
    ClassNode node = empty("bsim/card/Bad");
    for (int i = 0; i < 128; i++) node.methods.add(method("f" + i, 0));
    rejects(List.of(node));
    node.methods.add(method("more", 0));
    rejects(List.of(node), "Bad: 129 instance methods of the package, expected at most 128");
  }

  @Test
  void rejects16Interfaces() {
    List<ClassNode> classes = new ArrayList<>();
    ClassNode node = empty("bsim/card/Bad");
    classes.add(node);
    for (int i = 0; i < 15; i++) {
      classes.add(empty("bsim/card/I" + i));
      node.interfaces.add("bsim/card/I" + i);
    }
    rejects(classes);
    node.interfaces.add("javacard/framework/Shareable");
    rejects(classes, "Bad: 16 interfaces, expected at most 15");
  }

  @Test
  void rejects256WordsOfVariables() {
    ClassNode node = empty("bsim/card/Bad");
    MethodNode method = method("f", Opcodes.ACC_ABSTRACT);
    node.methods.add(method);
    method.maxLocals = 255;
    rejects(List.of(node));
    method.maxLocals = 256;
    rejects(List.of(node), "Bad.f: 256 words of variables, expected at most 255");
  }

  @Test
  void rejects256WordsOfStack() {
    ClassNode node = empty("bsim/card/Bad");
    MethodNode method = method("f", Opcodes.ACC_ABSTRACT);
    node.methods.add(method);
    method.maxStack = 256;
    rejects(List.of(node), "Bad.f: 256 words of stack, expected at most 255");
  }

  private static ClassNode empty(String name) {
    ClassNode node = new ClassNode();
    node.version = Opcodes.V1_8;
    node.name = name;
    node.superName = "java/lang/Object";
    return node;
  }

  private static MethodNode method(String name, int access) {
    return new MethodNode(access, name, "()V", null, null);
  }
}
