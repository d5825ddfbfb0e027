// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** A reader that speaks vpcd's framing on a port of its own, as the driver in pcscd does. */
export type VirtualReader = {
  readonly port: number;
  /** The card's connection. */
  readonly card: Promise<Socket>;
  /** Sends bodies in one segment and waits for that many answers. */
  exchange(bodies: readonly Uint8Array[], answers: number): Promise<readonly Uint8Array[]>;
  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): Promise<void>;
  /** Waits for that many answers. */
  receive(answers: number): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
};

/** Opens the port; port 0 takes a free one. */
export async function openVirtualReader(port = 0): Promise<VirtualReader> {
  const server: Server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const card = once(server, 'connection').then(([socket]) => socket as Socket);
  let received = Buffer.alloc(0);
  let arrived = (): void => {};
  card.then((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      arrived();
    });
  });

  const takeFrame = (): Uint8Array | undefined => {
    if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return undefined;
    const body = Uint8Array.from(received.subarray(2, 2 + received.readUInt16BE()));
    received = received.subarray(2 + body.length);
    return body;
  };
  const sendRaw = async (bytes: Uint8Array): Promise<void> => {
    const socket = await card;
    await new Promise<void>((sent) => socket.write(bytes, () => sent()));
  };
  const receive = async (answers: number): Promise<readonly Uint8Array[]> => {
    const bodies: Uint8Array[] = [];
    while (bodies.length < answers) {
      const body = takeFrame();
      if (body !== undefined) bodies.push(body);
      else
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
    }
    return bodies;
  };

  return {
    port: (server.address() as { port: number }).port,
    card,
    sendRaw,
    receive,
    exchange: async (bodies, answers) => {
      await sendRaw(frames(bodies));
      return receive(answers);
    },
    close: async () => {
      server.close();
      (await card).destroy();
    },
  };
}

/** Bodies with their length in front, in one piece. */
export function frames(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(bodies.flatMap((body) => [Buffer.from([body.length >> 8, body.length & 0xff]), body]));
}
