// SPDX-License-Identifier: Apache-2.0

/** An error names its code at the end of its message, as in "SCardTransmit error: Card was reset.(0x80100068)". */
type Callback<Result> = (error: Error | null | undefined, result: Result) => void;

/** One reader of npm `pcsclite` 1.0.1; a thread of it watches the card from its creation until `close`. */
export type NativeReader = {
  readonly name: string;
  readonly SCARD_SHARE_SHARED: number;
  readonly SCARD_PROTOCOL_T0: number;
  readonly SCARD_PROTOCOL_T1: number;
  readonly SCARD_STATE_PRESENT: number;
  readonly SCARD_LEAVE_CARD: number;
  on(event: 'status', listener: (status: { state: number; atr?: Uint8Array }) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
  connect(options: { share_mode: number; protocol: number }, done: Callback<number>): void;
  disconnect(disposition: number, done: (error: Error | null | undefined) => void): void;
  /** Copies the APDU, which has to be a `Buffer`, before it returns. */
  transmit(apdu: Uint8Array, longest: number, protocol: number, done: Callback<Uint8Array>): void;
  close(): void;
};

/** A connection to the daemon; a thread of it watches the readers from the next tick until `close`. */
export type NativeContext = {
  on(event: 'reader', listener: (reader: NativeReader) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  /** Called by the package itself in the next tick; `done` is called with each new list of readers. */
  start(done: Callback<Uint8Array>): void;
  close(): void;
};

/** The package's one function. Throws when the daemon does not answer. */
export type OpenContext = () => NativeContext;
