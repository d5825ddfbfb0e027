// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

/** File control information of an application. Source: GlobalPlatform Card Specification 2.3.1 §11.9.3.1. */
final class SelectResponse {
  /** Longest data field of a whole chain of commands. */
  private static final int LONGEST_DATA_FIELD = 4096;

  private SelectResponse() {}

  /** 6F {84 AID, A5 {9F65 longest data field}}. */
  static byte[] of(byte[] aid) {
    byte[] proprietary = Bytes.concat(Bytes.of(0xA5, 5, 0x9F, 0x65, 2), Bytes.uint16(LONGEST_DATA_FIELD));
    byte[] name = Bytes.concat(Bytes.of(0x84, aid.length), aid);
    return Bytes.concat(Bytes.of(0x6F, name.length + proprietary.length), name, proprietary);
  }
}
