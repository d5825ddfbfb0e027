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

  it('takes host and port of a card behind TCP apart', () => {
    const addressOf = (uri: string): unknown => (parseReaderUri(uri) as { address: unknown }).address;
    expect(addressOf('tcp:127.0.0.1:35963')).toEqual({ host: '127.0.0.1', port: 35_963 });
    expect(addressOf('tcp:card.example:1')).toEqual({ host: 'card.example', port: 1 });
    expect(addressOf('tcp:[::1]:65535')).toEqual({ host: '::1', port: 65_535 });
    expect(addressOf('TCP:[fe80::1%eth0]:80')).toEqual({ host: 'fe80::1%eth0', port: 80 });
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
    ...[
      ...['localhost', ':1', 'localhost:', 'localhost:0', 'localhost:65536', 'localhost:-1', 'localhost:1x'],
      ...['::1:80', '[::1]', '[::1]:', '[localhost]:80', 'a b:80', 'http://a:80', 'user@a:80', '[::1]x:80'],
    ].map((address): [string, string] => [`tcp:${address}`, `'${address}' after 'tcp:'`]),
    ['tcp:', "nothing after 'tcp:'"],
  ])('refuses %j and lists the schemes', (uri, reason) => {
    expect(() => parseReaderUri(uri)).toThrow(
      expect.objectContaining({
        code: 'card/reader-uri',
        details: { uri, reason, schemes: ['pcsc:NAME', 'tcp:HOST:PORT', 'emulator:FILE'] },
        message: expect.stringContaining('pcsc:NAME, tcp:HOST:PORT, emulator:FILE'),
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
        fc.string().filter((text) => !/^(pcsc|emulator|tcp):./is.test(text)),
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
