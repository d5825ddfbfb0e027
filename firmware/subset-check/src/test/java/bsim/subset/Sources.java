// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javacard.framework.Applet;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.globalplatform.GPSystem;
import org.objectweb.asm.tree.ClassNode;

/** Compiles source text as the applet is compiled, and keeps the class files in memory. */
public final class Sources {
  private Sources() {}

  /** Classes of one source file, in the order of their names; it is the file Test.java of any package. */
  public static List<ClassNode> compile(String source) {
    return compile(source, "--release", "8", "-g");
  }

  static List<ClassNode> compile(String source, String... options) {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    List<String> arguments = new ArrayList<>(Arrays.asList(options));
    arguments.addAll(List.of("-nowarn", "-Xlint:none", "-proc:none", "-classpath", cardApi()));
    StringWriter output = new StringWriter();
    JavaFileManager memory = inMemory(javac.getStandardFileManager(null, null, null), files);
    if (!javac.getTask(output, memory, null, arguments, null, List.of(file(source))).call()) {
      throw new AssertionError("the source of the test does not compile:\n" + output);
    }
    return files.values().stream().map(each -> ClassFiles.read(each.toByteArray())).toList();
  }

  private static JavaFileObject file(String source) {
    return new SimpleJavaFileObject(URI.create("string:///Test.java"), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return source;
      }

      @Override
      public boolean isNameCompatible(String simpleName, Kind kind) {
        return kind == Kind.SOURCE;
      }
    };
  }

  private static JavaFileManager inMemory(JavaFileManager files, Map<String, ByteArrayOutputStream> written) {
    return new ForwardingJavaFileManager<>(files) {
      @Override
      public JavaFileObject getJavaFileForOutput(
          Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        written.put(className, bytes);
        return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
          @Override
          public OutputStream openOutputStream() {
            return bytes;
          }
        };
      }
    };
  }

  private static String cardApi() {
    return placeOf(Applet.class) + File.pathSeparator + placeOf(GPSystem.class);
  }

  private static String placeOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
