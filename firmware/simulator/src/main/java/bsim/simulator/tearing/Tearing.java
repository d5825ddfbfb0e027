// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import java.util.Arrays;
import java.util.Random;
import java.util.function.ToIntFunction;
import javacard.framework.Applet;
import javacard.framework.TransactionException;

/**
 * Power and persistent memory of one card: every write of the applet comes here first, may be the one at
 * which power is lost, and is undone where it belongs to a transaction that was not committed. The applet's
 * calls arrive by {@link PlatformCalls}.
 */
final class Tearing {
  private static final ThreadLocal<Tearing> CURRENT = new ThreadLocal<>();

  private final boolean keepsTransactions;
  private Applet applet;
  /** Null until the applet is installed: what is cut before that leaves no applet. */
  private PersistentMemory memory;

  private Cut cut = Cut.never(Cut.Remains.FORWARD);
  private int steps;
  private boolean isDead;
  private Transaction transaction;
  private int largestTransaction;

  Tearing(Flaw flaw) {
    keepsTransactions = flaw.keepsTransactions();
  }

  /** That of the card whose applet runs on this thread. */
  static Tearing current() {
    return CURRENT.get();
  }

  /** Says which applet it is; more than one is none that this can tear. */
  void registered(Applet applet) {
    if (this.applet != null) throw new IllegalStateException("two applets on one card");
    this.applet = applet;
  }

  /** Null until it registered itself. */
  Applet applet() {
    return applet;
  }

  /** Says that the applet is installed and holds that memory. */
  void installed(PersistentMemory memory) {
    this.memory = memory;
  }

  /** Makes this the card whose applet runs on this thread, on which power will be lost there. */
  void begin(Cut cut) {
    CURRENT.set(this);
    this.cut = cut;
    steps = 0;
    isDead = false;
  }

  /** Ends the command; throws AssertionError where a transaction is still open. */
  void end() {
    if (transaction == null) return;
    transaction.undo(memory);
    transaction = null;
    throw new AssertionError("a command left a transaction open");
  }

  /** Steps of the command so far. */
  int steps() {
    return steps;
  }

  /** Most bytes that a transaction took of the commit buffer so far; see {@link Transaction#size}. */
  int largestTransaction() {
    return largestTransaction;
  }

  boolean isPersistent(byte[] array) {
    return memory != null && memory.holds(array);
  }

  /** Writes bytes of a persistent array all or not at all, within the transaction that is open. */
  void write(byte[] array, int at, byte... bytes) {
    if (bytes.length == 0) return;
    step();
    if (transaction != null) transaction.add(array, at, bytes.length);
    memory.put(array, at, bytes);
  }

  /**
   * Writes bytes of a persistent array so that any part of it may be lost, past the transaction that is open.
   */
  void writeInPieces(byte[] array, int at, byte... bytes) {
    if (bytes.length == 0) return;
    if (transaction != null) transaction.passBy(array, at, bytes.length);
    Cut.Remains remains = cut.remains();
    int piece = remains.piece();
    for (int done = 0; done < bytes.length; done += piece) {
      int count = Math.min(piece, bytes.length - done);
      int from = remains == Cut.Remains.BACKWARD ? bytes.length - done - count : done;
      if (remains == Cut.Remains.GARBAGE && isNow()) memory.put(array, at, garbage(bytes.length));
      step();
      memory.put(array, at + from, Arrays.copyOfRange(bytes, from, from + count));
    }
  }

  /**
   * Lets the platform write its output into an array; what it changes of a persistent one is written in
   * pieces. Gives what the platform gives.
   */
  short writeOutput(byte[] array, ToIntFunction<byte[]> platform) {
    if (!isPersistent(array)) return (short) platform.applyAsInt(array);
    byte[] output = array.clone();
    short result = (short) platform.applyAsInt(output);
    int from = 0;
    int to = output.length;
    while (from < to && output[from] == array[from]) from++;
    while (to > from && output[to - 1] == array[to - 1]) to--;
    writeInPieces(array, from, Arrays.copyOfRange(output, from, to));
    return result;
  }

  /** A persistent key object is about to be changed, all or not at all. Transactions do not cover it here. */
  void writeKey() {
    if (memory == null) return;
    if (transaction != null) throw new AssertionError("a key object is written in a transaction");
    step();
  }

  void beginTransaction() {
    if (transaction != null) TransactionException.throwIt(TransactionException.IN_PROGRESS);
    transaction = new Transaction();
  }

  void commitTransaction() {
    if (transaction == null) TransactionException.throwIt(TransactionException.NOT_IN_PROGRESS);
    step();
    largestTransaction = Math.max(largestTransaction, transaction.size());
    transaction = null;
  }

  void abortTransaction() {
    if (transaction == null) TransactionException.throwIt(TransactionException.NOT_IN_PROGRESS);
    transaction.undo(memory);
    transaction = null;
  }

  byte transactionDepth() {
    return (byte) (transaction == null ? 0 : 1);
  }

  /** Whether power is lost before the next step. */
  private boolean isNow() {
    return !isDead && steps == cut.step();
  }

  private void step() {
    if (isNow()) die();
    if (isDead) throw new PowerLoss(steps);
    steps++;
  }

  private void die() {
    isDead = true;
    if (transaction != null && !keepsTransactions) transaction.undo(memory);
    transaction = null;
  }

  private byte[] garbage(int length) {
    byte[] bytes = new byte[length];
    new Random(steps).nextBytes(bytes);
    return bytes;
  }
}
