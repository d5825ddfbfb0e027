// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.objectweb.asm.tree.ClassNode;

/** Checks that the classes below the given folders, one package, keep to the Java Card subset. */
public final class Main {
  private Main() {}

  /**
   * Prints how many classes it read.
   *
   * @throws SubsetException where they leave the subset, or where there are none.
   */
  public static void main(String[] folders) throws IOException {
    List<ClassNode> classes = new ArrayList<>();
    for (String folder : folders) classes.addAll(ClassFiles.read(Path.of(folder)));
    if (classes.isEmpty()) throw new SubsetException("no class files found in: " + String.join(" ", folders));
    List<Violation> violations = Subset.check(classes, new CardApi());
    if (!violations.isEmpty()) throw new SubsetException(report(violations));
    String kept = classes.size() == 1 ? "1 class keeps" : classes.size() + " classes keep";
    System.out.println(kept + " to the Java Card subset");
  }

  private static String report(List<Violation> violations) {
    String lines = violations.stream().map(each -> "\n  " + each).collect(Collectors.joining());
    String places = violations.size() == 1 ? "1 place leaves" : violations.size() + " places leave";
    return places + " the Java Card subset:" + lines;
  }
}
