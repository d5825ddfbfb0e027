// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A value of a JSON file below `fixtures/`: as much of JSON as those files need. */
record Json(Object value) {
  private static final Pattern TOKEN =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*\"|[\\[\\]{}:,]|[^\\s\\[\\]{}:,]+");

  /** Looks for `fixtures` in the working folder and in those above it. */
  static Json read(String name) {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Path file = folder.resolve("fixtures").resolve(name);
      if (!Files.exists(file)) continue;
      try {
        Matcher tokens = TOKEN.matcher(Files.readString(file));
        tokens.find();
        return new Json(valueOf(tokens));
      } catch (IOException cause) {
        throw new UncheckedIOException(cause);
      }
    }
    throw new IllegalStateException("found no fixtures/" + name);
  }

  boolean has(String name) {
    return ((Map<?, ?>) value).containsKey(name);
  }

  Json get(String name) {
    if (!has(name)) throw new IllegalArgumentException("found no member " + name);
    return new Json(((Map<?, ?>) value).get(name));
  }

  List<Json> list() {
    return ((List<?>) value).stream().map(Json::new).toList();
  }

  String text() {
    return (String) value;
  }

  int number() {
    return Integer.parseInt(text());
  }

  byte[] bytes() {
    return HexFormat.of().parseHex(text());
  }

  @Override
  public String toString() {
    boolean hasName = value instanceof Map<?, ?> members && members.containsKey("name");
    return hasName ? get("name").text() : String.valueOf(value);
  }

  /** The value whose first token was found; numbers stay text. */
  private static Object valueOf(Matcher tokens) {
    String token = tokens.group();
    if (token.startsWith("\"")) return token.substring(1, token.length() - 1).replaceAll("\\\\(.)", "$1");
    if (token.equals("{")) {
      Map<String, Object> members = new LinkedHashMap<>();
      for (String next = next(tokens); !next.equals("}"); next = next(tokens)) {
        if (next.equals(",")) continue;
        next(tokens);
        next(tokens);
        members.put(next.substring(1, next.length() - 1), valueOf(tokens));
      }
      return members;
    }
    if (!token.equals("[")) return token;
    List<Object> items = new ArrayList<>();
    for (String next = next(tokens); !next.equals("]"); next = next(tokens))
      if (!next.equals(",")) items.add(valueOf(tokens));
    return items;
  }

  private static String next(Matcher tokens) {
    if (!tokens.find()) throw new IllegalStateException("the file ends too early");
    return tokens.group();
  }
}
