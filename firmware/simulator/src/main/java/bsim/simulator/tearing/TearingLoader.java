// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Loads the applet's class files as {@link WriteAnnouncer} makes them; every other class comes from the
 * parent.
 */
final class TearingLoader extends ClassLoader {
  private static final String PACKAGE = "bsim.card.";

  private final Set<String> omitted;
  private final List<Class<?>> loaded = new ArrayList<>();

  TearingLoader(Flaw flaw) {
    super(TearingLoader.class.getClassLoader());
    omitted = flaw.omitted();
  }

  /** The applet's classes that were loaded so far. */
  List<Class<?>> loaded() {
    return List.copyOf(loaded);
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolves) throws ClassNotFoundException {
    if (!name.startsWith(PACKAGE)) return super.loadClass(name, resolves);
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known != null ? known : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (file == null) throw new ClassNotFoundException(name);
      byte[] bytes = WriteAnnouncer.announce(file.readAllBytes(), omitted);
      Class<?> type = defineClass(name, bytes, 0, bytes.length);
      loaded.add(type);
      return type;
    } catch (IOException cause) {
      throw new ClassNotFoundException(name, cause);
    }
  }
}
