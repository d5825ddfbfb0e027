// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VaultTest {
  private final Random random = SeededRandom.of("Vault");
  private final byte[] key = SeededRandom.bytes(random, 32);
  private final byte[] ram = new byte[Ram.LENGTH];
  private final Vault vault = new Vault(ram, new ScriptedRandom(key));

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 48, 64})
  void sealsByAes256InCbcModeUnderAnIvOfTheLabelAndOpensAgain(int length) throws Exception {
    byte[] secret = SeededRandom.bytes(random, length);
    byte[] iv = new byte[16];
    iv[14] = 0x12;
    iv[15] = (byte) 0x83;
    Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(iv));
    byte[] sealed = sealed(0x1283, secret);
    assertArrayEquals(cipher.doFinal(secret), sealed);
    assertArrayEquals(secret, opened(0x1283, sealed));
  }

  @Test
  void makesEqualSecretsLookDifferentUnderOtherLabelsAndKeys() {
    byte[] secret = new byte[32];
    Vault other = new Vault(new byte[Ram.LENGTH], new ScriptedRandom(SeededRandom.bytes(random, 32)));
    byte[] sealed = sealed(1, secret);
    byte[] foreign = new byte[32];
    other.seal((short) 1, secret, (short) 0, (short) 32, foreign, (short) 0);
    byte[][] others = {sealed(2, secret), sealed(0x0101, secret), foreign, opened(2, sealed)};
    for (byte[] different : others) {
      assertFalse(Arrays.equals(sealed, different));
      assertFalse(Arrays.equals(secret, different));
    }
  }

  @Test
  void sealsInPlace() {
    byte[] secret = SeededRandom.bytes(random, 64);
    byte[] bytes = secret.clone();
    vault.seal((short) 7, bytes, (short) 0, (short) 64, bytes, (short) 0);
    assertArrayEquals(sealed(7, secret), bytes);
    vault.open((short) 7, bytes, (short) 0, (short) 64, bytes, (short) 0);
    assertArrayEquals(secret, bytes);
  }

  @Test
  void leavesNoKeyInTheScratch() {
    assertArrayEquals(new byte[Ram.LENGTH], ram);
  }

  private byte[] sealed(int label, byte[] secret) {
    byte[] out = new byte[secret.length];
    vault.seal((short) label, secret, (short) 0, (short) secret.length, out, (short) 0);
    return out;
  }

  private byte[] opened(int label, byte[] sealed) {
    byte[] out = new byte[sealed.length];
    vault.open((short) label, sealed, (short) 0, (short) sealed.length, out, (short) 0);
    return out;
  }
}
