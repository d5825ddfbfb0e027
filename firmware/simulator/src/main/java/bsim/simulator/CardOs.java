// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The card's operating system as a reader meets it: it answers what is for no application, and hands the rest
 * to the application that is selected on the logical channel. Source: ISO/IEC 7816-4:2020 §5.4.1, §11.1.2 and
 * §11.2.2.
 *
 * <p>Order of checks, before any application: length fields 6700; class 6E00, also of SELECT, GET RESPONSE
 * and MANAGE CHANNEL with secure messaging; logical channel 6881; MANAGE CHANNEL; SELECT that finds an
 * application.
 */
final class CardOs {
  private static final int CHANNELS = 4;
  private static final int AID_MAX = 16;

  /**
   * What may be selected on a logical channel; SELECT looks for them in this order, the first is the default.
   */
  private enum Application { APPLET, SECURITY_DOMAIN, NONE, CLOSED }

  private final CardRuntime runtime;
  private final CardManager manager;
  private final CardManager.Registry registry;
  private final SecurityDomain domain;
  private final Consumer<Throwable> faults;
  private final Application[] channels = new Application[CHANNELS];

  CardOs(CardRuntime runtime, CardManager manager, CardManager.Registry registry, SecurityDomain domain,
      Consumer<Throwable> faults) {
    this.runtime = runtime;
    this.manager = manager;
    this.registry = registry;
    this.domain = domain;
    this.faults = faults;
    reset();
  }

  /** Closes all logical channels but 0, and selects nothing there; no application learns of it. */
  void reset() {
    Arrays.fill(channels, Application.CLOSED);
    channels[0] = Application.NONE;
    manager.interrupt();
    domain.reset();
  }

  /** R-APDU of a C-APDU, whatever the bytes. */
  byte[] process(byte[] apdu) {
    // Between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE only a response may be fetched.
    int instruction = apdu.length < 2 ? -1 : Instruction.of(apdu[0] & 0xFF, apdu[1] & 0xFF);
    if (instruction != Instruction.EXTERNAL_AUTHENTICATE && instruction != Instruction.GET_RESPONSE)
      domain.interrupted();
    try {
      return execute(Command.read(apdu));
    } catch (StatusException refusal) {
      return Bytes.uint16(refusal.status());
    } catch (RuntimeException fault) {
      faults.accept(fault);
      return Bytes.uint16(Status.FAULT);
    }
  }

  private byte[] execute(Command command) {
    int plainClass = command.instruction() >> 8;
    boolean isOfCard = command.is(Instruction.SELECT)
        || command.is(Instruction.GET_RESPONSE)
        || command.is(Instruction.MANAGE_CHANNEL);
    if (plainClass != 0x00 && plainClass != 0x80 || isOfCard && command.isSecure())
      throw new StatusException(Status.UNKNOWN_CLASS);
    Application selected = channels[command.channel()];
    if (selected == Application.CLOSED) throw new StatusException(Status.CHANNEL_NOT_OPEN);
    if (command.is(Instruction.MANAGE_CHANNEL)) return manageChannel(command);
    Application found = selectedBy(command);
    if (found != Application.NONE) return select(command, found);
    return switch (selected) {
      case APPLET -> runtime.process(command, false);
      case SECURITY_DOMAIN -> manager.process(command);
      default -> throw new StatusException(refusal(command));
    };
  }

  /** Status word where nothing is selected. */
  private static int refusal(Command command) {
    boolean isSelect = command.is(Instruction.SELECT);
    if (!isSelect && !command.is(Instruction.GET_RESPONSE)) return Status.UNKNOWN_INSTRUCTION;
    boolean fits = isSelect ? isByName(command) : command.p1() == 0 && command.p2() == 0;
    if (!fits) return Status.BAD_PARAMETERS;
    if (command.isChained()) return Status.CHAINING_UNSUPPORTED;
    if (command.data().length > (isSelect ? AID_MAX : 0)) return Status.WRONG_LENGTH;
    return isSelect ? Status.APPLICATION_NOT_FOUND : Status.WRONG_STATE;
  }

  private byte[] manageChannel(Command command) {
    boolean isOpening = command.p1() == 0x00 && command.p2() == 0x00;
    int number = command.p2();
    boolean isClosing = command.p1() == 0x80 && number >= 1 && number < CHANNELS;
    if (!isOpening && !isClosing) throw new StatusException(Status.BAD_PARAMETERS);
    if (command.isChained()) throw new StatusException(Status.CHAINING_UNSUPPORTED);
    if (command.data().length > 0) throw new StatusException(Status.WRONG_LENGTH);
    if (isOpening) return openChannel(command);
    if (channels[number] == Application.CLOSED) throw new StatusException(Status.WRONG_STATE);
    leave(command, number);
    channels[number] = Application.CLOSED;
    return Bytes.uint16(Status.OK);
  }

  /** The card keeps no response: a channel is opened only for who takes its number at once. */
  private byte[] openChannel(Command command) {
    int number = Arrays.asList(channels).indexOf(Application.CLOSED);
    if (number < 0) throw new StatusException(Status.NO_ROOM);
    if (command.le() == Command.NO_LE) throw new StatusException(Status.rightLength(1));
    channels[number] = Application.NONE;
    return Bytes.concat(Bytes.of(number), Bytes.uint16(Status.OK));
  }

  /** What the command selects; NONE for what is no SELECT by name, or one that finds nothing. */
  private Application selectedBy(Command command) {
    byte[] name = command.data();
    if (!command.is(Instruction.SELECT) || !isByName(command) || command.isChained() || name.length > AID_MAX)
      return Application.NONE;
    Application current = channels[command.channel()];
    boolean isNext = command.p2() == 0x02;
    if (isNext && current == Application.SECURITY_DOMAIN) return Application.NONE;
    boolean skipsApplet = isNext && current == Application.APPLET;
    if (!skipsApplet && registry.isSelectable() && begins(registry.aid(), name)) return Application.APPLET;
    return begins(SecurityDomain.AID, name) ? Application.SECURITY_DOMAIN : Application.NONE;
  }

  private byte[] select(Command command, Application found) {
    int channel = command.channel();
    boolean isActive = found == Application.APPLET && isAppletActiveBeside(channel);
    if (isActive && !runtime.isMultiSelectable()) throw new StatusException(Status.WRONG_STATE);
    leave(command, channel);
    if (found == Application.SECURITY_DOMAIN) {
      channels[channel] = found;
      manager.interrupt();
      return manager.select(command);
    }
    if (!runtime.select(command, isActive)) throw new StatusException(Status.SELECTION_FAILED);
    channels[channel] = found;
    return runtime.process(command, true);
  }

  /** Ends what a logical channel has, and selects nothing there. */
  private void leave(Command command, int channel) {
    Application selected = channels[channel];
    channels[channel] = Application.NONE;
    if (selected == Application.APPLET) runtime.deselect(command, channel, isAppletActiveBeside(channel));
    if (selected == Application.SECURITY_DOMAIN) manager.interrupt();
    domain.endOn(channel);
  }

  private boolean isAppletActiveBeside(int channel) {
    for (int i = 0; i < CHANNELS; i++) if (i != channel && channels[i] == Application.APPLET) return true;
    return false;
  }

  private static boolean isByName(Command command) {
    return command.p1() == 0x04 && (command.p2() == 0x00 || command.p2() == 0x02);
  }

  private static boolean begins(byte[] aid, byte[] name) {
    return name.length <= aid.length && Arrays.equals(Arrays.copyOf(aid, name.length), name);
  }
}
