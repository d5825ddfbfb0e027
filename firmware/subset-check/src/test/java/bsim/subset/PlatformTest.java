// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.rejects;

import org.junit.jupiter.api.Test;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.MethodNode;

class PlatformTest {
  @Test
  void rejectsStringConstants() {
    rejects(
        "Object f() {\n return \"a\"; }",
        "Bad.f:3: string constant: the card has no strings");
  }

  @Test
  void rejectsStrings() {
    rejects("void f(String a) {}", "Bad.f:2: parameter of type java.lang.String: the card has no strings");
  }

  @Test
  void rejectsBoxedNumbers() {
    rejects("void f(short a) {\n Short b = a; }",
        "Bad.f:3: variable b of type java.lang.Short: the card has no boxed numbers",
        "Bad.f:3: java.lang.Short: the card has no boxed numbers");
  }

  @Test
  void rejectsStreams() {
    rejects(
        "void f() {\n java.util.stream.Stream.empty(); }",
        "Bad.f:3: java.util.stream.Stream: the card has no streams");
  }

  @Test
  void rejectsReflection() {
    rejects("boolean f(Object a) {\n return a.getClass() == null; }",
        "Bad.f:3: java.lang.Object.getClass()Ljava/lang/Class; is not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsClassConstants() {
    rejects(
        "boolean f() {\n return Bad.class == null; }",
        "Bad.f:3: class constant: the card has no reflection");
  }

  @Test
  void rejectsThreads() {
    rejects("void f() {\n Thread.yield(); }", "Bad.f:3: java.lang.Thread: the card has no threads");
  }

  @Test
  void rejectsClassesThatTheCardHasNot() {
    rejects(
        "void f(java.util.List a) {}",
        "Bad.f:2: parameter of type java.util.List: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsPackagesThatACardMayLack() {
    rejects(
        "void f(javacardx.framework.tlv.BERTLV a) {}",
        "Bad.f:2: parameter of type javacardx.framework.tlv.BERTLV: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsSensitiveArrays() {
    rejects(
        "void f(byte[] a) {\n SensitiveArrays.assertIntegrity(a); }",
        "Bad.f:3: javacard.framework.SensitiveArrays: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsMethodsThatTheCardHasNot() {
    rejects(
        "void f() {\n org.globalplatform.GPSystem.setProvider(null); }",
        "Bad.f:3: org.globalplatform.GPSystem.setProvider(Lorg/globalplatform/GPProvider;)V"
            + " is not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsFieldsOfOtherPackagesThatAreNoConstants() {
    rejects(
        "boolean f() {\n return System.out == null; }",
        "Bad.f:3: java.lang.System.out: a field of another package that is no constant");
  }

  @Test
  void rejectsCopiesOfArrays() {
    rejects(
        "Object f(byte[] a) {\n return a.clone(); }",
        "Bad.f:3: [B.clone()Ljava/lang/Object; is not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsThrownClassesThatTheCardHasNot() {
    rejects(
        "void f() throws InterruptedException {}",
        "Bad.f:2: throws java.lang.InterruptedException: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsCaughtClassesThatTheCardHasNot() {
    rejects(
        "void f() { register();\n try { register(); } catch (Error e) {} }",
        "Bad.f:3: catches java.lang.Error: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsASuperclassThatTheCardHasNot() {
    rejects(
        Sources.compile("package bsim.card; class Bad extends java.util.BitSet {}"),
        "Bad: extends java.util.BitSet: not in the Java Card 3.0.5 classic API",
        "Bad.<init>:1: java.util.BitSet: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsAnInterfaceThatTheCardHasNot() {
    rejects(
        Sources.compile("package bsim.card; abstract class Bad implements Cloneable {}"),
        "Bad: implements java.lang.Cloneable: not in the Java Card 3.0.5 classic API");
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
