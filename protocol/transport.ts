// SPDX-License-Identifier: Apache-2.0

/**
 * A way to a card: bytes in, bytes out.
 *
 * Half-duplex: callers wait for one answer before they send the next command. A transport knows nothing of
 * status words, PINs or retries; those are layers `(inner: Transport) => Transport`.
 */
export type Transport = {
  /** The reader's URI, such as `pcsc:Virtual PCD 00 00` or `emulator:a.card`. */
  readonly name: string;
  /** Answer to reset, where the way to the card shows one. */
  readonly atr?: Uint8Array;
  /**
   * Longest data field, in bytes, of a command that goes through now; 255 where it is not said. Inside a secure channel
   * less fits into an APDU, so this may change with every command.
   */
  readonly longestData?: number | undefined;
  /**
   * Sends one C-APDU and gives the R-APDU, at least 2 bytes. Rejects with `card/removed`, `card/reset` or
   * `card/transport-failed`; after `card/reset` the operation can be tried again from SELECT.
   */
  transmit(apdu: Uint8Array): Promise<Uint8Array>;
  /** Lets the reader go; a second call does nothing. */
  close(): Promise<void>;
};
