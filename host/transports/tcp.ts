// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import { wipe } from '../../protocol/bytes.ts';
import type { Transport } from '../../protocol/transport.ts';
import { VPCD_BODY_MAX, vpcdControls, vpcdFrame, vpcdFrameReader } from '../../protocol/vpcd-frame.ts';
import { CardError } from '../errors.ts';
import { formatHostPort, type HostPort } from '../host-port.ts';
import { inTurn } from '../in-turn.ts';
import { closedError } from './closed.ts';

/** How long is waited for a card behind TCP, in milliseconds. */
export type TcpOptions = {
  /** For the connection and the card's ATR; default 10,000. */
  readonly connectTimeout?: number;
  /** For the answer to a command; default 60,000, which is longer than any card works. */
  readonly answerTimeout?: number;
};

/** Longest ATR, in bytes. Source: ISO/IEC 7816-3:2006 §8.2.1. */
const ATR_MAX = 33;
/** How long a card may take to see that its reader goes, in milliseconds. */
const CLOSE_TIMEOUT = 1000;
const NO_BYTES = new Uint8Array(0);

/**
 * A card that listens at a TCP port and speaks the framing of vsmartcard's virtual reader, whose part this is: it gives
 * power, asks for the ATR, and takes the power away at `close`. Commands sent at once go one after the other. Nothing
 * on the way is encrypted, and whoever reaches the port can use the card.
 *
 * After `card/removed` or `card/transport-failed` the next command connects again; begin with SELECT. Throws
 * `card/not-reached`, `card/no-card` and `card/transport-failed`.
 */
export async function openTcp(address: HostPort, options: TcpOptions = {}): Promise<Transport> {
  const { connectTimeout = 10_000, answerTimeout = 60_000 } = options;
  const name = `tcp:${formatHostPort(address)}`;
  const queue = inTurn();
  const openSession = (): Promise<Session> => powerUp(name, address, connectTimeout);
  let session: Session | undefined = await openSession();
  let open = true;

  const transmit = async (apdu: Uint8Array): Promise<Uint8Array> => {
    if (!open) throw closedError(name);
    // A body of one byte is no command to the card's end, but takes its power away.
    if (apdu.length < 2 || apdu.length > VPCD_BODY_MAX)
      throw failed(name, 'command not sent', `${apdu.length} bytes`, `2 to ${VPCD_BODY_MAX}`);
    session ??= await openSession();
    try {
      const answer = await session.connection.ask([apdu], answerTimeout);
      if (answer.length >= 2) return answer;
      throw failed(name, 'command not answered', `an answer of ${answer.length} bytes`, 'SW1-SW2 at least');
    } catch (error) {
      // A connection that failed is never used again.
      const ended = session;
      session = undefined;
      ended.connection.destroy();
      throw error;
    }
  };

  return {
    name,
    atr: session.atr,
    transmit: (apdu) => queue(() => transmit(apdu)),
    close: () =>
      queue(async () => {
        open = false;
        const ended = session;
        session = undefined;
        await ended?.connection.close(Uint8Array.of(vpcdControls.powerOff));
      }),
  };
}

/** One connection to one card that has power. */
type Session = { readonly connection: Connection; readonly atr: Uint8Array };

/** Connects and gives the card power; `milliseconds` is for all of it. */
async function powerUp(name: string, address: HostPort, milliseconds: number): Promise<Session> {
  const start = performance.now();
  const connection = await openConnection(name, address, milliseconds);
  const controls = [Uint8Array.of(vpcdControls.powerOn), Uint8Array.of(vpcdControls.getAtr)];
  try {
    const left = Math.max(1, milliseconds - (performance.now() - start));
    const atr = await connection.ask(controls, left).catch((cause: unknown) => {
      throw noCard(name, cause);
    });
    const isAtr = atr.length >= 2 && atr.length <= ATR_MAX && (atr[0] === 0x3b || atr[0] === 0x3f);
    if (isAtr) return { connection, atr };
    throw failed(name, 'card not opened', `${atr.length} bytes that are no answer to reset`, 'an ATR');
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** Frames over TCP, one answer to each question. */
type Connection = {
  /** Sends bodies in one piece and gives the one answer that comes, within the time. */
  ask(bodies: readonly Uint8Array[], milliseconds: number): Promise<Uint8Array>;
  /** Sends a last body and waits for the other end to see it; never throws. */
  close(last: Uint8Array): Promise<void>;
  destroy(): void;
};

async function openConnection(name: string, address: HostPort, milliseconds: number): Promise<Connection> {
  const socket = connect({ ...address, noDelay: true });
  const reader = vpcdFrameReader();
  let failure: CardError | undefined;
  let waiting: { answered(body: Uint8Array): void; failed(error: CardError): void } | undefined;

  const fail = (error: CardError): void => {
    failure ??= error;
    socket.destroy();
    const asked = waiting;
    waiting = undefined;
    asked?.failed(failure);
  };
  socket.on('data', (segment) => {
    for (const body of reader.push(segment)) {
      const asked = waiting;
      waiting = undefined;
      if (asked === undefined) fail(failed(name, 'connection ended', 'an answer to nothing', 'silence'));
      else asked.answered(body);
    }
  });
  socket.on('error', (cause) =>
    fail(failed(name, 'command not answered', reasonOf(cause), 'an answer', cause)),
  );
  socket.on('close', () => fail(removed(name)));
  const missed = await untilConnected(socket, milliseconds);
  if (missed !== undefined) {
    socket.destroy();
    throw notReached(name, missed.reason, missed.cause);
  }

  return {
    ask: (bodies, milliseconds) =>
      new Promise((fulfil, reject) => {
        if (failure !== undefined) return reject(failure);
        const limit = setTimeout(
          () => fail(failed(name, 'command not answered', `no answer in ${milliseconds} ms`, 'one')),
          milliseconds,
        );
        const end = <Value>(settle: (value: Value) => void) => {
          return (value: Value): void => {
            clearTimeout(limit);
            settle(value);
          };
        };
        waiting = { answered: end(fulfil), failed: end(reject) };
        send(socket, bodies);
      }),
    close: async (last) => {
      if (socket.destroyed) return;
      const limit = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT);
      const closed = new Promise((fulfil) => socket.once('close', fulfil));
      send(socket, [last]);
      socket.end();
      await closed;
      clearTimeout(limit);
    },
    destroy: () => socket.destroy(),
  };
}

/** Writes frames in one piece; their bytes, which may hold a PIN, are wiped once the system has them. */
function send(socket: Socket, bodies: readonly Uint8Array[]): void {
  const frames = bodies.map(vpcdFrame);
  const bytes = frames.length === 1 ? (frames[0] ?? NO_BYTES) : Buffer.concat(frames);
  socket.write(bytes, () => wipe(bytes));
}

/** Why it was not connected in time, or undefined. */
const untilConnected = (
  socket: Socket,
  milliseconds: number,
): Promise<{ readonly reason: string; readonly cause?: unknown } | undefined> =>
  new Promise((fulfil) => {
    const limit = setTimeout(() => fulfil({ reason: `no answer in ${milliseconds} ms` }), milliseconds);
    socket.once('connect', () => {
      clearTimeout(limit);
      fulfil(undefined);
    });
    socket.once('error', (cause) => {
      clearTimeout(limit);
      fulfil({ reason: reasonOf(cause), cause });
    });
  });

/** The system's name of a fault, such as ECONNREFUSED, or its message. */
const reasonOf = (cause: Error & { readonly code?: string }): string => cause.code ?? cause.message;

const notReached = (reader: string, reason: string, cause: unknown): CardError<'card/not-reached'> =>
  new CardError(
    'card/not-reached',
    `card not opened: found ${reason}, expected one that listens at ${reader}`,
    { reader, reason },
    cause === undefined ? {} : { cause },
  );

const noCard = (reader: string, cause: unknown): CardError<'card/no-card'> =>
  new CardError(
    'card/no-card',
    `card at ${reader} not opened: found no answer to power, expected the ATR`,
    { reader },
    { cause },
  );

const removed = (reader: string): CardError<'card/removed'> =>
  new CardError(
    'card/removed',
    `command to ${reader} not answered: found the connection ended, expected the card at its other end`,
    { reader },
  );

const failed = (
  reader: string,
  what: string,
  reason: string,
  expected: string,
  cause?: unknown,
): CardError<'card/transport-failed'> =>
  new CardError(
    'card/transport-failed',
    `${what} (${reader}): found ${reason}, expected ${expected}`,
    { reader, reason },
    cause === undefined ? {} : { cause },
  );
