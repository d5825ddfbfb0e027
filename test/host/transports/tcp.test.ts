// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createCard, listenVpcd, type VpcdListener, type VpcdState } from '../../../applet-sim/index.ts';
import { CardError } from '../../../host/errors.ts';
import { openTransport } from '../../../host/open-transport.ts';
import { openTcp, type TcpOptions } from '../../../host/transports/tcp.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { apdus } from '../../applet-sim/support/apdu.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const host = '127.0.0.1';
/** Power, and the question for the ATR, as vsmartcard's reader sends them. */
const POWER_UP = '000101000104';
const ATR = '00023B00';

/** A peer that does with each connection what it is told to; gives its port. */
async function peer(serve: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** Answers each segment with the next of the texts, in hexadecimal; hangs up after one that ends in a full stop. */
const answering =
  (...texts: readonly string[]) =>
  (socket: Socket): void => {
    const left = [...texts];
    socket.on('data', () => {
      const next = left.shift() ?? '';
      socket.write(fromHex(next.replace('.', '')));
      if (next.endsWith('.')) socket.end();
    });
  };

const openAt = async (port: number, options: TcpOptions = {}): Promise<Transport> => {
  const transport = await openTcp({ host, port }, options);
  ends.push(() => transport.close());
  return transport;
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CardError);
  const { code, details } = error as CardError;
  return `${code} ${(details as { reason?: string }).reason ?? ''}`.trim();
}

const SELECT = fromHex(apdus.select);

describe('a card behind TCP', () => {
  const listen = async (onState?: (state: VpcdState) => void): Promise<VpcdListener> => {
    const listener = await listenVpcd(createCard(), onState === undefined ? {} : { onState });
    ends.push(() => listener.close());
    return listener;
  };

  it('is opened by its URI, with an IPv6 address in brackets', async () => {
    const listener = await listenVpcd(createCard(), { host: '::1' });
    ends.push(() => listener.close());
    const transport = await openTransport(`tcp:[::1]:${listener.port}`);
    expect(transport.name).toBe(`tcp:[::1]:${listener.port}`);
    expect(toUpperHex(await transport.transmit(SELECT))).toMatch(/9000$/);
    await transport.close();
  });

  it('loses its session and its power when the reader is closed', async () => {
    const states: VpcdState[] = [];
    let removed = (): void => {};
    const isOut = new Promise<void>((fulfil) => {
      removed = fulfil;
    });
    const { port } = await listen((state) => {
      states.push(state);
      if (state === 'removed') removed();
    });
    const first = await openAt(port);
    await first.transmit(SELECT);
    await first.close();
    await isOut;
    expect(states).toEqual(['inserted', 'powered', 'unpowered', 'removed']);
    // Nothing is selected in the next session.
    expect(toUpperHex(await (await openAt(port)).transmit(fromHex('00CAFF2000')))).toBe('6D00');
  });

  it('takes commands that are sent at once, one after the other', async () => {
    const transport = await openAt((await listen()).port);
    const answers = await Promise.all(
      [apdus.select, '00FE0000', '00CAFF2100', '0084000000'].map((apdu) => transport.transmit(fromHex(apdu))),
    );
    expect(answers.map((answer) => toUpperHex(answer.subarray(-2)))).toEqual([
      '9000',
      '6D00',
      '9000',
      '9000',
    ]);
    expect(answers.at(-1)?.length).toBe(34);
  });

  it('serves the next reader when the one before is closed, which then connects again', async () => {
    const { port } = await listen();
    const first = await openAt(port);
    const second = openAt(port);
    await first.transmit(SELECT);
    await first.close();
    expect(toUpperHex(await (await second).transmit(fromHex('00CAFF2000')))).toBe('6D00');
  });

  it('takes 65,535 bytes, and refuses what does not fit into a frame without ending the session', async () => {
    const transport = await openAt((await listen()).port);
    await transport.transmit(SELECT);
    const hash = new Uint8Array(65_535);
    hash.set(fromHex('00200001'));
    expect((await transport.transmit(hash)).length).toBe(2);
    for (const length of [0, 1, 65_536])
      expect(await codeOf(transport.transmit(new Uint8Array(length)))).toBe(
        `card/transport-failed ${length} bytes`,
      );
    expect(toUpperHex(await transport.transmit(fromHex('00CAFF2100')))).toBe('9000');
  });
});

describe('no card behind TCP', () => {
  it('is card/not-reached where nobody listens', async () => {
    const { port, server } = await peer(() => {});
    server.close();
    await once(server, 'close');
    expect(await codeOf(openTcp({ host, port }))).toBe('card/not-reached ECONNREFUSED');
  });

  it('is card/not-reached where the host has no address', async () => {
    expect(await codeOf(openTcp({ host: 'no-such-host.invalid', port: 1 }))).toMatch(/^card\/not-reached E/);
  });

  it('is card/no-card where it does not answer to power in time', async () => {
    const { port } = await peer((socket) => socket.resume());
    expect(await codeOf(openTcp({ host, port }, { connectTimeout: 50 }))).toBe('card/no-card');
  });

  it('is card/no-card where it hangs up at once', async () => {
    const { port } = await peer((socket) => socket.end());
    expect(await codeOf(openTcp({ host, port }))).toBe('card/no-card');
  });

  it.each([
    ['nothing', '0000'],
    ['one byte', '00013B'],
    ['more than an ATR has', `0022${'3B'.repeat(34)}`],
    ['other bytes', '0003010203'],
  ])('is card/transport-failed where it shows %s as its ATR', async (_what, frame) => {
    const { port } = await peer(answering(frame));
    expect(await codeOf(openTcp({ host, port }))).toMatch(/^card\/transport-failed \d+ bytes that are no/);
  });
});

describe('a peer that goes wrong', () => {
  it('gets what a reader sends to a card, to the byte', async () => {
    const received: Buffer[] = [];
    const { port } = await peer((socket) => {
      socket.on('data', (bytes) => {
        received.push(bytes);
        socket.write(fromHex(received.length === 1 ? ATR : '00029000'));
      });
    });
    const transport = await openAt(port);
    expect(transport.atr).toEqual(fromHex('3B00'));
    await transport.transmit(fromHex('00A40400'));
    await transport.close();
    expect(received.map(toUpperHex)).toEqual([POWER_UP, '000400A40400', '000100']);
  });

  it.each([
    ['hangs up in place of an answer', '.', 'card/removed'],
    ['hangs up in the middle of an answer', '00069000.', 'card/removed'],
    ['answers nothing', '0000', 'card/transport-failed an answer of 0 bytes'],
    ['answers half a status word', '000190', 'card/transport-failed an answer of 1 bytes'],
    ['does not answer', '', 'card/transport-failed no answer in 100 ms'],
    ['does not end its answer', 'FFFF9000', 'card/transport-failed no answer in 100 ms'],
  ])('and %s is reported, and the next command connects again', async (_what, answer, code) => {
    let connections = 0;
    const { port } = await peer((socket) => {
      connections++;
      answering(ATR, connections === 1 ? answer : '00029000')(socket);
    });
    const transport = await openAt(port, { answerTimeout: 100 });
    expect(await codeOf(transport.transmit(SELECT))).toBe(code);
    expect(connections).toBe(1);
    expect(toUpperHex(await transport.transmit(SELECT))).toBe('9000');
    expect(connections).toBe(2);
  });

  it('and breaks the connection is reported', async () => {
    const { port } = await peer((socket) => {
      answering(ATR)(socket);
      socket.on('data', (bytes) => {
        if (bytes.length > 6) socket.resetAndDestroy();
      });
    });
    const transport = await openAt(port);
    expect(await codeOf(transport.transmit(SELECT))).toBe('card/transport-failed ECONNRESET');
  });

  it('and answers twice is not believed again', async () => {
    const { port } = await peer(answering(ATR, '0002900000026D00'));
    const transport = await openAt(port);
    expect(toUpperHex(await transport.transmit(SELECT))).toBe('9000');
    expect(await codeOf(transport.transmit(SELECT))).toBe('card/transport-failed an answer to nothing');
  });

  it('and is gone when the reader would connect again is not reached', async () => {
    const { port, server } = await peer((socket) => {
      answering(ATR, '.')(socket);
      server.close();
    });
    const transport = await openAt(port);
    expect(await codeOf(transport.transmit(SELECT))).toBe('card/removed');
    expect(await codeOf(transport.transmit(SELECT))).toBe('card/not-reached ECONNREFUSED');
    await transport.close();
    expect(await codeOf(transport.transmit(SELECT))).toBe('card/closed');
  });

  it('and sends any bytes leads to an answer or to an error of the table', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bytes, bytes, fc.boolean(), async (first, second, isAtr) => {
        let asked = 0;
        const { port } = await peer((socket) =>
          socket.on('data', () => socket.end(asked++ === 0 ? (isAtr ? fromHex(ATR) : first) : second)),
        );
        const work = openTcp({ host, port }).then(async (transport) => {
          const answer = await transport.transmit(SELECT).finally(() => transport.close());
          expect(answer.length).toBeGreaterThanOrEqual(2);
          return undefined;
        });
        const error = await work.catch((thrown: unknown) => thrown);
        if (error !== undefined) expect(error).toBeInstanceOf(CardError);
      }),
      { numRuns: 60 },
    );
  });
});
