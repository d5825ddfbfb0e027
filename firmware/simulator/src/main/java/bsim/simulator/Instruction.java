// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/** Instructions that the card and the security domain answer: plain class, then INS. */
final class Instruction {
  static final int SELECT = 0x00A4;
  static final int GET_RESPONSE = 0x00C0;
  static final int MANAGE_CHANNEL = 0x0070;
  static final int INITIALIZE_UPDATE = 0x8050;
  static final int EXTERNAL_AUTHENTICATE = 0x8082;
  static final int GET_DATA = 0x80CA;
  static final int PUT_KEY = 0x80D8;
  static final int INSTALL = 0x80E6;

  private Instruction() {}

  /** The instruction of a command; its class without chaining, secure messaging and logical channel. */
  static int of(int cla, int ins) {
    return (cla & ~(Command.CHAINING | Command.SECURE_MESSAGING | Command.CHANNEL)) << 8 | ins;
  }
}
