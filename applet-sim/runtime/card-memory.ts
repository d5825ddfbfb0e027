// SPDX-License-Identifier: Apache-2.0

/** Where a card's non-volatile memory is kept. */
export type CardMemory = {
  /** The image last written, as a copy that the caller may wipe; undefined for a card fresh from the factory. */
  read(): Uint8Array | undefined;
  /**
   * Keeps a copy of the image. Atomic and durable: after loss of power {@link read} gives the old image or the new
   * one, and the new one once this has returned. Throws when it could not, and the old image stays.
   */
  write(image: Uint8Array): void;
  /** Lets the storage go; a second call does nothing. */
  close(): void;
};

/** Memory that lives as long as this object: a card for tests and demonstrations. */
export function volatileMemory(): CardMemory {
  let kept: Uint8Array | undefined;
  return {
    read: () => kept?.slice(),
    write: (image) => {
      kept?.fill(0);
      kept = new Uint8Array(image);
    },
    close: () => {},
  };
}
