// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCard } from '../../applet-sim/index.ts';
import { CardError } from '../../host/errors.ts';
import { openTransport, parseReaderUri } from '../../host/open-transport.ts';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';

describe('parseReaderUri', () => {
  it('takes everything behind the first colon, blanks and colons too', () => {
    expect(parseReaderUri('pcsc:Virtual PCD 00 00')).toEqual({ scheme: 'pcsc', reader: 'Virtual PCD 00 00' });
    expect(parseReaderUri('emulator:C:\\cards\\a.json')).toEqual({
      scheme: 'emulator',
      file: 'C:\\cards\\a.json',
    });
  });

  it('reads the scheme in either case', () => {
    expect(parseReaderUri('PCSC:Reader')).toEqual({ scheme: 'pcsc', reader: 'Reader' });
  });

  it.each([
    ['', 'no scheme'],
    ['Virtual PCD 00 00', 'no scheme'],
    ['pcsc:', "nothing after 'pcsc:'"],
    ['usb:1', "scheme 'usb'"],
    [':x', "scheme ''"],
    ['emulator:a\0b', 'a NUL character'],
  ])('refuses %j and lists the schemes', (uri, reason) => {
    expect(() => parseReaderUri(uri)).toThrow(
      expect.objectContaining({
        code: 'card/reader-uri',
        details: { uri, reason, schemes: ['pcsc:NAME', 'emulator:FILE'] },
        message: expect.stringContaining('pcsc:NAME, emulator:FILE'),
      }),
    );
  });

  it('gives back the name of any URI of a known scheme, and card/reader-uri for any other text', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(name, (reader) => {
        expect(parseReaderUri(`pcsc:${reader}`)).toEqual({ scheme: 'pcsc', reader });
        expect(parseReaderUri(`emulator:${reader}`)).toEqual({ scheme: 'emulator', file: reader });
      }),
    );
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/^(pcsc|emulator):./is.test(text)),
        (uri) => {
          let error: unknown;
          try {
            parseReaderUri(uri);
          } catch (thrown) {
            error = thrown;
          }
          expect(error).toBeInstanceOf(CardError);
          expect((error as CardError).code).toBe('card/reader-uri');
        },
      ),
    );
  });
});

describe('openTransport', () => {
  it('opens the emulated card that it is handed', async () => {
    const files: string[] = [];
    const transport = await openTransport('emulator:a.json', {
      openEmulator: async (file) => {
        files.push(file);
        return createCard();
      },
    });
    expect(files).toEqual(['a.json']);
    expect(transport.name).toBe('emulator:a.json');
    expect(toUpperHex(await transport.transmit(fromHex('00FE0000')))).toBe('6D00');
    await transport.close();
  });

  it('says card/reader-uri where no emulator is at hand', async () => {
    await expect(openTransport('emulator:a.json')).rejects.toMatchObject({ code: 'card/reader-uri' });
  });

  it('lets the emulator’s own error through', async () => {
    const failure = new RangeError('no such file');
    const options = { openEmulator: () => Promise.reject(failure) };
    await expect(openTransport('emulator:a.json', options)).rejects.toBe(failure);
  });
});
