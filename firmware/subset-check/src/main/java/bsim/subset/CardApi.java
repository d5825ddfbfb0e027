// SPDX-License-Identifier: Apache-2.0
package bsim.subset;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a card offers to applets: the classes and methods listed in java-card-3.0.5.txt beside this class. */
public final class CardApi {
  private record Entry(List<String> parents, Map<String, Boolean> methods) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** Reads the list. */
  public CardApi() {
    try (InputStream list = CardApi.class.getResourceAsStream("java-card-3.0.5.txt");
        BufferedReader lines = new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8))) {
      Entry current = null;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isBlank() || line.startsWith("#")) continue;
        String[] words = line.trim().split(" ");
        if (line.startsWith(" ")) {
          current.methods.put(words[0], words.length > 1);
        } else {
          current = new Entry(List.of(Arrays.copyOfRange(words, 1, words.length)), new HashMap<>());
          entries.put(words[0], current);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the card has this class, named as in class files. */
  public boolean hasClass(String name) {
    return entries.containsKey(name);
  }

  /** Whether the card has this method, in the class or in what it extends and implements. */
  public boolean hasMethod(String owner, String name, String descriptor) {
    Entry entry = entries.get(owner);
    if (entry == null) return false;
    if (entry.methods.containsKey(name + descriptor)) return true;
    // A constructor is not inherited.
    if (name.equals("<init>")) return false;
    return entry.parents.stream().anyMatch(parent -> hasMethod(parent, name, descriptor));
  }

  /** Names with descriptors of the instance methods that a class of the card declares or inherits. */
  public Collection<String> instanceMethods(String owner) {
    Set<String> methods = new LinkedHashSet<>();
    Entry entry = entries.get(owner);
    if (entry == null) return methods;
    for (String parent : entry.parents) methods.addAll(instanceMethods(parent));
    List<String> own = new ArrayList<>(entry.methods.keySet());
    own.removeIf(method -> entry.methods.get(method) || method.startsWith("<init>"));
    methods.addAll(own);
    return methods;
  }

  /** Every class of the card, and each of its own methods as name and descriptor. */
  Map<String, Set<String>> everything() {
    Map<String, Set<String>> all = new LinkedHashMap<>();
    entries.forEach((name, entry) -> all.put(name, entry.methods.keySet()));
    return all;
  }
}
