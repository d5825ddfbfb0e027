// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:net';
import type { Confirmation } from '../../protocol/commands/blockchain-sim/get-data.ts';
import type { Scp03Mode } from '../../protocol/scp03/key-set.ts';
import { vpcdControls, vpcdFrame, vpcdFrameReader } from '../../protocol/vpcd-frame.ts';
import type { ConnectedCard } from '../conformance/card-session.ts';

/** What a card for tests is made as; what is left out as the card of a factory. */
export type TestCardOptions = {
  readonly lifeCycle?: 'installed' | 'selectable';
  readonly mode?: Scp03Mode;
  readonly challenge?: 'pseudo-random' | 'random';
  readonly confirmation?: Confirmation;
  /** Makes its random bytes those of `countedRandom`; without it they are random. */
  readonly seed?: Uint8Array;
};

/**
 * A card at the other end of a connection that can be made anew. Calls need not be waited for: they are carried out in
 * order, and many of them together are many times faster than one by one.
 */
export type TestCard = ConnectedCard & {
  /** Puts a new blank card in its place. */
  fresh(options?: TestCardOptions): Promise<void>;
  /** Keeps what the card keeps without power; slots are numbered 0 to 255. */
  save(slot: number): Promise<void>;
  /** Puts a card in its place that holds what was kept, made as that one was, with random bytes of this seed. */
  restore(slot: number, seed?: Uint8Array): Promise<void>;
};

/** Bodies of one byte that a reader never sends; the frame after them says more, and an answer of one byte 00 comes. */
export const testControls = { fresh: 0x10, save: 0x11, restore: 0x12 } as const;

/** How long a card may be silent while answers are due, in milliseconds. */
const SILENCE_MAX = 60_000;

/** Connects to a card for tests. `explain` is asked for more words where the connection is lost. */
export async function connectTestCard(port: number, explain: () => string = () => ''): Promise<TestCard> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const reader = vpcdFrameReader();
  const due: { answered(body: Uint8Array): void; lost(error: Error): void }[] = [];
  let first = 0;
  let failure: Error | undefined;
  let unsent: Uint8Array[] = [];

  const lose = (reason: string): void => {
    failure ??= new Error(`card for tests lost: found ${reason}, expected answers ${explain()}`);
    socket.destroy();
    for (const { lost } of due.splice(0).slice(first)) lost(failure);
    first = 0;
  };
  const watch = setTimeout(() => {
    if (first < due.length) lose(`no answer in ${SILENCE_MAX} ms`);
    else watch.refresh();
  }, SILENCE_MAX).unref();
  socket.on('data', (segment) => {
    watch.refresh();
    for (const body of reader.push(segment)) {
      const next = due[first++];
      if (next === undefined) return lose(`an answer of ${body.length} bytes to nothing`);
      next.answered(body);
    }
    // Taken off together: a long queue is not moved for each answer.
    due.splice(0, first);
    first = 0;
  });
  socket.on('error', (error) => lose(error.message));
  socket.on('close', () => {
    clearTimeout(watch);
    lose('the connection closed');
  });

  const flush = (): void => {
    const bytes = Buffer.concat(unsent);
    unsent = [];
    if (!socket.destroyed) socket.write(bytes);
  };
  const send = (...bodies: readonly Uint8Array[]): void => {
    // What is asked for at once goes in one piece.
    if (unsent.length === 0) setImmediate(flush);
    for (const body of bodies) unsent.push(vpcdFrame(body));
  };
  const ask = (...bodies: readonly Uint8Array[]): Promise<Uint8Array> =>
    new Promise((answered, lost) => {
      if (failure !== undefined) return lost(failure);
      if (first >= due.length) watch.refresh();
      due.push({ answered, lost });
      send(...bodies);
    });
  const control = async (name: keyof typeof testControls, detail: Uint8Array): Promise<void> => {
    const answer = await ask(Uint8Array.of(testControls[name]), detail);
    if (answer.length !== 1 || answer[0] !== 0)
      throw new Error(
        `card for tests not as asked: found ${Buffer.from(answer.subarray(1))}, expected ${name}`,
      );
  };

  await new Promise<void>((fulfil, reject) => {
    socket.once('connect', fulfil);
    socket.once('error', reject);
  });
  return {
    exchange: (apdu) => {
      // A body of one byte is a control.
      if (apdu.length < 2)
        return Promise.reject(new Error(`${apdu.length} bytes do not go through a reader`));
      return ask(apdu);
    },
    reset: async () => send(Uint8Array.of(vpcdControls.reset)),
    fresh: (options = {}) => control('fresh', linesOf(options)),
    save: (slot) => control('save', Uint8Array.of(slot)),
    restore: (slot, seed = new Uint8Array(0)) => control('restore', Uint8Array.of(slot, ...seed)),
    close: () =>
      new Promise((fulfil) => {
        if (socket.destroyed) return fulfil();
        socket.once('close', () => fulfil());
        socket.destroy();
      }),
  };
}

const linesOf = ({ seed, ...options }: TestCardOptions): Uint8Array => {
  const given = { ...options, ...(seed === undefined ? {} : { seed: Buffer.from(seed).toString('hex') }) };
  return Buffer.from(
    Object.entries(given)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
};
