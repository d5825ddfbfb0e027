// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withGetResponse } from '../../../host/layers/get-response.ts';
import { emulatorTransport } from '../../../host/transports/emulator.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import type { Transport } from '../../../protocol/transport.ts';
import { replayed } from '../../support/cards.ts';

const transmit = async (transport: Transport, apdu: string): Promise<string> =>
  toUpperHex(await transport.transmit(fromHex(apdu)));

describe('withGetResponse', () => {
  it('fetches what 61XX announces, in as many parts as the card makes', async () => {
    const inner = replayed(`
      > 00 A4 04 00 02 3F 00
      < 61 12
      > 00 C0 00 00 12
      < 01 02 03 61 02
      > 00 C0 00 00 02
      < 04 05 90 00`);
    expect(await transmit(withGetResponse(inner), '00A40400023F00')).toBe('01020304059000');
    expect(inner.remaining()).toBe(0);
  });

  it('keeps data that came before 61XX, and reads 6100 as 256 bytes or more', async () => {
    const inner = replayed(`
      > 00 CA 00 5A 00
      < AA BB 61 00
      > 00 C0 00 00 00
      < CC 90 00`);
    expect(await transmit(withGetResponse(inner), '00CA005A00')).toBe('AABBCC9000');
  });

  it('gives the final status word, also when it is a refusal', async () => {
    const inner = replayed(`
      > 00 CA 00 5A 00
      < 61 05
      > 00 C0 00 00 05
      < 69 85`);
    expect(await transmit(withGetResponse(inner), '00CA005A00')).toBe('6985');
  });

  it('reads 9FXX of a 2G SIM and fetches in its class A0', async () => {
    // Source: 3GPP TS 51.011 V4 §9.2.1, §9.2.18 and §9.4.1.
    const inner = replayed(`
      > A0 A4 00 00 02 3F 00
      < 9F 02
      > A0 C0 00 00 02
      < 3F 00 90 00`);
    expect(await transmit(withGetResponse(inner), 'A0A40000023F00')).toBe('3F009000');
  });

  it('takes 9FXX in another class for a plain status word', async () => {
    const inner = replayed('> 00 A4 00 00 02 3F 00\n< 9F 02');
    expect(await transmit(withGetResponse(inner), '00A40000023F00')).toBe('9F02');
  });

  // Source: ISO/IEC 7816-4:2020 §5.4.1, tables 2 and 3.
  it.each([
    ['channel 1', '01', '01'],
    ['channel 3 of a proprietary class', '83', '03'],
    ['channel 19', '4F', '4F'],
    ['the last of a chain, secure messaging', '0C', '00'],
    ['the middle of a chain', '10', '00'],
  ])('fetches on %s: class %s becomes %s', async (_, cla, expected) => {
    const inner = replayed(`> ${cla} CA 00 5A 00\n< 61 01\n> ${expected} C0 00 00 01\n< 07 90 00`);
    expect(await transmit(withGetResponse(inner), `${cla}CA005A00`)).toBe('079000');
  });

  it('ends with card/endless-response when the card never ends', async () => {
    let commands = 0;
    const card = emulatorTransport({
      atr: new Uint8Array(0),
      process: () => {
        commands++;
        return Uint8Array.of(1, 0x61, 0x10);
      },
    });
    await expect(transmit(withGetResponse(card), '00CA005A00')).rejects.toMatchObject({
      code: 'card/endless-response',
      details: { parts: 256, length: 256 },
    });
    expect(commands).toBe(257);
  });

  it('puts any cut of any response together again', async () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, async (cut) => {
        let next = 0;
        const card = emulatorTransport({
          atr: new Uint8Array(0),
          process: () => {
            const part = cut[next++] as Uint8Array;
            const more = cut[next]?.length;
            return Uint8Array.from([...part, ...(more === undefined ? [0x90, 0x00] : [0x61, more])]);
          },
        });
        const expected = [...cut.flatMap((part) => [...part]), 0x90, 0x00];
        expect([...(await withGetResponse(card).transmit(fromHex('00CA005A00')))]).toEqual(expected);
      }),
    );
  });
});
