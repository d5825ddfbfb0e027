// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import javacard.framework.JCSystem;

/**
 * The persistent byte arrays of an applet: those that its own objects and classes hold and that are not
 * transient. Of each it keeps what was written through it, so that a write that went another way shows.
 */
final class PersistentMemory {
  /** Arrays, with what was written to each. */
  private final Map<byte[], byte[]> written = new IdentityHashMap<>();
  /** Names of the arrays of objects, as {@code Class.field}; those of classes are constants. */
  private final Map<String, byte[]> names = new LinkedHashMap<>();

  /** What an applet holds, and those classes of it; the card that it is on must be the active one. */
  PersistentMemory(Object applet, Collection<Class<?>> classes) {
    ClassLoader own = applet.getClass().getClassLoader();
    Map<Object, Boolean> met = new IdentityHashMap<>();
    Deque<Object> waiting = new ArrayDeque<>();
    waiting.add(applet);
    while (!waiting.isEmpty()) {
      Object each = waiting.poll();
      if (met.put(each, true) != null) continue;
      for (Class<?> type = each.getClass(); type.getClassLoader() == own; type = type.getSuperclass())
        for (Field field : type.getDeclaredFields()) {
          Object value = Modifier.isStatic(field.getModifiers()) ? null : valueOf(field, each);
          if (value instanceof byte[] array) add(type.getSimpleName() + "." + field.getName(), array);
          else if (value != null && value.getClass().getClassLoader() == own) waiting.add(value);
        }
    }
    for (Class<?> type : classes)
      for (Field field : type.getDeclaredFields())
        if (Modifier.isStatic(field.getModifiers()) && valueOf(field, null) instanceof byte[] array)
          written.put(array, array.clone());
  }

  boolean holds(byte[] array) {
    return written.containsKey(array);
  }

  void put(byte[] array, int at, byte... bytes) {
    System.arraycopy(bytes, 0, array, at, bytes.length);
    System.arraycopy(bytes, 0, written.get(array), at, bytes.length);
  }

  /** Copies of the arrays by their names. */
  Map<String, byte[]> content() {
    Map<String, byte[]> content = new LinkedHashMap<>();
    names.forEach((name, array) -> content.put(name, array.clone()));
    return content;
  }

  /** Brings back what {@link #content} gave. */
  void load(Map<String, byte[]> content) {
    content.forEach((name, bytes) -> put(names.get(name), 0, bytes));
  }

  /** Takes the arrays as they are: the whole card was restored. */
  void accept() {
    written.forEach((array, bytes) -> System.arraycopy(array, 0, bytes, 0, bytes.length));
  }

  /** Throws AssertionError where an array is not as it was written. */
  void requireNothingElseWritten() {
    written.forEach((array, bytes) -> {
      boolean isSame = Arrays.equals(array, bytes);
      if (!isSame) throw new AssertionError(nameOf(array) + " was written past the tearing");
    });
  }

  private String nameOf(byte[] array) {
    for (Map.Entry<String, byte[]> each : names.entrySet())
      if (each.getValue() == array) return each.getKey();
    return "a constant";
  }

  private void add(String name, byte[] array) {
    boolean isTransient = JCSystem.isTransient(array) != JCSystem.NOT_A_TRANSIENT_OBJECT;
    if (isTransient || holds(array)) return;
    if (names.put(name, array) != null) throw new IllegalStateException("two arrays are named " + name);
    written.put(array, array.clone());
  }

  private static Object valueOf(Field field, Object owner) {
    try {
      field.setAccessible(true);
      return field.get(owner);
    } catch (IllegalAccessException cause) {
      throw new IllegalStateException(cause);
    }
  }
}
