// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CommandApdu,
  decodeCommandApdu,
  decodeResponseApdu,
  encodeCommandApdu,
  encodeResponseApdu,
} from '../../protocol/apdu.ts';
import { concat, fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { readFixture } from '../support/fixture.ts';

type Header = { readonly cla: number; readonly ins: number; readonly p1: number; readonly p2: number };
const vectors = readFixture<{
  readonly written: readonly {
    readonly title: string;
    readonly command: Header & { readonly dataLength: number; readonly le?: number };
    readonly before: string;
    readonly after: string;
  }[];
  readonly read: readonly {
    readonly title: string;
    readonly bytes: string;
    readonly command: Header & { readonly data: string; readonly le?: number };
  }[];
  readonly refused: readonly { readonly title: string; readonly bytes: string }[];
}>('protocol/apdu.json');

const byte = fc.integer({ min: 0, max: 255 });
const anyCommand: fc.Arbitrary<CommandApdu> = fc
  .record({
    header: fc.tuple(byte, byte, byte, byte),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 65_500, maxLength: 65_535 }),
    ),
    le: fc.option(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 65_500, max: 65_536 }))),
  })
  .map(({ header: [cla, ins, p1, p2], data, le }) =>
    le === null ? { cla, ins, p1, p2, data } : { cla, ins, p1, p2, data, le },
  );

/** With its data as text, which compares much faster than arrays of 65,535 bytes. */
const asText = (command: CommandApdu): object => ({ ...command, data: toUpperHex(command.data) });

describe('a C-APDU', () => {
  describe.each(vectors.written)('$title', ({ command, before, after }) => {
    const { dataLength, ...fields } = command;
    const apdu: CommandApdu = { ...fields, data: new Uint8Array(dataLength).fill(0xa5) };
    const bytes = concat(fromHex(before), apdu.data, fromHex(after));

    it('is written as ISO/IEC 7816-4 says', () => {
      expect(toUpperHex(encodeCommandApdu(apdu))).toBe(toUpperHex(bytes));
    });

    it('is read back', () => {
      expect(asText(decodeCommandApdu(bytes))).toEqual(asText(apdu));
    });
  });

  it.each(vectors.read)('is read: $title', ({ bytes, command }) => {
    expect(decodeCommandApdu(fromHex(bytes))).toEqual({ ...command, data: fromHex(command.data) });
  });

  it.each(vectors.refused)('is refused when it is $title', ({ bytes }) => {
    expect(() => decodeCommandApdu(fromHex(bytes))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-apdu', details: { length: bytes.length / 2 } }),
    );
  });

  it.each([
    ['a class of 256', { cla: 256 }],
    ['a negative instruction', { ins: -1 }],
    ['a parameter that is no integer', { p1: 1.5 }],
    ['a parameter that is no number', { p2: Number.NaN }],
    ['65,536 bytes of data', { data: new Uint8Array(0x10000) }],
    ['Le 0', { le: 0 }],
    ['Le 65,537', { le: 65_537 }],
    ['Le 1.5', { le: 1.5 }],
  ])('is not written with %s', (_title, field) => {
    const command = { cla: 0, ins: 0xb0, p1: 0, p2: 0, data: new Uint8Array(0), ...field };
    expect(() => encodeCommandApdu(command)).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-apdu' }),
    );
  });

  it('holds a copy of its data, which the caller may wipe', () => {
    const bytes = fromHex('00D6000002A5A5');
    const { data } = decodeCommandApdu(bytes);
    bytes.fill(0);
    expect(toUpperHex(data)).toBe('A5A5');
  });

  it('is read back from what is written, for every command', () => {
    fc.assert(
      fc.property(anyCommand, (command) => {
        expect(asText(decodeCommandApdu(encodeCommandApdu(command)))).toEqual(asText(command));
      }),
    );
  });

  it('is read from any bytes, or refused with its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        let command: CommandApdu;
        try {
          command = decodeCommandApdu(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return;
        }
        // Length fields may be longer than needed; what they say is the same.
        expect(decodeCommandApdu(encodeCommandApdu(command))).toEqual(command);
        expect(toUpperHex(bytes.subarray(0, 4))).toBe(toUpperHex(encodeCommandApdu(command).subarray(0, 4)));
        expect(command.data.length).toBeLessThan(bytes.length);
      }),
    );
  });
});

describe('an R-APDU', () => {
  it.each([
    ['a status word alone', '9000', '', 0x9000],
    ['data and a status word', '01026A88', '0102', 0x6a88],
    ['63CX', '63C2', '', 0x63c2],
  ])('is read and written: %s', (_title, bytes, data, sw) => {
    expect(decodeResponseApdu(fromHex(bytes))).toEqual({ data: fromHex(data), sw });
    expect(toUpperHex(encodeResponseApdu({ data: fromHex(data), sw }))).toBe(bytes);
  });

  it.each(['', '90'])('is refused when it has no status word: %j', (bytes) => {
    expect(() => decodeResponseApdu(fromHex(bytes))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-apdu' }),
    );
  });

  it('carries 65,536 bytes of data', () => {
    const data = new Uint8Array(0x10000).fill(7);
    const bytes = encodeResponseApdu({ data, sw: 0x9000 });
    expect(bytes).toHaveLength(0x10002);
    expect(toUpperHex(decodeResponseApdu(bytes).data)).toBe(toUpperHex(data));
  });
});
