// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import javacard.framework.JCSystem;
import javacard.security.Key;
import javacard.security.KeyBuilder;

/** Where a key's value lies, by its type. */
enum KeyKind {
  PERSISTENT(JCSystem.NOT_A_TRANSIENT_OBJECT),
  TRANSIENT_RESET(JCSystem.CLEAR_ON_RESET),
  TRANSIENT_DESELECT(JCSystem.CLEAR_ON_DESELECT);

  private final byte event;

  KeyKind(byte event) {
    this.event = event;
  }

  /** Event that clears it, as {@link JCSystem#isTransient} says it. */
  byte event() {
    return event;
  }

  static KeyKind of(Key key) {
    return switch (key.getType()) {
      case KeyBuilder.TYPE_AES_TRANSIENT_RESET, KeyBuilder.TYPE_DES_TRANSIENT_RESET,
          KeyBuilder.TYPE_HMAC_TRANSIENT_RESET, KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_RESET ->
          TRANSIENT_RESET;
      case KeyBuilder.TYPE_AES_TRANSIENT_DESELECT, KeyBuilder.TYPE_DES_TRANSIENT_DESELECT,
          KeyBuilder.TYPE_HMAC_TRANSIENT_DESELECT, KeyBuilder.TYPE_KOREAN_SEED_TRANSIENT_DESELECT ->
          TRANSIENT_DESELECT;
      default -> PERSISTENT;
    };
  }
}
