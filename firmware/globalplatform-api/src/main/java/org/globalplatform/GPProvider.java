// SPDX-License-Identifier: Apache-2.0
package org.globalplatform;

/** Who answers {@link GPSystem}: the simulated card. No card has this type. */
public interface GPProvider {
  /** See {@link GPSystem#getSecureChannel}. */
  SecureChannel secureChannel();

  /** See {@link GPSystem#getCardContentState}. */
  byte contentState();

  /** See {@link GPSystem#setCardContentState}. */
  boolean setContentState(byte state);
}
