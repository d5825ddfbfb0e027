// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { inTurn } from '../in-turn.ts';
import { closedError } from './closed.ts';
import type { OpenContext } from './pcsc/native.ts';
import { connectError, mayBeRemoval, noCard, noPackage, transmitError } from './pcsc/pcsc-error.ts';
import { type WatchedReader, watchReaders } from './pcsc/readers.ts';
import { commandTpdu } from './t0.ts';

/** Longest R-APDU: 65,536 bytes and SW1-SW2. */
const RESPONSE_MAX = 65_538;

/** A PC/SC reader of this computer, and the ATR of the card in it, if there is one. */
export type PcscReader = { readonly name: string; readonly atr?: Uint8Array };

/**
 * The PC/SC readers of this computer, in the daemon's order. Throws `card/driver-missing` when npm `pcsclite` or the
 * daemon is not there.
 */
export async function listPcscReaders(): Promise<readonly PcscReader[]> {
  const watch = await watchReaders(await load());
  try {
    return watch.readers.map((reader) => {
      const atr = reader.atr();
      return atr === undefined ? { name: reader.name } : { name: reader.name, atr };
    });
  } finally {
    watch.close();
  }
}

/**
 * The card in a PC/SC reader, shared with other programs, on whichever of T=0 and T=1 it offers. `readerName` is the
 * whole name, as {@link listPcscReaders} gives it. Commands sent at once go one after the other.
 *
 * After `card/reset`, `card/removed` or `card/transport-failed` the next command connects again; begin with SELECT.
 * Throws `card/driver-missing`, `card/no-reader`, `card/no-card`, `card/reader-busy`.
 */
export async function openPcsc(readerName: string): Promise<Transport> {
  const name = `pcsc:${readerName}`;
  const queue = inTurn();
  let session: Session | undefined = await openSession(readerName);
  let open = true;

  /** A session that failed is never used again. */
  const endSession = async (): Promise<void> => {
    const ended = session;
    session = undefined;
    await ended?.close();
  };
  const transmitAnew = async (apdu: Uint8Array): Promise<Uint8Array> => {
    session = await openSession(readerName);
    return transmit(session, apdu, endSession);
  };

  return {
    name,
    atr: session.atr,
    transmit: (apdu) =>
      queue(() => {
        if (!open) return Promise.reject(closedError(name));
        return session === undefined ? transmitAnew(apdu) : transmit(session, apdu, endSession);
      }),
    close: () =>
      queue(() => {
        open = false;
        return endSession();
      }),
  };
}

/** The optional native package: loaded at first use, so that everything else works where it is not installed. */
async function load(): Promise<OpenContext> {
  try {
    return (await import('pcsclite')).default;
  } catch (cause) {
    throw noPackage(cause);
  }
}

/** One connection to one card. */
type Session = {
  readonly reader: WatchedReader;
  readonly protocol: number;
  readonly isT0: boolean;
  readonly atr: Uint8Array;
  close(): Promise<void>;
};

async function openSession(readerName: string): Promise<Session> {
  const watch = await watchReaders(await load());
  try {
    const reader = watch.readers.find(({ name }) => name === readerName);
    if (reader === undefined) throw noReader(readerName, watch.readers);
    if (!reader.present()) throw noCard(readerName, 'no card');
    const protocol = await connect(reader);
    const close = async (): Promise<void> => {
      await disconnect(reader);
      watch.close();
    };
    const isT0 = protocol === reader.native.SCARD_PROTOCOL_T0;
    return { reader, protocol, isT0, atr: reader.atr() ?? new Uint8Array(0), close };
  } catch (error) {
    watch.close();
    throw error;
  }
}

const connect = ({ native, name }: WatchedReader): Promise<number> =>
  new Promise((resolve, reject) => {
    const options = {
      share_mode: native.SCARD_SHARE_SHARED,
      protocol: native.SCARD_PROTOCOL_T0 | native.SCARD_PROTOCOL_T1,
    };
    native.connect(options, (error, protocol) =>
      error ? reject(connectError(name, error)) : resolve(protocol),
    );
  });

/** Ends the connection and leaves the card as it is; where the card is gone there is nothing left to end. */
const disconnect = ({ native }: WatchedReader): Promise<void> =>
  new Promise((resolve) => native.disconnect(native.SCARD_LEAVE_CARD, () => resolve()));

/** Sends one APDU; ends the session by `end` before it rejects. */
function transmit(session: Session, apdu: Uint8Array, end: () => Promise<void>): Promise<Uint8Array> {
  const { reader, protocol, isT0 } = session;
  return new Promise((resolve, reject) => {
    const bytes = isT0 ? commandTpdu(apdu) : apdu;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    reader.native.transmit(buffer, RESPONSE_MAX, protocol, (error, answer) => {
      if (!error && answer.length >= 2)
        return resolve(new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength));
      // A virtual reader whose card goes away in the middle says that it got nothing.
      const cause = error ?? new Error(`an answer of ${answer.length} bytes`);
      failure(reader, cause).then((failed) => end().then(() => reject(failed)), reject);
    });
  });
}

/** A pulled card shows first as a failed transmission and only later as gone. */
async function failure(reader: WatchedReader, error: Error): Promise<CardError> {
  const present = mayBeRemoval(error) ? await reader.staysPresent() : reader.present();
  return transmitError(reader.name, present, error);
}

const noReader = (reader: string, found: readonly WatchedReader[]): CardError<'card/no-reader'> => {
  const readers = found.map(({ name }) => name);
  return new CardError(
    'card/no-reader',
    `reader not opened: found ${readers.length === 0 ? 'no reader at all' : readers.join(', ')}, expected ${reader}`,
    { reader, readers },
  );
};
