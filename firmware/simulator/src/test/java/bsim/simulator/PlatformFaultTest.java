// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javacard.framework.Applet;
import javacard.framework.MultiSelectable;
import javacard.security.ECPrivateKey;
import org.junit.jupiter.api.Test;

/** What the applet does where the platform is not as jCardSim is: has more channels, or fails. */
class PlatformFaultTest {
  private static final String AID = "F04253494D0100";
  /** Places in the applet's Ram: from the derived key on, and the kind of what goes on. */
  private static final int DERIVED = 406;
  private static final int WORK_KIND = 440;
  private static final String GENERATE = "0047800008B606840101800101";
  private static final String CHOOSE = "002241A403840101";
  private static final String AUTHENTICATE = "0088000010" + "77".repeat(16) + "00";

  @Test
  void isNotSelectedOnAChannelForWhichItHasNoSession() throws Exception {
    CardRuntime runtime = new CardRuntime(new CardMemory(), Bytes.fromHex(AID), fault -> {});
    runtime.install(appletClass(), Bytes.fromHex("07" + AID + "0100" + "0102"), List::of);
    MultiSelectable applet = (MultiSelectable) runtime.applet();
    byte[] ram = ramOf(applet);
    byte[] before = new byte[ram.length];
    Arrays.fill(before, (byte) 0x5A);
    for (int channel = 4; channel < 20; channel++) {
      System.arraycopy(before, 0, ram, 0, ram.length);
      field(runtime, "assignedChannel").set(runtime, channel);
      assertFalse(applet.select(true), "selected on channel " + channel);
      assertArrayEquals(before, ram);
    }
    Arrays.fill(ram, (byte) 0);
    field(runtime, "assignedChannel").set(runtime, 3);
    assertTrue(applet.select(true));
  }

  @Test
  void leavesNothingOfAPrivateKeyWhereThePlatformFails() throws Exception {
    List<Throwable> faults = new ArrayList<>();
    CardMachine machine = new CardMachine(appletClass(), CardOptions.defaults().withFaults(faults::add));
    machine.process(Bytes.fromHex("00A4040007" + AID));
    ScpHost host = ScpHost.open(machine::process, 0, 0x01);
    assertStatus("9000", secure(host, GENERATE));
    assertStatus("9000", secure(host, CHOOSE));
    Object elliptic = only(machine, "bsim.card.Elliptic");
    Object signer = field(elliptic, "signer").get(elliptic);
    field(elliptic, "signer").set(elliptic, null);
    assertStatus("6F00", secure(host, AUTHENTICATE));
    assertInstanceOf(NullPointerException.class, faults.get(0));
    byte[] ram = ramOf(only(machine, "bsim.card.BlockchainSim"));
    for (int i = DERIVED; i < ram.length; i++) assertEquals(0, ram[i], "byte " + i);
    byte[] key = new byte[32];
    ((ECPrivateKey) field(elliptic, "p256").get(elliptic)).getS(key, (short) 0);
    assertEquals("00".repeat(31) + "01", Bytes.hex(key));
    field(elliptic, "signer").set(elliptic, signer);
    assertStatus("9000", secure(host, AUTHENTICATE));
  }

  @Test
  void endsTheChainWhereThePlatformFails() throws Exception {
    CardMachine machine = new CardMachine(appletClass(), CardOptions.defaults().withFaults(fault -> {}));
    machine.process(Bytes.fromHex("00A4040007" + AID));
    ScpHost host = ScpHost.open(machine::process, 0, 0x01);
    assertStatus("9000", secure(host, GENERATE));
    assertStatus("9000", secure(host, CHOOSE.replace("A4", "B6")));
    assertStatus("9000", secure(host, "102A908001AA"));
    Object signing = only(machine, "bsim.card.Signing");
    Object hash = field(signing, "messageHash").get(signing);
    field(signing, "messageHash").set(signing, null);
    assertStatus("6F00", secure(host, "102A908001AA"));
    field(signing, "messageHash").set(signing, hash);
    assertStatus("9000", secure(host, "002A908001AA"));
    byte[] ram = ramOf(only(machine, "bsim.card.BlockchainSim"));
    // The digest is that of the last part alone: a new message began.
    assertEquals(2, ram[WORK_KIND]);
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(new byte[] {(byte) 0xAA});
    assertEquals(Bytes.hex(digest), Bytes.hex(Bytes.slice(ram, WORK_KIND + 3, WORK_KIND + 35)));
  }

  private static byte[] secure(ScpHost host, String apdu) {
    byte[] bytes = Bytes.fromHex(apdu);
    byte[] data = Bytes.slice(bytes, 5, 5 + (bytes[4] & 0xFF));
    return host.exchange(bytes[0] & 0xFF, bytes[1] & 0xFF, bytes[2] & 0xFF, bytes[3] & 0xFF, data);
  }

  private static void assertStatus(String status, byte[] answer) {
    String hex = Bytes.hex(answer);
    assertEquals(status, hex.substring(hex.length() - 4));
  }

  private static Class<? extends Applet> appletClass() throws ClassNotFoundException {
    return Class.forName("bsim.card.BlockchainSim").asSubclass(Applet.class);
  }

  private static Object only(CardMachine machine, String type) {
    Collection<Object> objects = machine.allObjects();
    return objects.stream().filter(each -> each.getClass().getName().equals(type)).findFirst().orElseThrow();
  }

  private static byte[] ramOf(Object applet) throws ReflectiveOperationException {
    Object session = field(applet, "session").get(applet);
    byte[] ram = (byte[]) field(session, "ram").get(session);
    assertEquals(1868, ram.length);
    return ram;
  }

  private static Field field(Object owner, String name) throws ReflectiveOperationException {
    Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
