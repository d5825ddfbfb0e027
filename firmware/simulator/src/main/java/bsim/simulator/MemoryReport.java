// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import javacard.framework.JCSystem;
import javacard.security.ECKey;
import javacard.security.Key;

/**
 * What memory an applet takes once it is installed, counted as a card would: bytes of transient arrays and
 * keys; and of persistent memory the elements of arrays, fields of objects and values of keys, with {@link
 * #HEADER} bytes for each object and array. Algorithms of the platform count as an object each: what a card
 * keeps inside of them is its own matter. EC keys of the private kind are transient on the cards that know
 * transient ones, which jCardSim does not; here they count as persistent.
 */
public final class MemoryReport {
  /** Bytes that a card needs for an object beside its fields: an estimate. */
  static final int HEADER = 8;

  /** Bytes of a reference and of a short. */
  private static final int WORD = 2;

  private static final String CRYPTO = "com.licel.jcardsim.crypto.";

  private final Map<String, Integer> transientBytes = new TreeMap<>();
  private final Map<String, Integer> persistentBytes = new TreeMap<>();
  private final Map<String, Integer> objects = new TreeMap<>();

  private MemoryReport() {}

  /** The memory of a card's applet now. */
  public static MemoryReport of(CardMachine card) {
    MemoryReport report = new MemoryReport();
    CardMemory memory = card.memory();
    Map<String, Integer> counts = report.transientBytes;
    memory.clearedOnReset().forEach(each -> count(counts, "clearOnReset", bytesOf(each)));
    memory.clearedOnDeselect().forEach(each -> count(counts, "clearOnDeselect", bytesOf(each)));
    report.countPersistent(card.allObjects(), memory);
    return report;
  }

  int transientTotal() {
    return total(transientBytes);
  }

  int persistentTotal() {
    return total(persistentBytes);
  }

  /**
   * {@code {"transient":{…,"total":n},"persistent":{…,"total":n},"objects":{class:count,…}}}, numbers in
   * bytes.
   */
  public String json() {
    return "{\"transient\":" + json(transientBytes, true) + ",\"persistent\":" + json(persistentBytes, true)
        + ",\"objects\":" + json(objects, false) + "}";
  }

  private void countPersistent(Collection<Object> all, CardMemory memory) {
    for (Object each : all) {
      Class<?> type = each.getClass();
      boolean isPlatform = type.getName().startsWith("com.licel.");
      if (memory.isTransient(each) != JCSystem.NOT_A_TRANSIENT_OBJECT) continue;
      if (type.isArray()) {
        if (isInsidePlatform(each, all)) continue;
        count(persistentBytes, "arrays", bytesOf(each));
      } else if (each instanceof Key key) {
        if (KeyKind.of(key) == KeyKind.PERSISTENT) count(persistentBytes, "keys", valueOf(key));
      } else if (isPlatform) {
        if (!type.getName().startsWith(CRYPTO) || type.getSimpleName().equals("ByteContainer")) continue;
      } else {
        count(persistentBytes, "fields", fieldBytes(type));
      }
      count(persistentBytes, "headers", HEADER);
      count(objects, type.getSimpleName(), 1);
    }
  }

  /** Whether only objects of the platform refer to an array. */
  private static boolean isInsidePlatform(Object array, Collection<Object> all) {
    for (Object each : all) {
      if (each instanceof Object[] list) {
        for (Object element : list) if (element == array) return false;
      } else if (!each.getClass().isArray() && !each.getClass().getName().startsWith("com.licel.")) {
        for (Field field : ObjectGraph.fieldsOf(each.getClass()))
          if (!field.getType().isPrimitive() && ObjectGraph.get(field, each) == array) return false;
      }
    }
    return true;
  }

  /** A private EC key has its scalar beside the parameters of its curve: p, a, b, n, G and the cofactor. */
  private static int valueOf(Key key) {
    int size = (key.getSize() + 7) / 8;
    if (!(key instanceof ECKey)) return size;
    boolean isPrivate = key instanceof javacard.security.ECPrivateKey;
    return 4 * size + (2 * size + 1) + WORD + (isPrivate ? size : 2 * size + 1);
  }

  private static int fieldBytes(Class<?> type) {
    int bytes = 0;
    for (Field field : ObjectGraph.fieldsOf(type))
      bytes += field.getType() == byte.class || field.getType() == boolean.class ? 1 : WORD;
    return bytes;
  }

  private static int bytesOf(Object array) {
    Class<?> element = array.getClass().getComponentType();
    return Array.getLength(array) * (element == byte.class || element == boolean.class ? 1 : WORD);
  }

  private static void count(Map<String, Integer> counts, String name, int more) {
    counts.merge(name, more, Integer::sum);
  }

  private static int total(Map<String, Integer> counts) {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }

  private static String json(Map<String, Integer> counts, boolean hasTotal) {
    StringJoiner text = new StringJoiner(",", "{", "}");
    counts.forEach((name, number) -> text.add("\"" + name + "\":" + number));
    if (hasTotal) text.add("\"total\":" + total(counts));
    return text.toString();
  }
}
