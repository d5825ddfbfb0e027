// SPDX-License-Identifier: Apache-2.0
package bsim.card;

/** What learns of an encoding as {@link CborReader} reads it. Each may throw ISOException. */
interface CborSink {
  /**
   * An item begins. {@code initial} is its first byte; its argument is at TransactionRam.ARGUMENT: the value
   * of a uint, n of the nint -1-n, the length of a string, the count of an array's items or of a map's pairs.
   */
  void head(byte initial);

  /** The next bytes of the string whose head came last. */
  void content(byte[] buffer, short at, short length);

  /**
   * An item is complete, one in {@code depth} open arrays and maps; of a map, each key and each value is an
   * item.
   */
  void end(byte depth);
}
