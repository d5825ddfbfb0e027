// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Card, type CardOptions, createCard } from '../../applet-sim/index.ts';
import type { Records } from '../../applet-sim/runtime/card-memory.ts';
import { fromHex } from '../../protocol/bytes.ts';
import { vpcdControls, vpcdFrame, vpcdFrameReader } from '../../protocol/vpcd-frame.ts';
import { memoryOf } from '../fuzz/images.ts';
import { countedRandom } from './counted-random.ts';
import { testControls } from './test-card.ts';

/** How the cards of a runner differ from what they are asked to be. */
export type EmulatedRunnerOptions = {
  /** Of every card, in place of what was asked for. */
  readonly card?: CardOptions;
  /** What goes out in place of an answer; answers to commands are counted from 0. */
  readonly alter?: (answer: Uint8Array, number: number, apdu: Uint8Array) => Uint8Array;
};

/** Emulated cards behind the connection that the firmware's runner has; what a test of the tests runs against. */
export type EmulatedRunner = { readonly port: number; close(): Promise<void> };

type Kept = { readonly records: Records; readonly options: CardOptions };

/** Listens at a free port; each connection has a card of its own. */
export async function openEmulatedRunner(options: EmulatedRunnerOptions = {}): Promise<EmulatedRunner> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    const reader = vpcdFrameReader();
    const answer = emulatedCard(options);
    socket.on('data', (segment) => {
      const answers = reader.push(segment).flatMap((body) => answer(body) ?? []);
      if (answers.length > 0) socket.write(Buffer.concat(answers.map(vpcdFrame)));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What is answered to each body, if anything. */
function emulatedCard({ card: given = {}, alter }: EmulatedRunnerOptions) {
  const slots = new Map<number, Kept>();
  let number = 0;
  let pending: number | undefined;
  let current = made({ records: new Map(), options: given }, undefined);

  const control = (name: number, detail: Uint8Array): Uint8Array => {
    const [slot = 0] = detail;
    if (name === testControls.fresh) {
      const { options, seed } = optionsOf(Buffer.from(detail).toString());
      current = made({ records: new Map(), options: { ...options, ...given } }, seed);
    } else if (name === testControls.save) slots.set(slot, current.kept());
    else {
      const kept = slots.get(slot);
      if (kept === undefined) return Uint8Array.of(1);
      current = made(kept, detail.length > 1 ? detail.slice(1) : undefined);
    }
    return Uint8Array.of(0);
  };

  return (body: Uint8Array): Uint8Array | undefined => {
    if (pending !== undefined) {
      const name = pending;
      pending = undefined;
      return control(name, body);
    }
    if (body.length > 1) {
      const answer = current.process(body);
      return alter === undefined ? answer : alter(answer, number++, body);
    }
    const [name = 0] = body;
    if (Object.values<number>(testControls).includes(name)) pending = name;
    else if (name === vpcdControls.getAtr) return current.card.atr;
    else current.card.reset();
    return undefined;
  };
}

function made(
  { records, options }: Kept,
  seed: Uint8Array | undefined,
): { readonly card: Card; process(apdu: Uint8Array): Uint8Array; kept(): Kept } {
  const memory = memoryOf({ records });
  const stream = seed === undefined ? undefined : countedRandom(seed);
  const card = createCard({ ...(stream ? { random: stream.random } : {}), ...options, memory });
  return {
    card,
    process: (apdu) => {
      stream?.nextCommand();
      return card.process(apdu);
    },
    kept: () => ({ records: memory.read(), options }),
  };
}

function optionsOf(text: string): { readonly options: CardOptions; readonly seed: Uint8Array | undefined } {
  const given = new Map(text.split('\n').map((line) => line.split('=') as [string, string]));
  const { mode, challenge } = Object.fromEntries(given) as {
    mode?: 'S8' | 'S16';
    challenge?: 'pseudo-random' | 'random';
  };
  const lifeCycle = given.get('lifeCycle') as CardOptions['lifeCycle'];
  const confirmation = given.get('confirmation') as CardOptions['confirmation'];
  const seed = given.get('seed');
  return {
    options: {
      scp03: { ...(mode ? { mode } : {}), ...(challenge ? { challenge } : {}) },
      ...(lifeCycle ? { lifeCycle } : {}),
      ...(confirmation ? { confirmation } : {}),
    },
    seed: seed === undefined ? undefined : fromHex(seed),
  };
}
