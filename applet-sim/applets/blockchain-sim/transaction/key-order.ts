// SPDX-License-Identifier: Apache-2.0

/** Most bytes of an encoded map key, head and all. */
export const KEY_LENGTH_MAX = 32;

/** Checks that the keys of the open maps come in rising order. */
export type KeyOrder = {
  /** A map opens at this level; it had no key yet. */
  open(level: number): void;
  /** A key of the map at this level begins. */
  begin(level: number): void;
  /** Takes the next byte of the key; whether the key may still be right. */
  next(byte: number): boolean;
  /** Whether this many more bytes fit. */
  fits(count: number): boolean;
  /** Whether the key that ends here came after the one before it. */
  readonly rose: boolean;
};

/**
 * Keeps the last key of each open map in a slot of {@link KEY_LENGTH_MAX} bytes. A new key is written over it as it
 * comes: up to the first byte that differs both are the same, and from there the old one is of no use. No encoding is
 * the beginning of another, so two keys that differ do so before either ends, and lengths need not be kept.
 *
 * Source: RFC 8949 §4.2.1 (bytewise lexicographic order of the encodings).
 */
export function keyOrder(levels: number): KeyOrder {
  const slots = new Uint8Array(levels * KEY_LENGTH_MAX);
  const used = new Uint8Array(levels);
  let slot = 0;
  let at = 0;
  /** Whether the new key is known to be greater than the last. */
  let rose = false;
  return {
    open: (level) => {
      used[level] = 0;
    },
    begin: (level) => {
      slot = level * KEY_LENGTH_MAX;
      at = 0;
      rose = used[level] === 0;
      used[level] = 1;
    },
    next: (byte) => {
      if (at === KEY_LENGTH_MAX) return false;
      if (!rose) {
        const last = slots[slot + at] as number;
        if (byte < last) return false;
        rose = byte > last;
      }
      slots[slot + at++] = byte;
      return true;
    },
    fits: (count) => at + count <= KEY_LENGTH_MAX,
    get rose() {
      return rose;
    },
  };
}
