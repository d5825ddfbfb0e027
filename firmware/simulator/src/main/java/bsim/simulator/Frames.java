// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

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
    this.in = new DataInputStream(in);
    this.out = out;
  }

  /** The next body, or null where the peer has ended the connection, within a frame too. */
  byte[] read() throws IOException {
    try {
      byte[] body = new byte[in.readUnsignedShort()];
      in.readFully(body);
      return body;
    } catch (EOFException end) {
      return null;
    }
  }

  /** Writes a body in one piece. */
  void write(byte[] body) throws IOException {
    out.write(Bytes.concat(Bytes.uint16(body.length), body));
    out.flush();
  }
}
