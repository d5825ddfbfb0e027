// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Random;
import javacard.framework.APDU;
import javacard.framework.Applet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The applet where a long data field comes block by block. */
class IncomingBlocksTest {
  private static final String APPLET = "bsim.card.BlockchainSim";
  private static final String AID = "F04253494D0100";
  /** Place of a digest that waits, in the applet's Ram. */
  private static final int DIGEST = 443;

  @ParameterizedTest
  @ValueSource(ints = {1, 254, 255, 256, 509, 510, 763, 4096, 32767})
  void hashesEveryByteOfAMessageThatComesInBlocks(int length) throws Exception {
    byte[] message = new byte[length];
    new Random(length).nextBytes(message);
    CardMachine machine = personalised(IncomingBlocks.class);
    byte[] lengths = Bytes.concat(Bytes.of(0), Bytes.uint16(length));
    byte[] command = Bytes.concat(Bytes.fromHex("002A9080"), lengths, message);
    assertEquals("9000", Bytes.hex(machine.process(command)));
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(message);
    assertEquals(Bytes.hex(digest), Bytes.hex(Bytes.slice(ramOf(machine), DIGEST, DIGEST + 32)));
  }

  @Test
  void receivesAllOfADataFieldThatIsNeededWhole() throws Exception {
    CardMachine machine = personalised(SmallBlocks.class);
    String types = "8132" + name(24) + "2C" + name(25);
    String apdu = "0047800041" + "B63F" + "840102800101" + "C137" + "800106" + types + "00";
    assertEquals("7F4943", Bytes.hex(Bytes.slice(machine.process(Bytes.fromHex(apdu)), 0, 3)));
    String directory = Bytes.hex(machine.process(Bytes.fromHex("00CAFF2100")));
    assertTrue(directory.contains(types));
  }

  /** Data that comes 32 bytes at a time. */
  public static final class SmallBlocks {
    private static final int BLOCK = 32;
    private static byte[] coming = {};

    public static short setIncomingAndReceive(APDU apdu) {
      int length = apdu.setIncomingAndReceive();
      int at = apdu.getOffsetCdata();
      coming = Bytes.slice(apdu.getBuffer(), at, at + length);
      Arrays.fill(apdu.getBuffer(), at, apdu.getBuffer().length, IncomingBlocks.NO_DATA);
      return receiveBytes(apdu, (short) at);
    }

    public static short receiveBytes(APDU apdu, short at) {
      int length = Math.min(BLOCK, coming.length);
      System.arraycopy(coming, 0, apdu.getBuffer(), at, length);
      coming = Bytes.slice(coming, length, coming.length);
      return (short) length;
    }
  }

  /** Name of a message, in ASCII: a slash and letters around it. */
  private static String name(int length) {
    return "61".repeat(length - 2) + "2F" + "62";
  }

  @Test
  void protectsAWarningWithoutWritingIntoTheRoomForCertificates() throws Exception {
    CardMachine machine = personalised(IncomingBlocks.class);
    byte[] room = (byte[]) fieldOf(machine, "bsim.card.Certificates", "other");
    Arrays.fill(room, (byte) 0x77);
    byte[] before = room.clone();
    ScpHost host = ScpHost.open(machine::process, 0, 0x33);
    byte[] answer = host.exchange(0x00, 0x20, 0x00, 0x01, Bytes.fromHex("32353831FFFFFFFF"));
    assertEquals("63C2", Bytes.hex(answer));
    assertArrayEquals(before, room);
  }

  /** A card whose holder has chosen key 1. */
  private static CardMachine personalised(Class<?> blocks) throws Exception {
    Class<?> type = new BlockLoader(APPLET, blocks).loadClass(APPLET);
    assertNotSame(Class.forName(APPLET), type);
    CardOptions options = CardOptions.defaults().withFaults(fault -> {
      throw new AssertionError(fault);
    });
    CardMachine machine = new CardMachine(type.asSubclass(Applet.class), options);
    machine.process(Bytes.fromHex("00A4040007" + AID));
    ScpHost host = ScpHost.open(machine::process, 0, 0x33);
    host.exchange(0x00, 0x47, 0x80, 0x00, Bytes.fromHex("B606840101800101"));
    // 20 digits of an ICCID, an IMSI, PIN 2580 and PUK 12345678.
    String holder = "5A0A" + "98880200000000000031" + "DF2209" + "080910100000000010"
        + "DF2308" + "32353830FFFFFFFF" + "DF2408" + "3132333435363738";
    assertEquals("9000", Bytes.hex(host.exchange(0x80, 0xE2, 0x80, 0x00, Bytes.fromHex(holder))));
    assertEquals("9000", Bytes.hex(machine.process(Bytes.fromHex("002000010832353830FFFFFFFF"))));
    assertEquals("9000", Bytes.hex(machine.process(Bytes.fromHex("002241B603840101"))));
    return machine;
  }

  private static byte[] ramOf(CardMachine machine) throws ReflectiveOperationException {
    return (byte[]) fieldOf(machine, "bsim.card.Session", "ram");
  }

  private static Object fieldOf(CardMachine machine, String type, String name)
      throws ReflectiveOperationException {
    for (Object each : machine.allObjects()) {
      if (!each.getClass().getName().equals(type)) continue;
      Field field = each.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return field.get(each);
    }
    throw new AssertionError("no " + type);
  }
}
