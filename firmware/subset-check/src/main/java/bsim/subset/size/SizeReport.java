// SPDX-License-Identifier: Apache-2.0
package bsim.subset.size;

import bsim.subset.CardApi;
import bsim.subset.ClassFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.objectweb.asm.tree.ClassNode;

/** Prints how large the CAP file of the classes below a folder will be, by component and by class. */
public final class SizeReport {
  private static final int LARGEST = 10;

  private SizeReport() {}

  /** Takes the folder as its one argument. */
  public static void main(String[] folder) throws IOException {
    if (folder.length != 1) throw new IllegalArgumentException("expected one folder of class files");
    System.out.print(of(ClassFiles.read(Path.of(folder[0])), new CardApi()));
  }

  /** The report, one figure a line, in bytes. */
  static String of(List<ClassNode> classes, CardApi api) {
    CapEstimate estimate = new CapEstimate(classes, api);
    Map<Component, Integer> components = estimate.components();
    StringBuilder report = new StringBuilder("Load size, estimated from the class files (bytes):\n");
    components.forEach((component, bytes) -> line(report, component.title, bytes));
    line(report, "in all", components.values().stream().mapToInt(Integer::intValue).sum());
    if (estimate.fieldsOutOfReach() > 0) {
      report.append("  too low: " + estimate.fieldsOutOfReach() + " fields need longer instructions\n");
    }
    report.append("Largest classes (bytes of methods):\n");
    classes.stream()
        .sorted(Comparator.comparingInt(CapEstimate::methodBytes).reversed())
        .limit(LARGEST)
        .forEach(each -> line(report, simpleName(each), CapEstimate.methodBytes(each)));
    return report.toString();
  }

  private static void line(StringBuilder report, String what, int bytes) {
    report.append(String.format("  %-22s%7d%n", what, bytes));
  }

  private static String simpleName(ClassNode owner) {
    return owner.name.substring(owner.name.lastIndexOf('/') + 1);
  }
}
