// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static bsim.subset.Judged.accepts;
import static bsim.subset.Judged.rejects;

import org.junit.jupiter.api.Test;

class MemoryTest {
  @Test
  void rejectsObjectsMadeAfterInstallation() {
    rejects("Object f() {\n return new Object(); }", "Bad.f:3: object made after installation");
  }

  @Test
  void rejectsArraysMadeAfterInstallation() {
    rejects("byte[] f() {\n return new byte[2]; }", "Bad.f:3: array made after installation");
  }

  @Test
  void rejectsTransientArraysMadeAfterInstallation() {
    rejects(
        "byte[] f() {\n return JCSystem.makeTransientByteArray((short) 1, (byte) 1); }",
        "Bad.f:3: makeTransientByteArray makes an object after installation");
  }

  @Test
  void rejectsKeysMadeAfterInstallation() {
    rejects(
        "Key f() {\n return KeyBuilder.buildKey((byte) 1, (short) 2, false); }",
        "Bad.f:3: buildKey makes an object after installation");
  }

  @Test
  void rejectsAPrivateMethodThatMakesObjectsAndIsCalledLater() {
    rejects(
        "Bad() { make(); } void f() { make(); } private static Object make() {\n return new Object(); }",
        "Bad.make:3: object made after installation");
  }

  @Test
  void acceptsAPrivateMethodThatMakesObjectsForAConstructor() {
    accepts(
        "package bsim.card; final class Good { final Object a = make();"
            + " private static Object make() { return more(); }"
            + " private static Object more() { return new Object(); } }");
  }

  @Test
  void rejectsFieldsThatAreNotFinal() {
    rejects("short a;", "Bad.a: field that is not final: state lies in arrays, transient or persistent");
  }

  @Test
  void rejectsFieldsAssignedOutsideAConstructor() {
    rejects(
        "short a; void f() {\n a = 1; }",
        "Bad.a: field that is not final: state lies in arrays, transient or persistent",
        "Bad.f:3: field assigned outside a constructor");
  }

  @Test
  void rejectsStaticFieldsAssignedOutsideTheInitialiser() {
    rejects(
        "static short a; void f() {\n a = 1; }",
        "Bad.a: field that is not final: state lies in arrays, transient or persistent",
        "Bad.f:3: field assigned outside a constructor");
  }

  @Test
  void rejectsStaticFieldsThatAreComputed() {
    rejects(
        "\n static final byte[] A = new byte[3];",
        "Bad.<clinit>:3: static field that is neither a constant nor an array of constants");
  }

  @Test
  void rejectsStaticObjects() {
    rejects(
        "\n static final Object A = new Object();",
        "Bad.<clinit>:3: static field that is neither a constant nor an array of constants");
  }

  @Test
  void rejectsFieldsOfInterfacesThatAreNoConstants() {
    rejects(
        Sources.compile("package bsim.card; interface Bad {\n byte[] A = {1}; }"),
        "Bad.A: field of an interface that is no constant");
  }
}
