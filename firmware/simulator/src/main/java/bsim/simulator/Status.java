// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/**
 * Status words of the card itself. Source: ISO/IEC 7816-4:2020 §5.6, GlobalPlatform Card Specification 2.3.1
 * §11.
 */
final class Status {
  static final int OK = 0x9000;
  static final int AUTHENTICATION_FAILED = 0x6300;
  static final int WRONG_LENGTH = 0x6700;
  static final int CHANNEL_NOT_OPEN = 0x6881;
  static final int CHAINING_UNSUPPORTED = 0x6884;
  static final int NOT_AUTHORISED = 0x6982;
  static final int BLOCKED = 0x6983;
  static final int WRONG_STATE = 0x6985;
  /** The application refused to be selected. Source: Java Card 3.0.5, ISO7816.SW_APPLET_SELECT_FAILED. */
  static final int SELECTION_FAILED = 0x6999;
  static final int BAD_DATA = 0x6A80;
  static final int APPLICATION_NOT_FOUND = 0x6A82;
  static final int NO_ROOM = 0x6A84;
  static final int BAD_PARAMETERS = 0x6A86;
  static final int NOT_FOUND = 0x6A88;
  static final int ALREADY_EXISTS = 0x6A89;
  static final int UNKNOWN_INSTRUCTION = 0x6D00;
  static final int UNKNOWN_CLASS = 0x6E00;
  static final int FAULT = 0x6F00;

  private Status() {}

  /** 61XX: that many bytes more wait, 00 for 256 or more. */
  static int moreData(int count) {
    return 0x6100 | (count < 256 ? count : 0);
  }

  /** 6CXX: Le was wrong, XX is right. */
  static int rightLength(int count) {
    return 0x6C00 | (count & 0xFF);
  }
}
