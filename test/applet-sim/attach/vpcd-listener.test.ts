// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Card, createCard, listenVpcd, type VpcdListener } from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { personalise } from '../support/administrator.ts';
import { apdus } from '../support/apdu.ts';
import { frames } from '../support/virtual-reader.ts';

const POWER_ON = Uint8Array.of(1);
const code = (name: string): unknown => expect.objectContaining({ code: `emulator/${name}` });

describe('a card that listens', () => {
  let card: Card;
  let listener: VpcdListener;
  const readers: Socket[] = [];
  beforeEach(async () => {
    card = createCard();
    listener = await listenVpcd(card);
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) reader.destroy();
    await listener.close();
  });

  const open = async (): Promise<Socket> => {
    const socket = connect({ port: listener.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    readers.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  /** Sends power and commands in one segment, and gives what comes, one answer a command, with its length in front. */
  const send = async (socket: Socket, ...commands: readonly string[]): Promise<string> => {
    socket.write(frames([POWER_ON, ...commands.map(fromHex)]));
    let received = Buffer.alloc(0);
    const count = (): number => {
      let found = 0;
      for (let at = 0; at + 2 <= received.length; at += 2 + received.readUInt16BE(at)) found++;
      return found;
    };
    while (count() < commands.length) received = Buffer.concat([received, (await once(socket, 'data'))[0]]);
    return toUpperHex(received);
  };

  it('answers the reader that comes, as it does in a reader', async () => {
    expect(await send(await open(), apdus.select, '00FE0000')).toBe(
      '00146F108407F04253494D0100A5059F65021000900000026D00',
    );
  });

  it('serves readers in the order in which they came, each with a session of its own', async () => {
    personalise(card);
    const [first, second, third] = [await open(), await open(), await open()];
    expect(await send(first, apdus.select, apdus.verify)).toMatch(/00029000$/);
    const [last, next] = [send(third, apdus.select), send(second, '00200001')];
    first.end();
    // Nothing is selected, and no PIN verified, when the next one comes.
    expect(await next).toBe('00026D00');
    second.end();
    expect(await last).toMatch(/9000$/);
  });

  it('goes on when a reader breaks its connection, one that has the card or one that waits', async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    expect(await send(first, apdus.select)).toMatch(/9000$/);
    second.resetAndDestroy();
    first.resetAndDestroy();
    expect(await send(third, apdus.select)).toMatch(/9000$/);
  });

  it('has no more than eight readers at once', async () => {
    const eight = await Promise.all(Array.from({ length: 8 }, open));
    const ninth = await open();
    await once(ninth.resume(), 'close');
    expect(eight.filter((reader) => reader.destroyed)).toEqual([]);
    expect(await send(eight[0] as Socket, apdus.select)).toMatch(/9000$/);
  });

  it('ends with the error of a card that its owner closed', async () => {
    card.close();
    const reader = await open();
    const waiting = await open();
    reader.write(frames([fromHex(apdus.select)]));
    await expect(listener.closed).rejects.toEqual(code('card-closed'));
    await once(waiting.resume(), 'close');
  });

  it('takes itself out of its reader, twice without harm, and frees its port', async () => {
    const reader = await open();
    expect(await send(reader, apdus.select)).toMatch(/9000$/);
    const ended = once(reader.resume(), 'close');
    await listener.close();
    await listener.close();
    await ended;
    await expect(listener.closed).resolves.toBeUndefined();
    const again = await listenVpcd(card, { port: listener.port });
    expect(again.port).toBe(listener.port);
    await again.close();
  });

  it('says which port was taken', async () => {
    const { port } = listener;
    await expect(listenVpcd(createCard(), { port })).rejects.toEqual(
      expect.objectContaining({
        code: 'emulator/not-listening',
        details: { host: '127.0.0.1', port, reason: 'EADDRINUSE' },
      }),
    );
  });
});
