// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import javacard.framework.Applet;

/** Runs the applet as a card in a virtual reader; see {@link Arguments#HELP}. */
public final class Main {
  private static final int FAILED = 1;
  private static final int CALLED_WRONGLY = 2;
  private static final int RETRY_MILLISECONDS = 1000;

  /** Of the runner: jCardSim prints to the standard output too, and shall not. */
  private static final PrintStream OUT = System.out;

  /** Whether the process ends by itself, with a status of its own. */
  private static volatile boolean isEnding;

  private Main() {}

  public static void main(String[] words) {
    System.setOut(System.err);
    System.exit(run(List.of(words)));
  }

  private static int run(List<String> words) {
    Arguments arguments;
    try {
      arguments = Arguments.read(words, System.getenv());
    } catch (IllegalArgumentException cause) {
      System.err.println(cause.getMessage() + "\n\n" + Arguments.HELP);
      return CALLED_WRONGLY;
    }
    if (arguments.task() == Arguments.Task.HELP) {
      OUT.print(Arguments.HELP);
      return 0;
    }
    // What a signal ends has ended well: there is nothing to be written any more.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      if (!isEnding) Runtime.getRuntime().halt(0);
    }));
    int status = FAILED;
    try {
      perform(arguments);
      status = 0;
    } catch (IOException | IllegalStateException cause) {
      System.err.println(messageOf(cause));
    }
    isEnding = true;
    return status;
  }

  private static void perform(Arguments arguments) throws IOException {
    Class<? extends Applet> applet = appletOf(arguments.applet());
    if (arguments.task() == Arguments.Task.MEMORY) {
      OUT.println(MemoryReport.of(new CardMachine(applet, arguments.options())).json());
      return;
    }
    CardServer server = new CardServer(new CardHolder(applet, arguments.options()), arguments.isTest());
    if (arguments.task() == Arguments.Task.LISTEN) listen(arguments, server);
    else attach(arguments, server);
  }

  private static Class<? extends Applet> appletOf(String name) {
    try {
      return new BlockLoader(name, IncomingBlocks.class).loadClass(name).asSubclass(Applet.class);
    } catch (ClassNotFoundException | ClassCastException cause) {
      throw new IllegalStateException("found no applet of the class " + name + " on the class path", cause);
    }
  }

  /** One reader after another, for ever. */
  private static void listen(Arguments arguments, CardServer server) throws IOException {
    try (ServerSocket door = openDoor(arguments)) {
      String host = door.getInetAddress().getHostAddress();
      OUT.println("listening on " + host + ":" + door.getLocalPort());
      while (true) serve(server, door.accept());
    }
  }

  private static ServerSocket openDoor(Arguments arguments) throws IOException {
    ServerSocket door = new ServerSocket();
    try {
      door.setReuseAddress(true);
      door.bind(new InetSocketAddress(InetAddress.getByName(arguments.host()), arguments.port()));
      return door;
    } catch (IOException cause) {
      door.close();
      throw new IOException("could not listen on " + arguments.host() + ":" + arguments.port(), cause);
    }
  }

  /** The reader, and again when it comes back; it must be there at the beginning. */
  private static void attach(Arguments arguments, CardServer server) throws IOException {
    Socket socket;
    try {
      socket = new Socket(arguments.host(), arguments.port());
    } catch (IOException cause) {
      String reader = arguments.host() + ":" + arguments.port();
      throw new IOException("found no reader at " + reader + "; is pcscd with vpcd running?", cause);
    }
    while (true) {
      OUT.println("in the reader at " + arguments.host() + ":" + arguments.port());
      serve(server, socket);
      OUT.println("the reader has gone; waiting for it to come back");
      socket = connectAgain(arguments);
    }
  }

  private static Socket connectAgain(Arguments arguments) throws IOException {
    while (true) {
      try {
        Thread.sleep(RETRY_MILLISECONDS);
        return new Socket(arguments.host(), arguments.port());
      } catch (IOException absent) {
        // Not there yet.
      } catch (InterruptedException cause) {
        throw new IOException(cause);
      }
    }
  }

  private static void serve(CardServer server, Socket socket) {
    try {
      server.serve(socket);
    } catch (IOException cause) {
      System.err.println("the connection broke: " + cause.getMessage());
    }
  }

  private static String messageOf(Throwable cause) {
    StringBuilder text = new StringBuilder(cause.getMessage());
    for (Throwable each = cause.getCause(); each != null; each = each.getCause())
      text.append("\n  because of ").append(each);
    return text.toString();
  }
}
