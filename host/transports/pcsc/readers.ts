// SPDX-License-Identifier: Apache-2.0
import { CardError } from '../../errors.ts';
import type { NativeContext, NativeReader, OpenContext } from './native.ts';
import { anyError } from './pcsc-error.ts';

/** Longest wait for the daemon to name its readers and for each reader to tell its state, in ms. */
const ANSWER_MS = 5000;
/** Longest answer to wait for the news that a card is gone; drivers look for it every few hundred ms. */
const REMOVAL_MS = 1500;

/** A reader and what is known of the card in it. */
export type WatchedReader = {
  readonly native: NativeReader;
  readonly name: string;
  /** Answer to reset of the card in the reader; undefined when there is none. */
  atr(): Uint8Array | undefined;
  present(): boolean;
  /** Resolves to whether the card is still there, at once when it is gone, after 1.5 s at the latest. */
  staysPresent(): Promise<boolean>;
};

/** The readers of the computer while they are watched. */
export type Watch = {
  readonly readers: readonly WatchedReader[];
  /** Ends the watching threads; the process can exit then. A second call does nothing. */
  close(): void;
};

/**
 * Connects to the PC/SC daemon and waits until every reader has told its state.
 * Throws `card/driver-missing` or `card/transport-failed`.
 */
export async function watchReaders(open: OpenContext): Promise<Watch> {
  let context: NativeContext;
  try {
    context = open();
  } catch (cause) {
    throw anyError('PC/SC', 'PC/SC not opened', cause);
  }
  const readers: Watching[] = [];
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    context.close();
    for (const { watched, quiet } of readers) void quiet().then(() => watched.native.close());
  };
  context.on('reader', (native) => readers.push(watch(native)));
  try {
    await within(ANSWER_MS, firstList(context));
    await within(ANSWER_MS, Promise.all(readers.map(({ told }) => told)));
  } catch (error) {
    close();
    throw error;
  }
  return { readers: readers.map(({ watched }) => watched), close };
}

/** Resolves once all readers there are have been announced, also when there is none. */
function firstList(context: NativeContext): Promise<void> {
  return new Promise((resolve, reject) => {
    // After close the package reports "Command cancelled (0x80100002)": it comes after our end and changes nothing.
    context.on('error', (cause) => reject(anyError('PC/SC', 'readers not listed', cause)));
    const start = context.start.bind(context);
    // The package says "reader" for each reader and nothing for none; its list of them comes through here.
    context.start = (done) =>
      start((error, names) => {
        done(error, names);
        resolve();
      });
  });
}

/** A reader under watch. */
type Watching = {
  readonly watched: WatchedReader;
  /** Resolves once the reader has told its state for the first time. */
  readonly told: Promise<void>;
  /** Resolves once it has told and then been still for a while. */
  quiet(): Promise<void>;
};

/**
 * How long a reader must have been still before it is closed, in ms. The package's close cancels the wait of the
 * reader's thread five times within 50 ms and then joins the thread: where that is only on its way back into the wait,
 * on a busy machine, the join would block the process for ever.
 */
const QUIET_MS = 250;

function watch(native: NativeReader): Watching {
  let state = 0;
  let lastTold = performance.now();
  let atr: Uint8Array | undefined;
  let changed = (): void => {};
  const present = (): boolean => (state & native.SCARD_STATE_PRESENT) !== 0;
  const told = new Promise<void>((resolve) => {
    const tell = (): void => {
      lastTold = performance.now();
      resolve();
      changed();
    };
    native.on('status', (status) => {
      state = status.state;
      atr =
        present() && status.atr !== undefined && status.atr.length > 0
          ? Uint8Array.from(status.atr)
          : undefined;
      tell();
    });
    const gone = (): void => {
      state = 0;
      tell();
    };
    native.on('error', gone);
    native.on('end', gone);
  });
  const staysPresent = (): Promise<boolean> =>
    new Promise((resolve) => {
      const settle = (answer: boolean): void => {
        clearTimeout(timer);
        changed = () => {};
        resolve(answer);
      };
      const timer = setTimeout(() => settle(true), REMOVAL_MS);
      changed = () => {
        if (!present()) settle(false);
      };
      changed();
    });
  const quiet = async (): Promise<void> => {
    await told;
    const left = (): number => lastTold + QUIET_MS - performance.now();
    while (left() > 0) await new Promise((resolve) => setTimeout(resolve, left()));
  };
  return { watched: { native, name: native.name, atr: () => atr, present, staysPresent }, told, quiet };
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const reason = `no answer within ${milliseconds} ms`;
      reject(
        new CardError(
          'card/transport-failed',
          `readers not listed: found ${reason}, expected the list of readers`,
          {
            reader: 'PC/SC',
            reason,
          },
        ),
      );
    }, milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
