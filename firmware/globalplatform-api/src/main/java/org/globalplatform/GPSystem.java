// SPDX-License-Identifier: Apache-2.0
package org.globalplatform;

/**
 * What the card offers to the application that runs, as its operating system has it. On a card the class is
 * part of the platform; here the simulator says, for each thread, who answers.
 *
 * <p>Source: GlobalPlatform Card API, org.globalplatform, export file versions 1.0 to 1.6. The text is ours;
 * services that nobody uses here (CVM, global services, card life cycle) are left out.
 */
public final class GPSystem {
  /** Life-cycle state of an application that was installed and cannot be selected yet. */
  public static final byte APPLICATION_INSTALLED = (byte) 0x03;

  /** Life-cycle state of an application that can be selected; its own states have these bits too. */
  public static final byte APPLICATION_SELECTABLE = (byte) 0x07;

  /** Bit of the life-cycle state of an application that is locked. */
  public static final byte APPLICATION_LOCKED = (byte) 0x80;

  /** Life-cycle state of a security domain that has its keys. */
  public static final byte SECURITY_DOMAIN_PERSONALIZED = (byte) 0x0F;

  /** Life-cycle states of the card. */
  public static final byte CARD_OP_READY = (byte) 0x01;

  public static final byte CARD_INITIALIZED = (byte) 0x07;
  public static final byte CARD_SECURED = (byte) 0x0F;
  public static final byte CARD_LOCKED = (byte) 0x7F;
  public static final byte CARD_TERMINATED = (byte) 0xFF;

  private static final ThreadLocal<GPProvider> PROVIDER = new ThreadLocal<GPProvider>();

  private GPSystem() {}

  /** The secure channel of the security domain of the application that runs. */
  public static SecureChannel getSecureChannel() {
    return provider().secureChannel();
  }

  /** Life-cycle state of the application that runs. */
  public static byte getCardContentState() {
    return provider().contentState();
  }

  /**
   * Sets the life-cycle state of the application that runs: to one of its own (07 to 7F with the three low
   * bits set), or with bit 80 to locked. It takes part in a transaction.
   *
   * @return false, and nothing changed, where the application is installed only or locked, or the state is
   *     neither.
   */
  public static boolean setCardContentState(byte bState) {
    return provider().setContentState(bState);
  }

  /**
   * Says who answers on this thread; null for nobody. Of the simulator: no card has it, and no applet may
   * call it.
   */
  public static void setProvider(GPProvider provider) {
    if (provider == null) PROVIDER.remove();
    else PROVIDER.set(provider);
  }

  private static GPProvider provider() {
    GPProvider provider = PROVIDER.get();
    if (provider == null) throw new IllegalStateException("no card runs on this thread");
    return provider;
  }
}
