// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attachVpcd,
  type Card,
  createCard,
  type VpcdAttachment,
  type VpcdState,
} from '../../../applet-sim/index.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { personalise } from '../support/administrator.ts';
import { apdus, statusOf } from '../support/apdu.ts';
import { frames, openVirtualReader, type VirtualReader } from '../support/virtual-reader.ts';

const POWER_OFF = Uint8Array.of(0);
const POWER_ON = Uint8Array.of(1);
const RESET = Uint8Array.of(2);
const GET_ATR = Uint8Array.of(4);
const code = (name: string): unknown => expect.objectContaining({ code: `emulator/${name}` });

describe('a card in a virtual reader', () => {
  let card: Card;
  let reader: VirtualReader;
  let attachment: VpcdAttachment;
  let states: VpcdState[];
  beforeEach(async () => {
    card = createCard();
    states = [];
    reader = await openVirtualReader();
    attachment = attachVpcd(card, { port: reader.port, onState: (state) => states.push(state) });
    await attachment.inserted;
    await reader.card;
  });
  afterEach(async () => {
    await attachment.close();
    await reader.close();
  });

  const send = async (...commands: readonly string[]): Promise<readonly string[]> =>
    (await reader.exchange(commands.map(fromHex), commands.length)).map(toUpperHex);

  it('answers the question for its ATR, and no other control', async () => {
    const [atr] = await reader.exchange([POWER_ON, RESET, POWER_OFF, POWER_ON, GET_ATR], 1);
    expect(atr).toEqual(card.atr);
    expect(await reader.exchange([GET_ATR, GET_ATR], 2)).toEqual([card.atr, card.atr]);
  });

  it('answers commands, many in one segment', async () => {
    await reader.exchange([POWER_ON, GET_ATR], 1);
    expect(await send(apdus.select, '00200001', '00FE0000', '00CAFF2100')).toEqual([
      '6F108407F04253494D0100A5059F650210009000',
      '6985',
      '6D00',
      '9000',
    ]);
  });

  it('answers commands that come byte by byte', async () => {
    for (const byte of frames([POWER_ON, fromHex(apdus.select), GET_ATR]))
      await reader.sendRaw(Uint8Array.of(byte));
    const [selected, atr] = await reader.receive(2);
    expect(toUpperHex(selected as Uint8Array)).toMatch(/9000$/);
    expect(atr).toEqual(card.atr);
  });

  it('answers the ATR between commands without disturbing the session', async () => {
    personalise(card);
    await send(apdus.select, apdus.verify);
    await reader.exchange([GET_ATR], 1);
    expect(await send('00200001')).toEqual(['9000']);
  });

  it('loses its session with power and with reset', async () => {
    personalise(card);
    await send(apdus.select, apdus.verify);
    for (const control of [POWER_OFF, RESET, POWER_ON]) {
      await reader.exchange([control, GET_ATR], 1);
      expect(await send('00200001')).toEqual(['6D00']);
      expect((await send(apdus.select, '00200001'))[1]).toBe('63C3');
      await send(apdus.verify);
    }
  });

  it('tells what becomes of it', async () => {
    await reader.exchange([POWER_OFF, POWER_ON, RESET, GET_ATR], 1);
    await attachment.close();
    expect(states).toEqual(['inserted', 'unpowered', 'powered', 'powered', 'removed']);
  });

  it('ignores empty bodies and controls that it does not know', async () => {
    const unknown = [3, 5, 0x7f, 0xff].map((byte) => Uint8Array.of(byte));
    expect(await reader.exchange([new Uint8Array(0), ...unknown, GET_ATR], 1)).toEqual([card.atr]);
  });

  it('answers the longest body that the framing has', async () => {
    await reader.exchange([POWER_ON, GET_ATR], 1);
    expect((await reader.exchange([new Uint8Array(65_535)], 1)).map(toUpperHex)).toEqual(['6700']);
  });

  it('answers everything of a reader that asks a lot before it listens', async () => {
    const socket = await reader.card;
    socket.pause();
    const questions = 200_000;
    await reader.sendRaw(frames(Array.from({ length: 1000 }, () => GET_ATR)));
    const all = reader.sendRaw(frames(Array.from({ length: questions - 1000 }, () => GET_ATR)));
    socket.resume();
    expect((await reader.receive(questions)).every((answer) => answer.length === card.atr.length)).toBe(true);
    await all;
  });

  it('outlives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), async (bodies) => {
        const answered = bodies.filter((body) => body.length > 1 || body[0] === 4).length;
        const answers = await reader.exchange([...bodies, GET_ATR], answered + 1);
        expect(answers.at(-1)).toEqual(card.atr);
        expect(answers.every((answer) => answer.length >= 2)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('is without power once it is out, and can be put in again', async () => {
    personalise(card);
    await send(apdus.select, apdus.verify);
    await attachment.close();
    await attachment.close();
    expect(statusOf(card, apdus.select, '00200001')).toBe('63C3');
    const second = await openVirtualReader();
    const again = attachVpcd(card, { port: second.port });
    expect(await second.exchange([POWER_ON, GET_ATR], 1)).toEqual([card.atr]);
    await again.close();
    await second.close();
  });

  it('ends when the reader ends the connection', async () => {
    (await reader.card).end();
    await expect(attachment.closed).resolves.toBeUndefined();
    expect(states).toEqual(['inserted', 'removed']);
  });

  it('tells when the connection breaks', async () => {
    (await reader.card).resetAndDestroy();
    await expect(attachment.closed).rejects.toEqual(code('reader-lost'));
  });

  it('leaves the reader when its owner closes it meanwhile', async () => {
    card.close();
    await reader.sendRaw(frames([fromHex(apdus.select)]));
    await expect(attachment.closed).rejects.toEqual(code('card-closed'));
  });
});

it('says what to start when no reader is there', async () => {
  const reader = await openVirtualReader();
  const { port } = reader;
  const first = attachVpcd(createCard(), { port });
  await reader.card;
  await reader.close();
  await first.close();
  const refused = expect.objectContaining({
    code: 'emulator/reader-not-reached',
    details: { host: '127.0.0.1', port, reason: 'ECONNREFUSED' },
    remedy: expect.stringContaining('pcscd'),
  });
  const attachment = attachVpcd(createCard(), { port });
  await expect(attachment.inserted).rejects.toEqual(refused);
  await expect(attachment.closed).rejects.toEqual(refused);
});
