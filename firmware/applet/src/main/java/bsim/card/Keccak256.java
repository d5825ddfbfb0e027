// SPDX-License-Identifier: Apache-2.0
package bsim.card;

import javacard.framework.Util;

/**
 * Keccak-256 as Ethereum has it: Keccak[512] with the padding 10*1 of the submission, not that of SHA3-256,
 * so that no platform offers it. Source: Keccak reference 3.0; the permutation and its bit order are those of
 * FIPS 202 §3.
 *
 * <p>The state is 25 lanes of 8 bytes, lane x + 5y, least significant byte first. Lookups and branches do not
 * depend on what is hashed.
 */
final class Keccak256 {
  /** Bytes of a digest. */
  static final short DIGEST_LENGTH = 32;

  private static final short LANE = 8;
  private static final short PLANE = 40;
  private static final short STATE_LENGTH = 200;
  private static final short RATE = 136;
  private static final short ROUNDS = 24;

  /**
   * Bytes that the caller keeps for it: state, position in the block (1), scratch of the permutation (40).
   */
  static final short LENGTH = (short) (STATE_LENGTH + 1 + PLANE);

  /**
   * The constants of the rounds, a byte each: bits 0, 1, 3 and 7 as they are, and bits 15, 31 and 63 as bits
   * 4, 5 and 6. Others are never set.
   */
  private static final byte[] ROUND_CONSTANTS = {
    0x01, (byte) 0x92, (byte) 0xDA, 0x70, (byte) 0x9B, 0x21, (byte) 0xF1, 0x59,
    (byte) 0x8A, (byte) 0x88, 0x39, 0x2A, (byte) 0xBB, (byte) 0xCB, (byte) 0xD9, 0x53,
    0x52, (byte) 0xC0, 0x1A, 0x6A, (byte) 0xF1, (byte) 0xD0, 0x21, 0x78,
  };
  private static final short LOW_CONSTANT_BITS = 0x8B;

  private final byte[] state;
  private final short lanes;
  private final short position;
  private final short scratch;

  /** Keeps its state in {@link #LENGTH} bytes of an array from `at` on. */
  Keccak256(byte[] state, short at) {
    this.state = state;
    lanes = at;
    position = (short) (at + STATE_LENGTH);
    scratch = (short) (position + 1);
  }

  /** Begins a message, or wipes one. */
  void begin() {
    Util.arrayFillNonAtomic(state, lanes, LENGTH, (byte) 0);
  }

  /** Takes the next bytes of the message. */
  void update(byte[] part, short at, short length) {
    short filled = (short) (state[position] & 0xFF);
    for (short i = 0; i < length; i++) {
      state[(short) (lanes + filled)] ^= part[(short) (at + i)];
      filled++;
      if (filled == RATE) {
        permute();
        filled = 0;
      }
    }
    state[position] = (byte) filled;
  }

  /** Writes the digest (32 bytes) of the message, and wipes the state. */
  void digest(byte[] out, short outAt) {
    state[(short) (lanes + (short) (state[position] & 0xFF))] ^= 0x01;
    state[(short) (lanes + RATE - 1)] ^= (byte) 0x80;
    permute();
    Util.arrayCopyNonAtomic(state, lanes, out, outAt, DIGEST_LENGTH);
    begin();
  }

  private void permute() {
    for (short round = 0; round < ROUNDS; round++) {
      theta();
      rotateAndMove();
      chi();
      iota(ROUND_CONSTANTS[round]);
    }
  }

  /** θ: each bit changes by the parity of two columns. Source: FIPS 202 §3.2.1. */
  private void theta() {
    for (short i = 0; i < PLANE; i++) {
      short at = (short) (lanes + i);
      state[(short) (scratch + i)] = (byte) (state[at]
          ^ state[(short) (at + PLANE)]
          ^ state[(short) (at + 2 * PLANE)]
          ^ state[(short) (at + 3 * PLANE)]
          ^ state[(short) (at + 4 * PLANE)]);
    }
    for (short i = 0; i < PLANE; i++) {
      short before = (short) (i < LANE ? i + PLANE - LANE : i - LANE);
      short after = (short) (i < PLANE - LANE ? i + LANE : i + LANE - PLANE);
      short below = (short) ((after & 7) == 0 ? after + 7 : after - 1);
      short change = (short) (state[(short) (scratch + before)]
          ^ (state[(short) (scratch + after)] << 1)
          ^ ((state[(short) (scratch + below)] >> 7) & 1));
      for (short at = (short) (lanes + i); at < (short) (lanes + STATE_LENGTH); at += PLANE) {
        state[at] ^= (byte) change;
      }
    }
  }

  /** ρ and π: lane after lane is rotated and takes the place of the next. Source: FIPS 202 §3.2.2, §3.2.3. */
  private void rotateAndMove() {
    short held = scratch;
    short next = (short) (scratch + LANE);
    short x = 1;
    short y = 0;
    short offset = 0;
    Util.arrayCopyNonAtomic(state, (short) (lanes + LANE), state, held, LANE);
    for (short t = 1; t <= ROUNDS; t++) {
      offset = (short) ((offset + t) & 63);
      short row = (short) ((short) (2 * x + 3 * y) % 5);
      x = y;
      y = row;
      short at = (short) (lanes + x * LANE + y * PLANE);
      Util.arrayCopyNonAtomic(state, at, state, next, LANE);
      rotate(held, offset, at);
      Util.arrayCopyNonAtomic(state, next, state, held, LANE);
    }
  }

  /** Writes the lane at `from`, rotated by 0 to 63 bits towards its most significant, to `to`. */
  private void rotate(short from, short offset, short to) {
    short bits = (short) (offset & 7);
    short rest = (short) (LANE - bits);
    short bytes = (short) (offset >> 3);
    for (short i = 0; i < LANE; i++) {
      short high = state[(short) (from + ((i - bytes) & 7))];
      short low = (short) (state[(short) (from + ((i - bytes - 1) & 7))] & 0xFF);
      state[(short) (to + i)] = (byte) ((high << bits) | (low >> rest));
    }
  }

  /** χ: each bit changes by the two after it in its row. Source: FIPS 202 §3.2.4. */
  private void chi() {
    for (short plane = lanes; plane < (short) (lanes + STATE_LENGTH); plane += PLANE) {
      for (short at = plane; at < (short) (plane + LANE); at++) {
        byte first = state[at];
        byte second = state[(short) (at + LANE)];
        byte third = state[(short) (at + 2 * LANE)];
        byte fourth = state[(short) (at + 3 * LANE)];
        byte fifth = state[(short) (at + 4 * LANE)];
        state[at] ^= (byte) (~second & third);
        state[(short) (at + LANE)] ^= (byte) (~third & fourth);
        state[(short) (at + 2 * LANE)] ^= (byte) (~fourth & fifth);
        state[(short) (at + 3 * LANE)] ^= (byte) (~fifth & first);
        state[(short) (at + 4 * LANE)] ^= (byte) (~first & second);
      }
    }
  }

  /** ι: the constant of the round into lane 0. Source: FIPS 202 §3.2.5. */
  private void iota(byte constant) {
    state[lanes] ^= (byte) (constant & LOW_CONSTANT_BITS);
    state[(short) (lanes + 1)] ^= (byte) ((constant & 0x10) << 3);
    state[(short) (lanes + 3)] ^= (byte) ((constant & 0x20) << 2);
    state[(short) (lanes + 7)] ^= (byte) ((constant & 0x40) << 1);
  }
}
