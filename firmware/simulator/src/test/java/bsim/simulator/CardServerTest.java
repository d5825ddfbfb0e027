// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static bsim.simulator.TestCard.SELECT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CardServerTest {
  private static final String BEGIN_S16 = "8050000010" + "01".repeat(16) + "00";

  /** What a reader does with the card. */
  private interface Visit {
    void of(Reader reader) throws IOException;
  }

  private record Reader(Frames frames, Socket socket) {
    void send(String body) throws IOException {
      frames.write(Bytes.fromHex(body));
    }

    String ask(String body) throws IOException {
      send(body);
      return Bytes.hex(frames.read());
    }

    /** A control and its frame; the answer. */
    String control(String control, byte[] body) throws IOException {
      send(control);
      frames.write(body);
      return Bytes.hex(frames.read());
    }

    String control(String control, String text) throws IOException {
      return control(control, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Serves those readers, one after the other, with one card. */
  private static void serve(boolean isTest, Visit... visits) throws Exception {
    CardHolder holder = new CardHolder(ProbeApplet.class, CardOptions.defaults());
    CardServer server = new CardServer(holder, isTest);
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket door = new ServerSocket(0, 1, here)) {
      Thread card = new Thread(() -> {
        try {
          for (int n = 0; n < visits.length; n++) server.serve(door.accept());
        } catch (IOException ended) {
          // The reader's end of the test says what was wrong.
        }
      });
      card.start();
      for (Visit visit : visits)
        try (Socket socket = new Socket(here, door.getLocalPort())) {
          visit.of(new Reader(new Frames(socket.getInputStream(), socket.getOutputStream()), socket));
        }
      card.join();
    }
  }

  @Test
  void answersAtrAndCommandsAndObeysPower() throws Exception {
    serve(false, reader -> {
      reader.send("01");
      assertEquals("3B8A8131FE4580644253494D73C001D311", reader.ask("04"));
      assertEquals("019000", reader.ask(SELECT));
      reader.send("");
      reader.send("07");
      assertEquals("01010000009000", reader.ask("8001000000"));
      reader.send("02");
      assertEquals("6D00", reader.ask("8001000000"));
      assertEquals("019000", reader.ask(SELECT));
      reader.send("00");
      assertEquals("6D00", reader.ask("8001000000"));
    });
  }

  @Test
  void readsFramesHoweverTheyAreCutAndJoined() throws Exception {
    serve(false, reader -> {
      byte[] bytes = Bytes.fromHex("000101" + "000D" + SELECT + "0005" + "8004000000" + "000104");
      for (byte each : bytes) {
        reader.socket().getOutputStream().write(each);
        reader.socket().getOutputStream().flush();
      }
      assertEquals("019000", Bytes.hex(reader.frames().read()));
      assertEquals(22, reader.frames().read().length);
      assertEquals(17, reader.frames().read().length);
    });
  }

  @Test
  void keepsTheCardOverConnectionsWithoutPowerBetween() throws Exception {
    serve(false,
        reader -> {
          reader.ask(SELECT);
          assertEquals("9000", reader.ask("80036600"));
        },
        reader -> reader.frames().write(Bytes.of(1)),
        reader -> {
          assertEquals("6D00", reader.ask("8004000000"));
          reader.ask(SELECT);
          assertEquals("000066", reader.ask("8004000000").substring(0, 6));
        });
  }

  @Test
  void leavesControlsOfTestsUnansweredOutsideOfTests() throws Exception {
    serve(false, reader -> {
      reader.send("10");
      reader.send("11");
      assertEquals("019000", reader.ask(SELECT));
    });
  }

  @Test
  void replacesTheCardByABlankOneWithOptions() throws Exception {
    serve(true, reader -> {
      reader.ask(SELECT);
      reader.ask("80036600");
      assertEquals("00", reader.control("10", ""));
      assertEquals("6D00", reader.ask("8001000000"));
      reader.ask(SELECT);
      assertEquals("000000", reader.ask("8004000000").substring(0, 6));
      String options = "mode=S16\nchallenge=random\nconfirmation=terminal\nseed=AB\n";
      assertEquals("00", reader.control("10", options));
      reader.ask(SELECT);
      assertTrue(reader.ask("800C000000").endsWith("01019000"));
      String first = reader.ask(BEGIN_S16);
      assertEquals("300361", first.substring(20, 26));
      assertEquals("00", reader.control("10", "seed=AB\r\nchallenge=random\r\nmode=S16"));
      reader.ask(SELECT);
      reader.ask("8001000000");
      assertEquals(first, reader.ask(BEGIN_S16));
      assertEquals("00", reader.control("10", "lifeCycle=installed"));
      assertEquals("6A82", reader.ask(SELECT));
    });
  }

  @Test
  void savesAndRestoresTheCardsThatItHad() throws Exception {
    serve(true, reader -> {
      reader.ask(SELECT);
      reader.ask("80031100");
      assertEquals("00", reader.control("11", Bytes.of(5)));
      reader.ask("80032200");
      assertEquals("00", reader.control("10", ""));
      assertEquals("00", reader.control("11", Bytes.of(6)));
      assertEquals("00", reader.control("12", Bytes.of(5, 1, 2, 3)));
      reader.ask(SELECT);
      String drawn = reader.ask("8007100000");
      assertEquals("000011", reader.ask("8004000000").substring(0, 6));
      assertEquals("00", reader.control("12", Bytes.of(5, 1, 2, 3)));
      reader.ask(SELECT);
      assertEquals(drawn, reader.ask("8007100000"));
      assertEquals("00", reader.control("12", Bytes.of(6)));
      reader.ask(SELECT);
      assertEquals("000000", reader.ask("8004000000").substring(0, 6));
    });
  }

  @Test
  void saysWhatWasWrongWithAControl() throws Exception {
    serve(true, reader -> {
      for (String options : new String[] {"mode=S9", "lifeCycle", "colour=red", "seed=0", "challenge=none"})
        assertEquals("01", reader.control("10", options).substring(0, 2));
      assertEquals("01", reader.control("12", Bytes.of(9)).substring(0, 2));
      assertEquals("01", reader.control("11", new byte[0]).substring(0, 2));
      assertEquals("019000", reader.ask(SELECT));
    });
  }
}
