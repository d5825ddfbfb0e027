// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CryptoMemoryTest {
  @Test
  void fitsIntoItsRegionWithoutOverlap() {
    assertEquals(Ram.CRYPTO, HmacSha512.BLOCK);
    assertTrue(HmacSha512.END >= HmacSha512.BLOCK + 128);
    assertTrue(PointCheck.SCRATCH_LENGTH <= HmacSha512.BLOCK_LENGTH);
    assertTrue(Vault.IV >= HmacSha512.END);
    assertTrue(HdKeys.NODE >= Vault.IV + 16);
    assertTrue(HdKeys.PARENT >= HdKeys.NODE + 64);
    assertTrue(HdKeys.SEED >= HdKeys.PARENT + 32);
    assertTrue(HdKeys.DIGEST >= HdKeys.SEED + Math.max(HdKeys.SEED_GREATEST, Curves.POINT_LENGTH));
    assertTrue(HdKeys.END >= HdKeys.DIGEST + 64);
    assertTrue(HdKeys.END <= Ram.CRYPTO + Ram.CRYPTO_LENGTH);
  }

  @Test
  void keepsTheMessageInsideTheWorkspace() {
    assertTrue(MessageHash.KECCAK >= Ram.WORK_AREA + 16);
    assertTrue(MessageHash.END <= Ram.WORK_AREA + Ram.WORK_AREA_LENGTH);
  }
}
