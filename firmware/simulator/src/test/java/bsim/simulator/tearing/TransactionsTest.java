// SPDX-License-Identifier: Apache-2.0
package bsim.simulator.tearing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import javacard.framework.TransactionException;
import javacard.security.AESKey;
import javacard.security.KeyBuilder;
import javacard.security.MessageDigest;
import org.junit.jupiter.api.Test;

final class TransactionsTest {
  /** Something that has an array, as an applet does. */
  private static final class Holding {
    private final byte[] bytes = new byte[40];
  }

  private final byte[] from = new byte[40];
  private final byte[] bytes;
  private final PersistentMemory memory;
  private final Tearing tearing = new Tearing(Flaw.NONE);

  TransactionsTest() {
    Holding holding = new Holding();
    bytes = holding.bytes;
    memory = new PersistentMemory(holding, List.of());
    tearing.installed(memory);
    tearing.begin(Cut.never(Cut.Remains.FORWARD));
    Arrays.fill(from, (byte) 7);
  }

  @Test
  void bytesAreWrittenOneByOne() {
    cutAt(1, () -> {
      store(0, 5);
      store(1, 6);
    });
    expect(5, 0);
  }

  @Test
  void aCopyIsThereWhollyOrNotAtAll() {
    cutAt(0, () -> copy(0, 3));
    expect(0, 0, 0, 0);
    cutAt(1, () -> {
      copy(0, 3);
      copy(3, 3);
    });
    expect(7, 7, 7, 0);
  }

  @Test
  void bothBytesOfAShortAreThereOrNeither() {
    cutAt(1, () -> {
      PlatformCalls.setShort(bytes, (short) 0, (short) 0x0102);
      PlatformCalls.setShort(bytes, (short) 2, (short) 0x0304);
    });
    expect(1, 2, 0, 0);
  }

  @Test
  void aCopyThatIsNotAtomicIsCutInTheMiddle() {
    cutAt(2, () -> copyInPieces(0, 4));
    expect(7, 7, 0, 0);
  }

  @Test
  void aCopyThatIsNotAtomicIsCutFromItsEnd() {
    cut(new Cut(1, Cut.Remains.BACKWARD), () -> copyInPieces(0, 10));
    expect(0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0);
  }

  @Test
  void aCopyThatIsNotAtomicLeavesGarbageInItsPlaceOnly() {
    cut(new Cut(0, Cut.Remains.GARBAGE), () -> copyInPieces(0, 32));
    byte[] place = Arrays.copyOf(bytes, 32);
    assertFalse(Arrays.equals(place, new byte[32]) || Arrays.equals(place, Arrays.copyOf(from, 32)));
    assertArrayEquals(new byte[8], Arrays.copyOfRange(bytes, 32, 40));
  }

  @Test
  void anOutputOfThePlatformIsCutInTheMiddle() {
    MessageDigest sha256 = MessageDigest.getInstance(MessageDigest.ALG_SHA_256, false);
    cutAt(2, () -> PlatformCalls.doFinal(sha256, from, (short) 0, (short) 0, bytes, (short) 0));
    // SHA-256 of nothing begins with E3B0C442. Source: FIPS 180-4, by any implementation.
    expect(0xE3, 0xB0, 0, 0);
  }

  @Test
  void noPersistentKeyIsChangedBehindTheCut() {
    AESKey key = (AESKey) KeyBuilder.buildKey(KeyBuilder.TYPE_AES, KeyBuilder.LENGTH_AES_128, false);
    cutAt(0, () -> PlatformCalls.setKey(key, from, (short) 0));
    assertFalse(key.isInitialized());
  }

  @Test
  void aTransactionIsThereWhollyOrNotAtAll() {
    Runnable transaction = () -> {
      PlatformCalls.beginTransaction();
      store(0, 5);
      store(0, 6);
      copy(1, 2);
      PlatformCalls.commitTransaction();
      store(3, 8);
    };
    for (int step = 0; step < 4; step++) {
      cutAt(step, transaction);
      expect(0, 0, 0, 0);
    }
    cutAt(4, transaction);
    expect(6, 7, 7, 0);
  }

  @Test
  void anAbortedTransactionChangesNothing() {
    PlatformCalls.beginTransaction();
    store(0, 5);
    PlatformCalls.abortTransaction();
    expect(0, 0);
    assertEquals(0, PlatformCalls.getTransactionDepth());
  }

  @Test
  void whatIsNotAtomicStaysWhenATransactionIsCut() {
    cutAt(3, () -> {
      PlatformCalls.beginTransaction();
      store(0, 5);
      copyInPieces(1, 2);
      PlatformCalls.commitTransaction();
    });
    expect(0, 7, 7);
  }

  @Test
  void bytesWrittenBothWaysInOneTransactionAreRefused() {
    PlatformCalls.beginTransaction();
    store(1, 5);
    assertThrows(AssertionError.class, () -> copyInPieces(0, 2));
    PlatformCalls.abortTransaction();
    PlatformCalls.beginTransaction();
    copyInPieces(0, 2);
    assertThrows(AssertionError.class, () -> store(1, 5));
  }

  @Test
  void transactionsDoNotNest() {
    assertThrows(TransactionException.class, PlatformCalls::commitTransaction);
    assertThrows(TransactionException.class, PlatformCalls::abortTransaction);
    PlatformCalls.beginTransaction();
    assertThrows(TransactionException.class, PlatformCalls::beginTransaction);
  }

  @Test
  void aTransactionIsMeasuredWithFourBytesForEachWrite() {
    PlatformCalls.beginTransaction();
    store(0, 5);
    copy(1, 20);
    PlatformCalls.commitTransaction();
    assertEquals(1 + 4 + 20 + 4, tearing.largestTransaction());
  }

  @Test
  void nothingIsWrittenWithoutPower() {
    cutAt(0, () -> {
      try {
        store(0, 5);
      } finally {
        assertThrows(PowerLoss.class, () -> store(1, 5));
      }
    });
    expect(0, 0);
  }

  @Test
  void aWriteThatWasNotAnnouncedShows() {
    store(0, 5);
    memory.requireNothingElseWritten();
    bytes[1] = 5;
    assertThrows(AssertionError.class, memory::requireNothingElseWritten);
  }

  private void store(int at, int value) {
    PlatformCalls.store(bytes, at, value);
  }

  private void copy(int at, int length) {
    PlatformCalls.arrayCopy(from, (short) 0, bytes, (short) at, (short) length);
  }

  private void copyInPieces(int at, int length) {
    PlatformCalls.arrayCopyNonAtomic(from, (short) 0, bytes, (short) at, (short) length);
  }

  private void cutAt(int step, Runnable work) {
    cut(new Cut(step, Cut.Remains.FORWARD), work);
  }

  private void cut(Cut cut, Runnable work) {
    tearing.begin(cut);
    assertThrows(PowerLoss.class, work::run);
    memory.requireNothingElseWritten();
    tearing.begin(Cut.never(Cut.Remains.FORWARD));
  }

  private void expect(int... expected) {
    for (int i = 0; i < expected.length; i++) assertEquals((byte) expected[i], bytes[i], "byte " + i);
  }
}
