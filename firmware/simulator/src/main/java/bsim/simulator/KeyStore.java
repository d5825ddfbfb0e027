// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.ArrayList;
import java.util.List;

/** The key sets of the security domain, in the order in which they came; the first one is the default. */
final class KeyStore {
  /** Most key sets. */
  static final int MAX = 3;

  private final List<KeySet> sets = new ArrayList<>();

  /** Takes copies of 1 to 3 key sets of different versions; throws IllegalArgumentException for others. */
  KeyStore(List<KeySet> given) {
    long versions = given.stream().map(KeySet::version).distinct().count();
    if (given.isEmpty() || given.size() > MAX || versions != given.size())
      throw new IllegalArgumentException("found " + given.size() + " key sets of " + versions
          + " versions, expected 1 to 3 of different ones");
    replaceAll(given);
  }

  List<KeySet> all() {
    return List.copyOf(sets);
  }

  /** The set of that version, for 0 the first one; null where there is none. */
  KeySet find(int version) {
    return sets.stream().filter(set -> version == 0 || set.version() == version).findFirst().orElse(null);
  }

  /** Puts a set in the place of the one of the same version. */
  void update(KeySet set) {
    sets.replaceAll(each -> each.version() == set.version() ? set : each);
  }

  /**
   * Puts a new set in the place of the one of version {@code replaced}, or beside the others where that is 0.
   * Throws {@link StatusException} 6A88, 6A89 or 6A84.
   */
  void put(int replaced, KeySet set) {
    KeySet old = replaced == 0 ? null : find(replaced);
    if (replaced != 0 && old == null) throw new StatusException(Status.NOT_FOUND);
    if (sets.stream().anyMatch(each -> each != old && each.version() == set.version()))
      throw new StatusException(Status.ALREADY_EXISTS);
    if (old != null) {
      sets.set(sets.indexOf(old), set);
      old.wipe();
      return;
    }
    if (sets.size() == MAX) throw new StatusException(Status.NO_ROOM);
    sets.add(set);
  }

  /** Copies of all sets, for an image of the card. */
  List<KeySet> copies() {
    return sets.stream().map(KeySet::copy).toList();
  }

  /** Puts copies of those sets in the place of all. */
  void replaceAll(List<KeySet> given) {
    sets.clear();
    given.forEach(set -> sets.add(set.copy()));
  }
}
