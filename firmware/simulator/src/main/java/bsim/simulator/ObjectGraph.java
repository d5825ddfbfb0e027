// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The objects of a card: what can be reached from an applet, by reflection. Objects of the Java platform, of
 * BouncyCastle but its digests, and of the simulator itself are its borders.
 */
final class ObjectGraph {
  private static final String[] BORDERS = {
    "java.", "javax.", "jdk.", "sun.", "com.licel.jcardsim.base.", "com.licel.jcardsim.bouncycastle.",
    "javacard.framework.APDU",
  };
  private static final String DIGESTS = "com.licel.jcardsim.bouncycastle.crypto.digests.";

  private static final ClassValue<List<Field>> FIELDS = new ClassValue<>() {
    @Override
    protected List<Field> computeValue(Class<?> type) {
      return readFields(type);
    }
  };

  private static final ClassValue<Boolean> IS_BORDER = new ClassValue<>() {
    @Override
    protected Boolean computeValue(Class<?> type) {
      return isBorderType(type);
    }
  };

  /** An object that is no memory of the card, though the applet's objects lead to it. */
  interface NotOfCard {}

  private ObjectGraph() {}

  /**
   * Every object and array that can be reached, each once, the root first; what {@code enters} refuses is
   * left out.
   */
  static Collection<Object> reach(Object root, Predicate<Object> enters) {
    Map<Object, Boolean> found = new IdentityHashMap<>();
    List<Object> order = new ArrayList<>();
    Deque<Object> waiting = new ArrayDeque<>();
    waiting.add(root);
    while (!waiting.isEmpty()) {
      Object each = waiting.poll();
      if (isBorder(each) || !enters.test(each) || found.put(each, true) != null) continue;
      order.add(each);
      if (each instanceof Object[] array) {
        for (Object element : array) if (element != null) waiting.add(element);
      } else if (!each.getClass().isArray()) {
        for (Field field : fieldsOf(each.getClass())) {
          Object value = field.getType().isPrimitive() ? null : get(field, each);
          if (value != null) waiting.add(value);
        }
      }
    }
    return order;
  }

  /** Instance fields of a class and those above it, made accessible. */
  static List<Field> fieldsOf(Class<?> type) {
    return FIELDS.get(type);
  }

  static Object get(Field field, Object owner) {
    try {
      return field.get(owner);
    } catch (IllegalAccessException cause) {
      throw new IllegalStateException(cause);
    }
  }

  /** Sets a field, a final one too. */
  static void set(Field field, Object owner, Object value) {
    try {
      field.set(owner, value);
    } catch (IllegalAccessException cause) {
      throw new IllegalStateException(cause);
    }
  }

  /** The field of that name of a class or one above it. */
  static Field field(Class<?> type, String name) {
    return fieldsOf(type).stream()
        .filter(each -> each.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no field " + name + " in " + type));
  }

  private static boolean isBorder(Object object) {
    return object instanceof NotOfCard || IS_BORDER.get(object.getClass());
  }

  private static boolean isBorderType(Class<?> type) {
    String name = type.getName();
    if (type.isArray() || name.startsWith(DIGESTS)) return false;
    for (String border : BORDERS) if (name.startsWith(border)) return true;
    return false;
  }

  private static List<Field> readFields(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass())
      for (Field field : each.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers())) continue;
        field.setAccessible(true);
        fields.add(field);
      }
    return List.copyOf(fields);
  }

  /** What a set of objects held at a moment: their fields and the elements of arrays. */
  static final class Snapshot {
    private final Map<Object, Object> contents = new IdentityHashMap<>();

    Snapshot(Collection<Object> objects) {
      for (Object each : objects) contents.put(each, contentOf(each));
    }

    /** Puts everything back as it was. */
    void restore() {
      contents.forEach(Snapshot::putBack);
    }

    private static Object contentOf(Object object) {
      if (object.getClass().isArray()) {
        int length = Array.getLength(object);
        Object copy = Array.newInstance(object.getClass().getComponentType(), length);
        System.arraycopy(object, 0, copy, 0, length);
        return copy;
      }
      List<Field> fields = fieldsOf(object.getClass());
      Object[] values = new Object[fields.size()];
      for (int i = 0; i < values.length; i++) values[i] = get(fields.get(i), object);
      return values;
    }

    private static void putBack(Object object, Object content) {
      if (object.getClass().isArray()) {
        System.arraycopy(content, 0, object, 0, Array.getLength(object));
        return;
      }
      List<Field> fields = fieldsOf(object.getClass());
      Object[] values = (Object[]) content;
      for (int i = 0; i < values.length; i++) {
        Field field = fields.get(i);
        Object now = get(field, object);
        boolean isSame = field.getType().isPrimitive() ? values[i].equals(now) : values[i] == now;
        if (!isSame) set(field, object, values[i]);
      }
    }
  }
}
