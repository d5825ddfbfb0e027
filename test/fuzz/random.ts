// SPDX-License-Identifier: Apache-2.0

/** A sequence of numbers that a seed fixes; for tests, never for keys that guard anything. */
export type Rng = {
  /** 0 to 2^32-1. */
  next(): number;
  /** 0 to `most` - 1. */
  below(most: number): number;
  chance(percent: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Uint8Array;
};

/** The sequence of a seed. Source: "sfc32", PractRand, by Chris Doty-Humphrey. */
export function rngOf(seed: number): Rng {
  let [a, b, c, d] = [seed | 0, (seed / 0x1_0000_0000) | 0, 0x9e3779b9 | 0, 1];
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  const below = (most: number): number => Math.floor((next() / 0x1_0000_0000) * most);
  return {
    next,
    below,
    chance: (percent) => below(100) < percent,
    pick: (from) => from[below(from.length)] as (typeof from)[number],
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i += 4) {
        const word = next();
        for (let j = 0; j < 4 && i + j < length; j++) bytes[i + j] = word >>> (8 * j);
      }
      return bytes;
    },
  };
}

/** The seed of the sequence number `index` of a run: each is reproduced without those before it. */
export function seedOf(seed: number, index: number): number {
  const rng = rngOf((seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0);
  return rng.next() ^ index;
}
