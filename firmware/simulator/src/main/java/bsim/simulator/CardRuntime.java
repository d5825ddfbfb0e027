// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import com.licel.jcardsim.base.ApduCase;
import com.licel.jcardsim.base.SimulatorRuntime;
import com.licel.jcardsim.utils.BiConsumer;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Collection;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javacard.framework.AID;
import javacard.framework.APDU;
import javacard.framework.Applet;
import javacard.framework.ISOException;
import javacard.framework.JCSystem;
import javacard.framework.MultiSelectable;
import javacardx.apdu.ExtendedLength;

/**
 * The Java Card runtime environment around one applet, on top of jCardSim's: logical channels, selection on
 * several of them, T=1 with extended lengths, transactions that are rolled back. Source: Java Card 3.0.5
 * Runtime Environment Specification, Classic Edition, chapters 4, 7 and 9.
 */
final class CardRuntime extends SimulatorRuntime {
  private static final Field VARIABLES = ObjectGraph.field(APDU.class, "ramVars");
  private static final Field BUFFER = ObjectGraph.field(APDU.class, "buffer");
  private static final int LE = 0;
  private static final int LOGICAL_CHANNEL = 6;
  /** Longest short command: header, Lc, 255 bytes and Le; jCardSim's buffer lacks the last one. */
  private static final int SHORT_COMMAND_MAX = 261;

  private final CardMemory memory;
  private final Consumer<Throwable> faults;
  private final AID aid;
  private Applet applet;
  /** All objects that hold the card's persistent memory, beside the applet's. */
  private Supplier<Collection<Object>> persistent;

  private int assignedChannel;
  private ObjectGraph.Snapshot transaction;

  /** {@code faults} is told what lies behind a 6F00. */
  CardRuntime(CardMemory memory, byte[] aid, Consumer<Throwable> faults) {
    super(memory);
    this.memory = memory;
    this.faults = faults;
    this.aid = new AID(aid, (short) 0, (byte) aid.length);
    ObjectGraph.set(BUFFER, shortAPDU, new byte[SHORT_COMMAND_MAX]);
    changeProtocol(APDU.PROTOCOL_T1);
  }

  /**
   * Installs the applet, by its {@code install} method. Throws what that throws, as IllegalStateException.
   */
  void install(Class<? extends Applet> type, byte[] parameters, Supplier<Collection<Object>> persistent) {
    activate();
    this.persistent = persistent;
    registrationCallback.set(new BiConsumer<Applet, AID>() {
      @Override
      public void accept(Applet instance, AID given) {
        if (applet != null) throw new IllegalStateException(type + " registers twice");
        applet = instance;
        applets.put(aid, new ApplicationInstance(aid, instance));
      }
    });
    try {
      currentAID = aid;
      type.getMethod("install", byte[].class, short.class, byte.class)
          .invoke(null, parameters, (short) 0, (byte) parameters.length);
    } catch (InvocationTargetException cause) {
      throw new IllegalStateException(type + " could not be installed", cause.getCause());
    } catch (ReflectiveOperationException cause) {
      throw new IllegalStateException(type + " has no method install", cause);
    } finally {
      registrationCallback.set(null);
    }
    if (applet == null) throw new IllegalStateException(type + " did not register");
    if (transactionDepth != 0) throw new IllegalStateException(type + " left a transaction open");
  }

  /** Makes this card the one that Java Card's static methods mean on this thread. */
  void activate() {
    activateSimulatorRuntimeInstance();
  }

  Applet applet() {
    return applet;
  }

  /** Whether it can be selected on several logical channels at once. */
  boolean isMultiSelectable() {
    return applet instanceof MultiSelectable;
  }

  /**
   * Selects the applet on the command's logical channel; {@code isActive}: it is selected on another one.
   * False where it refuses.
   */
  boolean select(Command command, boolean isActive) {
    prepare(command, command.channel());
    try {
      return isActive ? ((MultiSelectable) applet).select(true) : applet.select();
    } catch (Throwable fault) {
      report(fault);
      return false;
    } finally {
      abandonTransaction();
    }
  }

  /**
   * Deselects the applet on a logical channel, for that command; {@code isActive}: it stays selected on
   * another one.
   */
  void deselect(Command command, int channel, boolean isActive) {
    prepare(command, channel);
    try {
      if (isActive) ((MultiSelectable) applet).deselect(true);
      else applet.deselect();
    } catch (Throwable fault) {
      report(fault);
    } finally {
      abandonTransaction();
    }
    if (isActive) return;
    memory.sessionEnded();
    Platform.clearKeys(ObjectGraph.reach(applet, each -> true), JCSystem.CLEAR_ON_DESELECT);
  }

  /** R-APDU of the applet to a command; {@code isSelection}: the command has just selected it. */
  byte[] process(Command command, boolean isSelection) {
    if (command.extended() && !(applet instanceof ExtendedLength)) return Bytes.uint16(Status.WRONG_LENGTH);
    prepare(command, command.channel());
    APDU apdu = getCurrentAPDU();
    receive(apdu, command);
    responseBufferSize = 0;
    selecting = isSelection;
    int status = Status.OK;
    try {
      applet.process(apdu);
    } catch (ISOException answer) {
      status = answer.getReason() & 0xFFFF;
    } catch (Throwable fault) {
      report(fault);
      responseBufferSize = 0;
      status = Status.FAULT;
    } finally {
      selecting = false;
      abandonTransaction();
      resetAPDU(apdu, null, null);
    }
    return Bytes.concat(Arrays.copyOf(responseBuffer, responseBufferSize), Bytes.uint16(status));
  }

  /** Use {@link CardMachine#process}: this environment alone is no card. */
  @Override
  public byte[] transmitCommand(byte[] command) {
    throw new UnsupportedOperationException("commands go through the card");
  }

  @Override
  public byte getAssignedChannel() {
    return (byte) assignedChannel;
  }

  @Override
  public void beginTransaction() {
    super.beginTransaction();
    transaction = new ObjectGraph.Snapshot(persistent.get());
  }

  @Override
  public void commitTransaction() {
    super.commitTransaction();
    transaction = null;
  }

  @Override
  public void abortTransaction() {
    super.abortTransaction();
    transaction.restore();
    transaction = null;
  }

  /** Loss of power, too: an open transaction is rolled back, and transient memory cleared. */
  @Override
  public void reset() {
    abandonTransaction();
    super.reset();
  }

  private void abandonTransaction() {
    if (transactionDepth != 0) abortTransaction();
  }

  private void report(Throwable fault) {
    faults.accept(fault);
  }

  /** Sets the scene for a method of the applet; the APDU is still closed to it. */
  private void prepare(Command command, int channel) {
    activate();
    currentAID = aid;
    assignedChannel = channel;
    usingExtendedAPDUs = command.extended();
    receive(getCurrentAPDU(), command);
    resetAPDU(getCurrentAPDU(), null, null);
  }

  private void receive(APDU apdu, Command command) {
    resetAPDU(apdu, ApduCase.getCase(command.bytes()), command.bytes());
    short[] variables = (short[]) ObjectGraph.get(VARIABLES, apdu);
    variables[LOGICAL_CHANNEL] = (short) command.channel();
    variables[LE] = (short) Math.min(command.le(), Short.MAX_VALUE);
  }
}
