// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Frames between a card and the virtual reader of vsmartcard (vpcd), the same both ways: length of the body
 * in two bytes, big-endian, then the body.
 */
final class Frames {
  private final DataInputStream in;
  private final OutputStream out;

  Frames(InputStream in, OutputStream out) {
    this.in = new DataInputStream(new BufferedInputStream(in));
    this.out = new BufferedOutputStream(out);
  }

  /**
   * The next body, or null where the peer has ended the connection, within a frame too. What was written
   * leaves before it is waited for.
   */
  byte[] read() throws IOException {
    try {
      if (in.available() < 2) out.flush();
      byte[] body = new byte[in.readUnsignedShort()];
      if (in.available() < body.length) out.flush();
      in.readFully(body);
      return body;
    } catch (EOFException end) {
      return null;
    }
  }

  /** Writes a body, in one piece with those before and behind it that nobody waits for yet. */
  void write(byte[] body) throws IOException {
    out.write(Bytes.uint16(body.length));
    out.write(body);
  }
}
