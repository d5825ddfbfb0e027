// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import com.licel.jcardsim.crypto.ByteContainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import javacard.framework.Applet;
import javacard.framework.JCSystem;
import javacard.security.Key;
import javacard.security.MessageDigest;
import org.globalplatform.GPProvider;
import org.globalplatform.GPSystem;
import org.globalplatform.SecureChannel;

/**
 * A whole smart card with one applet and the issuer security domain: C-APDU in, R-APDU out. It is powered and
 * reset when it is made, T=1. Several cards may live in one process, each with objects of its own; one thread
 * at a time in each.
 */
public final class CardMachine {
  /** AID of the applet: F0 ‖ "BSIM" ‖ 01 00. */
  private static final byte[] APPLET_AID = Bytes.fromHex("F04253494D0100");
  /**
   * T=1 with 254-byte blocks, historical bytes in COMPACT-TLV. Source: docs/card.md; ISO/IEC 7816-3:2006
   * §8.2.
   */
  private static final byte[] ATR = Bytes.fromHex("3B8A8131FE4580644253494D73C001D311");

  private static final String CRYPTO = "com.licel.jcardsim.crypto.";
  private static final String DIGESTS = "com.licel.jcardsim.bouncycastle.crypto.digests.";
  /** INITIALIZE UPDATE with a challenge of zeros, of 8 bytes and of 16. */
  private static final byte[] BEGIN_S8 = Bytes.fromHex("8050000008" + "00".repeat(9));

  private static final byte[] BEGIN_S16 = Bytes.fromHex("8050000010" + "00".repeat(17));

  private final CardMemory memory = new CardMemory();
  private final CardRandom random;
  private final KeyStore keys;
  private final SecurityDomain domain;
  private final AppletSecureChannel secureChannel;
  private final CardRuntime runtime;
  private final CardOs os;
  private final Scp03Profile profile;
  private final GPProvider provider = new Provider();
  /** GlobalPlatform life-cycle state of the applet, one byte. */
  private final byte[] lifeCycle;

  /** A blank card with an applet of that class. Throws IllegalStateException where it cannot be installed. */
  public CardMachine(Class<? extends Applet> applet, CardOptions options) {
    profile = options.scp03();
    random = new CardRandom(options.seed());
    keys = new KeyStore(options.keySets());
    domain = new SecurityDomain(keys, profile, random);
    runtime = new CardRuntime(memory, APPLET_AID, options.faults());
    secureChannel = new AppletSecureChannel(domain, APPLET_AID, runtime::getAssignedChannel);
    boolean isSelectable = options.isSelectable();
    lifeCycle = Bytes.of(isSelectable ? GPSystem.APPLICATION_SELECTABLE : GPSystem.APPLICATION_INSTALLED);
    Registry registry = new Registry();
    CardManager manager = new CardManager(domain, registry, this::diversification);
    os = new CardOs(runtime, manager, registry, domain, options.faults());
    activate();
    Platform.beforeInstallation();
    runtime.install(applet, installParameters(options), this::persistentObjects);
    Platform.afterInstallation(allObjects(), random);
    memory.seal();
    reset();
  }

  /** Answer to reset; the same after every reset. */
  public byte[] atr() {
    return ATR.clone();
  }

  /** R-APDU of a C-APDU, at least 2 bytes, whatever the bytes. */
  public synchronized byte[] process(byte[] apdu) {
    activate();
    random.beginCommand();
    return os.process(apdu.clone());
  }

  /** Warm reset: transient memory is gone, one logical channel is open, no application is selected. */
  public synchronized void reset() {
    activate();
    os.reset();
    runtime.reset();
    Platform.clearKeys(allObjects(), JCSystem.CLEAR_ON_RESET);
    for (Object each : allObjects()) if (each instanceof MessageDigest digest) digest.reset();
  }

  /** Loss of power; the next command finds the card powered again. */
  public void powerOff() {
    reset();
  }

  /** What the card holds now. */
  public synchronized CardImage save() {
    return new CardImage(this, new ObjectGraph.Snapshot(allObjects()), keys.copies(), lifeCycle);
  }

  /**
   * Brings back what the card held, after a reset; random bytes begin anew, from the seed where one is given.
   */
  public synchronized void restore(CardImage image, byte[] seed) {
    if (image.card() != this) throw new IllegalArgumentException("image of another card");
    image.applet().restore();
    keys.replaceAll(image.keySets());
    System.arraycopy(image.lifeCycle(), 0, lifeCycle, 0, lifeCycle.length);
    random.restart(seed);
    reset();
  }

  CardMemory memory() {
    return memory;
  }

  /** Every object of the applet, and of the platform's that it uses. */
  Collection<Object> allObjects() {
    return ObjectGraph.reach(runtime.applet(), each -> true);
  }

  /**
   * What a transaction covers: objects and arrays that are neither transient nor the inside of an algorithm.
   */
  Collection<Object> persistentObjects() {
    if (runtime.applet() == null) return List.of(lifeCycle);
    List<Object> objects = new ArrayList<>(ObjectGraph.reach(runtime.applet(), this::isPersistent));
    objects.add(lifeCycle);
    return objects;
  }

  private boolean isPersistent(Object object) {
    String name = object.getClass().getName();
    if (name.startsWith(DIGESTS)) return false;
    if (name.startsWith(CRYPTO)) return object instanceof Key || object instanceof ByteContainer;
    return memory.isTransient(object) == JCSystem.NOT_A_TRANSIENT_OBJECT;
  }

  private void activate() {
    runtime.activate();
    GPSystem.setProvider(provider);
  }

  /**
   * AID, privileges and application parameters, each with its length before it. Source: Java Card 3.0.5,
   * Applet.install.
   */
  private static byte[] installParameters(CardOptions options) {
    byte[] privileges = Bytes.of(1, 0x00);
    byte[] parameters = Bytes.of(1, options.confirmation().value());
    return Bytes.concat(Bytes.of(APPLET_AID.length), APPLET_AID, privileges, parameters);
  }

  /**
   * Key diversification data for INITIALIZE UPDATE to the security domain: the one that the applet answers.
   * On a card, whoever personalises it writes the same bytes into both; here the applet is asked, by a
   * command of which nothing stays.
   */
  private byte[] diversification() {
    byte[] none = new byte[SecurityDomain.DIVERSIFICATION_LENGTH];
    if (lifeCycle[0] == GPSystem.APPLICATION_INSTALLED) return none;
    ObjectGraph.Snapshot before = new ObjectGraph.Snapshot(allObjects());
    secureChannel.rehearse(true);
    try {
      byte[] answer = runtime.process(Command.read(profile.isS16() ? BEGIN_S16 : BEGIN_S8), false);
      boolean isAnswer = answer.length == domain.responseLength() + 2;
      return isAnswer ? Arrays.copyOf(answer, none.length) : none;
    } finally {
      secureChannel.rehearse(false);
      before.restore();
    }
  }

  /** The applet's entry in the registry of the card. */
  private final class Registry implements CardManager.Registry {
    @Override
    public byte[] aid() {
      return APPLET_AID;
    }

    @Override
    public boolean isInstalledOnly() {
      return lifeCycle[0] == GPSystem.APPLICATION_INSTALLED;
    }

    @Override
    public boolean isSelectable() {
      return !isInstalledOnly() && (lifeCycle[0] & GPSystem.APPLICATION_LOCKED) == 0;
    }

    @Override
    public void makeSelectable() {
      lifeCycle[0] = GPSystem.APPLICATION_SELECTABLE;
    }
  }

  /** What the applet gets from {@link GPSystem}. */
  private final class Provider implements GPProvider {
    @Override
    public SecureChannel secureChannel() {
      return secureChannel;
    }

    @Override
    public byte contentState() {
      return lifeCycle[0];
    }

    @Override
    public boolean setContentState(byte state) {
      boolean isOwn = (state & 0x87) == GPSystem.APPLICATION_SELECTABLE;
      boolean isLock = (state & GPSystem.APPLICATION_LOCKED) != 0;
      boolean isAllowed = (lifeCycle[0] & 0x87) == GPSystem.APPLICATION_SELECTABLE;
      if (!isAllowed || !isOwn && !isLock) return false;
      lifeCycle[0] = isLock ? (byte) (lifeCycle[0] | GPSystem.APPLICATION_LOCKED) : state;
      return true;
    }
  }
}
