// SPDX-License-Identifier: Apache-2.0
package bsim.simulator;

import com.licel.jcardsim.bouncycastle.crypto.prng.RandomGenerator;
import com.licel.jcardsim.bouncycastle.crypto.signers.DSADigestSigner;
import com.licel.jcardsim.bouncycastle.crypto.signers.ECDSASigner;
import com.licel.jcardsim.crypto.AsymmetricSignatureImpl;
import com.licel.jcardsim.crypto.ByteContainer;
import com.licel.jcardsim.crypto.RandomDataImpl;
import com.licel.jcardsim.crypto.SymmetricKeyImpl;
import java.lang.reflect.Field;
import java.security.SecureRandom;
import java.util.Collection;
import javacard.framework.JCSystem;

/**
 * What jCardSim's cryptography lacks of a card's. Its RandomData is a generator that starts from the same
 * state in every process, and each of its ECDSA signatures takes the first nonce of such a generator: two
 * signatures of one key would give the key away. Here random bytes come from {@link CardRandom}, and nonces
 * from the secure source of the platform.
 */
final class Platform {
  private static final String SEED_SECURELY = "com.licel.jcardsim.randomdata.secure";
  private static final Field RANDOM_ENGINE = ObjectGraph.field(RandomDataImpl.class, "engine");
  private static final Field SIGNATURE_ENGINE = ObjectGraph.field(AsymmetricSignatureImpl.class, "engine");
  private static final Field SIGNER = ObjectGraph.field(DSADigestSigner.class, "dsa");
  private static final Field KEY = ObjectGraph.field(SymmetricKeyImpl.class, "key");
  private static final Field KEY_BYTES = ObjectGraph.field(ByteContainer.class, "data");

  private Platform() {}

  /** Comes before an applet is installed: what it draws during installation is seeded securely. */
  static void beforeInstallation() {
    System.setProperty(SEED_SECURELY, "1");
  }

  /** Comes once an applet is installed, with all its objects and before {@link CardMemory#seal}. */
  static void afterInstallation(Collection<Object> objects, CardRandom random) {
    for (Object each : objects) {
      if (each instanceof RandomDataImpl) ObjectGraph.set(RANDOM_ENGINE, each, new Generator(random));
      if (each instanceof AsymmetricSignatureImpl) useSecureNonces(each);
      if (each instanceof SymmetricKeyImpl key) allocate(key);
    }
  }

  /** Makes transient keys unusable that an event has cleared: jCardSim gives zeros for them. */
  static void clearKeys(Collection<Object> objects, byte event) {
    for (Object each : objects) {
      if (!(each instanceof SymmetricKeyImpl key)) continue;
      byte clearing = KeyKind.of(key).event();
      boolean isCleared = clearing == event
          || clearing == JCSystem.CLEAR_ON_DESELECT && event == JCSystem.CLEAR_ON_RESET;
      if (isCleared) key.clearKey();
    }
  }

  private static void useSecureNonces(Object signature) {
    Object engine = ObjectGraph.get(SIGNATURE_ENGINE, signature);
    if (!(engine instanceof DSADigestSigner) || !(ObjectGraph.get(SIGNER, engine) instanceof ECDSASigner))
      throw new IllegalStateException("no secure nonces for a signature by " + engine.getClass().getName());
    ObjectGraph.set(SIGNER, engine, new SecureEcdsa());
  }

  /**
   * jCardSim makes the bytes of a transient key when it is first set, and forgets at which event to clear
   * them.
   */
  private static void allocate(SymmetricKeyImpl key) {
    byte event = KeyKind.of(key).event();
    Object container = ObjectGraph.get(KEY, key);
    if (event == JCSystem.NOT_A_TRANSIENT_OBJECT || ObjectGraph.get(KEY_BYTES, container) != null) return;
    byte[] value = JCSystem.makeTransientByteArray((short) (key.getSize() / 8), event);
    ObjectGraph.set(KEY_BYTES, container, value);
  }

  /** What RandomData draws from. */
  private record Generator(CardRandom random) implements RandomGenerator, ObjectGraph.NotOfCard {
    @Override
    public void addSeedMaterial(byte[] seed) {}

    @Override
    public void addSeedMaterial(long seed) {}

    @Override
    public void nextBytes(byte[] bytes) {
      random.fill(bytes, 0, bytes.length);
    }

    @Override
    public void nextBytes(byte[] bytes, int from, int length) {
      random.fill(bytes, from, length);
    }
  }

  /** ECDSA whose nonces are never those of the caller's generator. */
  private static final class SecureEcdsa extends ECDSASigner implements ObjectGraph.NotOfCard {
    @Override
    protected SecureRandom initSecureRandom(boolean needed, SecureRandom provided) {
      return needed ? CardRandom.platform() : null;
    }
  }
}
