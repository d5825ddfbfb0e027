// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.Arrays;

/**
 * Gives response data as T=1 carries it, up to Ne bytes, and keeps what did not fit: of one command, for the
 * logical channel that it came on. Source: ISO/IEC 7816-4:2020 §5.3.4 and §11.7.1.
 */
final class WaitingResponse {
  private byte[] data = Bytes.NONE;
  private int status;
  private int channel;

  /**
   * R-APDU to a command that ended with that data and status word, which comes with the last part of the
   * data.
   */
  byte[] give(int channel, int le, byte[] data, int status) {
    this.channel = channel;
    this.status = status;
    int rest = data.length - le;
    if (rest <= 0) {
      drop();
      return Bytes.concat(data, Bytes.uint16(status));
    }
    this.data = Bytes.slice(data, le, data.length);
    return Bytes.concat(Arrays.copyOf(data, le), Bytes.uint16(Status.moreData(rest)));
  }

  /**
   * R-APDU to GET RESPONSE. Throws {@link StatusException} 6985 where nothing waits for that logical channel.
   */
  byte[] next(int channel, int le) {
    if (data.length == 0 || channel != this.channel) throw new StatusException(Status.WRONG_STATE);
    return give(channel, le, data, status);
  }

  void drop() {
    data = Bytes.NONE;
  }
}
