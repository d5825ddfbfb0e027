// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.rejects;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;

class LanguageTest {
  @Test
  void rejectsLambdas() {
    rejects(
        "void f() {\n Shareable a = null; Runnable b = () -> {}; }",
        "Bad.f:3: variable b of type java.lang.Runnable: the card has no threads",
        "Bad.f:3: lambda or other call made at run time: the card has none",
        "Bad.lambda$f$0:3: method made by the compiler: let no class use private members of another one");
  }

  @Test
  void rejectsSynchronisedMethods() {
    rejects("synchronized void f() {}", "Bad.f:2: synchronized: the card has no threads");
  }

  @Test
  void rejectsMonitors() {
    rejects(
        "void f(Object a) {\n synchronized (a) {} }",
        "Bad.f:3: synchronized: the card has no threads");
  }

  @Test
  void rejectsArraysOfArrays() {
    rejects(
        "final byte[][] a; Bad() {\n a = new byte[2][]; }",
        "Bad.a: array of arrays: the card has none",
        "Bad.<init>:3: array of arrays: the card has none");
  }

  @Test
  void rejectsArraysMadeWithTwoSizes() {
    rejects(
        "final Object a; Bad() {\n a = new byte[2][2]; }",
        "Bad.<init>:3: array of arrays: the card has none");
  }

  @Test
  void rejectsBodiesInInterfaces() {
    rejects(
        Sources.compile("package bsim.card; interface Bad {\n default void f() {} }"),
        "Bad.f:2: method with a body in an interface");
  }

  @Test
  void rejectsEnums() {
    ClassNode node = Sources.compile("package bsim.card; class Bad {}").get(0);
    node.access |= Opcodes.ACC_ENUM;
    rejects(List.of(node), "Bad: enum: the card has none");
  }

  @Test
  void rejectsAnnotationTypes() {
    rejects(
        Sources.compile("package bsim.card; @interface Bad {}"),
        "Bad: annotation type: the card has none",
        "Bad: implements java.lang.annotation.Annotation: not in the Java Card 3.0.5 classic API");
  }

  @Test
  void rejectsAnnotationsOfClassesAtRunTime() {
    rejects(
        Sources.compile("package bsim.card; @Deprecated class Bad {}"),
        "Bad: annotation that is kept at run time");
  }

  @Test
  void rejectsAnnotationsOfFieldsAtRunTime() {
    rejects("@Deprecated static final byte A = 1;", "Bad.A: annotation that is kept at run time");
  }

  @Test
  void rejectsAnnotationsOfMethodsAtRunTime() {
    rejects("@Deprecated void f() {}", "Bad.f:2: annotation that is kept at run time");
  }

  @Test
  void rejectsAnnotationsOfParametersAtRunTime() {
    rejects("void f(@Deprecated byte a) {}", "Bad.f:2: annotation that is kept at run time");
  }

  @Test
  void rejectsFinalizers() {
    rejects("protected void finalize() {}", "Bad.finalize:2: finalizer: the card calls none");
  }

  @Test
  void rejectsNativeMethods() {
    rejects("native void f();", "Bad.f: native method");
  }

  @Test
  void rejectsStrictfp() {
    rejects("strictfp void f() {}", "Bad.f:2: strictfp: the card has no floating point");
  }

  @Test
  void rejectsNestedClassesWhosePrivateMembersAreUsed() {
    rejects(
        Sources.compile(
            "package bsim.card; class Bad {\n static class In {\n private static void f() {} }\n"
                + " void g() { In.f(); } }"),
        "Bad$In.access$000:2: method made by the compiler: let no class use private members of another one");
  }

  @Test
  void rejectsClassesThatTheCompilerAdds() {
    rejects(
        Sources.compile(
            "package bsim.card; class Bad { final Object a = new In();"
                + " static class In { private In() {} } }"),
        "Bad$1: class made by the compiler: let no class use private members of another one",
        "Bad$In.<init>:1: method made by the compiler: let no class use private members of another one");
  }

  @Test
  void rejectsInnerClasses() {
    rejects(
        Sources.compile("package bsim.card; class Bad { class In { Object f() { return Bad.this; } } }"),
        "Bad$In.this$0: field made by the compiler: no inner classes, no assertions");
  }

  @Test
  void rejectsClassFilesNewerThanJava8() {
    rejects(
        Sources.compile("package bsim.card; class Bad {}", "--release", "17", "-g"),
        "Bad: class file of Java 17: compile for Java 8");
  }

  @Test
  void rejectsClassFilesWithoutTheTypesOfVariables() {
    rejects(
        Sources.compile(
            "package bsim.card; class Bad { static void f(short a) {\n int b = a; } }",
            "--release",
            "8",
            "-g:lines"),
        "Bad: compiled without the lines and variables of javac -g, which the check needs");
  }
}
