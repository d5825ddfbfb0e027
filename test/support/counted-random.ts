// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';

/** Random bytes of a card for tests: every card that is sent the same commands draws the same, however it is made. */
export type CountedRandom = {
  random(length: number): Uint8Array;
  /** Begins the bytes of the next C-APDU, before it is carried out. */
  nextCommand(): void;
};

/**
 * Of a seed: while C-APDU number k since the card was made or restored is carried out, the first being 1, the bytes of
 * SHA-256(seed ‖ k ‖ block) for the blocks 0, 1, 2…, with k and block in 4 bytes, big-endian.
 */
export function countedRandom(seed: Uint8Array): CountedRandom {
  let command = 0;
  let drawn = 0;
  const block = (number: number): Uint8Array => {
    const counts = Buffer.alloc(8);
    counts.writeUInt32BE(command, 0);
    counts.writeUInt32BE(number, 4);
    return createHash('sha256').update(seed).update(counts).digest();
  };
  return {
    random: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const part = block(drawn >> 5)
          .subarray(drawn & 31)
          .subarray(0, length - at);
        bytes.set(part, at);
        at += part.length;
        drawn += part.length;
      }
      return bytes;
    },
    nextCommand: () => {
      command++;
      drawn = 0;
    },
  };
}
