// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import javacard.security.RandomData;

/** A generator that gives the bytes it was given, once, in draws of exactly their lengths. */
final class ScriptedRandom extends RandomData {
  private final Queue<byte[]> draws;

  ScriptedRandom(byte[]... draws) {
    this.draws = new ArrayDeque<>(List.of(draws));
  }

  int left() {
    return draws.size();
  }

  @Override
  public void generateData(byte[] buffer, short offset, short length) {
    byte[] draw = draws.remove();
    if (draw.length != length) {
      throw new IllegalStateException("random bytes drawn: " + length + ", expected " + draw.length);
    }
    System.arraycopy(draw, 0, buffer, offset, length);
  }

  @Override
  public short nextBytes(byte[] buffer, short offset, short length) {
    generateData(buffer, offset, length);
    return (short) (offset + length);
  }

  @Override
  public void setSeed(byte[] buffer, short offset, short length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public byte getAlgorithm() {
    return ALG_SECURE_RANDOM;
  }
}
