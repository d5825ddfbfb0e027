// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.tree.ClassNode;

class MainTest {
  @TempDir Path folder;

  @Test
  void failsWithEveryPlaceThatLeavesTheSubset() throws IOException {
    write("package bsim.card; class Bad { static final int A = 1; void f() { g(); }\n native void g(); }");
    assertEquals(
        """
        2 places leave the Java Card subset:
          bsim.card.Bad.A: int: the card counts in 16 bits
          bsim.card.Bad.g: native method""",
        failure());
  }

  @Test
  void failsWithOnePlaceInTheSingular() throws IOException {
    write("package bsim.card; class Bad { native void g(); }");
    assertEquals("1 place leaves the Java Card subset:\n  bsim.card.Bad.g: native method", failure());
  }

  @Test
  void failsWhereThereIsNothingToCheck() {
    assertEquals("no class files found in: " + folder, failure());
  }

  @Test
  void passesClassesOfTheSubset() throws IOException {
    write("package bsim.card; class Good {}");
    Main.main(new String[] {folder.toString()});
  }

  private String failure() {
    String[] folders = {folder.toString()};
    return assertThrows(SubsetException.class, () -> Main.main(folders)).getMessage();
  }

  private void write(String source) throws IOException {
    for (ClassNode node : Sources.compile(source)) {
      ClassWriter writer = new ClassWriter(0);
      node.accept(writer);
      Path file = folder.resolve(node.name + ".class");
      Files.createDirectories(file.getParent());
      Files.write(file, writer.toByteArray());
    }
  }
}
