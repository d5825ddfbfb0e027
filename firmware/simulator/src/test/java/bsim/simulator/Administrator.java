// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/** The administrator's end of a secure channel in mode S8 on channel 0, for the tests of other packages. */
public final class Administrator {
  private final ScpHost host;

  /** INITIALIZE UPDATE, for keys of one value. */
  public Administrator(UnaryOperator<byte[]> card, int version, byte[] key) {
    host = new ScpHost(card, 0, 8, version, key);
  }

  /** EXTERNAL AUTHENTICATE with all that a secure channel protects. */
  public byte[] authentication() {
    return host.authentication(0x33);
  }

  /** A command without Le or with an Le of 00, protected. */
  public byte[] wrap(byte[] plain) {
    int length = plain.length > 5 ? plain[4] & 0xFF : 0;
    return host.wrap(plain[0] & 0xFF, plain[1] & 0xFF, plain[2] & 0xFF, plain[3] & 0xFF,
        Arrays.copyOfRange(plain, plain.length > 5 ? 5 : 4, plain.length > 5 ? 5 + length : 4));
  }

  /** The plain answer to the command that was protected last; its MAC was checked. */
  public byte[] unwrap(byte[] answer) {
    return host.unwrap(answer);
  }
}
