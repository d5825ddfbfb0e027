// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of a JSON file below `fixtures/`, the vectors that all implementations share. */
final class Fixture {
  private final Object value;

  private Fixture(Object value) {
    this.value = value;
  }

  /** The file, as `crypto/hd-keys.json`. Looks for `fixtures` in the working folder and in those above. */
  static Fixture read(String name) {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      Path file = folder.resolve("fixtures").resolve(name);
      if (!Files.exists(file)) continue;
      try {
        return new Fixture(new Reader(Files.readString(file)).value());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    throw new IllegalStateException("fixture not found: fixtures/" + name);
  }

  Fixture get(String key) {
    Object member = ((Map<?, ?>) value).get(key);
    if (member == null) throw new IllegalArgumentException("no member " + key);
    return new Fixture(member);
  }

  List<Fixture> items() {
    return ((List<?>) value).stream().map(Fixture::new).toList();
  }

  String text() {
    return (String) value;
  }

  byte[] bytes() {
    return HexFormat.of().parseHex(text());
  }

  @Override
  public String toString() {
    return String.valueOf(value);
  }

  /** As much of RFC 8259 as the fixtures need. */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    Object value() {
      return switch (next()) {
        case '{' -> object();
        case '[' -> array();
        case '"' -> string();
        default -> word();
      };
    }

    private Map<String, Object> object() {
      Map<String, Object> members = new LinkedHashMap<>();
      at++;
      while (next() != '}') {
        String key = string();
        if (next() != ':') throw unexpected();
        at++;
        members.put(key, value());
        if (next() == ',') at++;
      }
      at++;
      return members;
    }

    private List<Object> array() {
      List<Object> items = new ArrayList<>();
      at++;
      while (next() != ']') {
        items.add(value());
        if (next() == ',') at++;
      }
      at++;
      return items;
    }

    private String string() {
      if (next() != '"') throw unexpected();
      StringBuilder characters = new StringBuilder();
      for (at++; text.charAt(at) != '"'; at++) {
        characters.append(text.charAt(at) == '\\' ? escaped() : text.charAt(at));
      }
      at++;
      return characters.toString();
    }

    private char escaped() {
      char kind = text.charAt(++at);
      if (kind == 'u') {
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
      }
      int index = "bfnrt".indexOf(kind);
      return index < 0 ? kind : "\b\f\n\r\t".charAt(index);
    }

    private Object word() {
      int start = at;
      while (at < text.length() && ",]} \n\r\t".indexOf(text.charAt(at)) < 0) at++;
      String word = text.substring(start, at);
      return switch (word) {
        case "true" -> Boolean.TRUE;
        case "false" -> Boolean.FALSE;
        case "null" -> null;
        default -> Double.valueOf(word);
      };
    }

    private char next() {
      while (Character.isWhitespace(text.charAt(at))) at++;
      return text.charAt(at);
    }

    private IllegalStateException unexpected() {
      return new IllegalStateException("JSON not read: found " + text.charAt(at) + " at " + at);
    }
  }
}
