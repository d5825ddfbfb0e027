// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.tree.ClassNode;

/** Reads the class files below a folder. */
public final class ClassFiles {
  private ClassFiles() {}

  /** Every class below the folder, in the order of their names. */
  public static List<ClassNode> read(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(folder)) {
      files = found.filter(file -> file.toString().endsWith(".class")).sorted().toList();
    }
    List<ClassNode> classes = new ArrayList<>();
    for (Path file : files) classes.add(read(Files.readAllBytes(file)));
    return classes;
  }

  /** One class; stack map frames are left out, since the rules follow the stack themselves. */
  public static ClassNode read(byte[] classFile) {
    ClassNode node = new ClassNode();
    new ClassReader(classFile).accept(node, ClassReader.SKIP_FRAMES);
    return node;
  }
}
