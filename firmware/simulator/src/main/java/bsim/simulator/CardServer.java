// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * The card in a virtual reader: a body of one byte from the reader is a control, a longer one a C-APDU. In
 * tests there are further controls; each takes the frame behind it, and is answered by a frame: 00, or 01 and
 * what was wrong in UTF-8.
 */
final class CardServer {
  private static final int POWER_OFF = 0x00;
  private static final int POWER_ON = 0x01;
  private static final int RESET = 0x02;
  private static final int GET_ATR = 0x04;
  private static final int REPLACE = 0x10;
  private static final int SAVE = 0x11;
  private static final int RESTORE = 0x12;

  private final CardHolder holder;
  private final boolean isTest;

  CardServer(CardHolder holder, boolean isTest) {
    this.holder = holder;
    this.isTest = isTest;
  }

  /**
   * Serves one reader until it ends the connection; the card is without power then. Throws where it breaks.
   */
  void serve(Socket socket) throws IOException {
    try (socket) {
      socket.setTcpNoDelay(true);
      Frames frames = new Frames(socket.getInputStream(), socket.getOutputStream());
      for (byte[] body = frames.read(); body != null; body = frames.read()) {
        if (body.length > 1) frames.write(holder.card().process(body));
        else if (body.length == 1) control(body[0] & 0xFF, frames);
      }
    } finally {
      holder.card().powerOff();
    }
  }

  private void control(int control, Frames frames) throws IOException {
    switch (control) {
      case POWER_OFF -> holder.card().powerOff();
      case POWER_ON, RESET -> holder.card().reset();
      case GET_ATR -> frames.write(holder.card().atr());
      case REPLACE, SAVE, RESTORE -> {
        if (isTest) testControl(control, frames);
      }
      default -> {
        // Of a later version of the reader: left unanswered.
      }
    }
  }

  private void testControl(int control, Frames frames) throws IOException {
    byte[] body = frames.read();
    if (body == null) return;
    try {
      carryOut(control, body);
      frames.write(Bytes.of(0));
    } catch (IllegalArgumentException | IllegalStateException cause) {
      frames.write(Bytes.concat(Bytes.of(1), cause.toString().getBytes(StandardCharsets.UTF_8)));
    }
  }

  private void carryOut(int control, byte[] body) {
    if (control == REPLACE) {
      holder.replace(body);
      return;
    }
    if (body.length == 0) throw new IllegalArgumentException("found no slot");
    int slot = body[0] & 0xFF;
    if (control == SAVE) holder.save(slot);
    else holder.restore(slot, Bytes.slice(body, 1, body.length));
  }
}
