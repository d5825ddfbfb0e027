// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  concat,
  equalBytes,
  fromHex,
  fromUtf8,
  readUint16,
  readUint64,
  toHex,
  toUpperHex,
  uint16,
  uint64,
  utf8,
  wipe,
} from '../../protocol/bytes.ts';

const someBytes = fc.uint8Array({ maxLength: 64 });

describe('hexadecimal text', () => {
  it('is written as Node writes it, in lower and upper case', () => {
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(toUpperHex(bytes)).toBe(toHex(bytes).toUpperCase());
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['00 A4 04 00', [0x00, 0xa4, 0x04, 0x00]],
    ['00a4\n04 00\t', [0x00, 0xa4, 0x04, 0x00]],
    ['aB', [0xab]],
    ['', []],
    ['  ', []],
  ])('is read with blanks and in either case: %j', (text, expected) => {
    expect([...fromHex(text)]).toEqual(expected);
  });

  it.each([
    ['0', 1],
    ['00a', 3],
    ['0g', 1],
    ['0x00', 1],
    ['00-01', 2],
    ['٠٠', 0],
  ])('is refused with the position of the fault: %j', (text, position) => {
    expect(() => fromHex(text)).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-hex', details: { position } }),
    );
  });
});

describe('UTF-8 text', () => {
  it('is the same there and back, a byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fromUtf8(utf8(text))).toBe(text);
        expect(toHex(utf8(text))).toBe(Buffer.from(text, 'utf8').toString('hex'));
      }),
    );
    expect(fromUtf8(fromHex('efbbbf41'))).toBe('\ufeffA');
  });

  it.each([
    ['a byte alone', 'ff'],
    ['an overlong form', 'c080'],
    ['a surrogate', 'eda080'],
    ['a sequence cut off', '41e6b0'],
  ])('is refused instead of repaired: %s', (_title, hex) => {
    expect(() => fromUtf8(fromHex(hex))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-utf8', details: { length: hex.length / 2 } }),
    );
  });
});

describe('byte strings', () => {
  it('are equal when length and every byte are', () => {
    fc.assert(
      fc.property(someBytes, someBytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(equalBytes(a, a.slice())).toBe(true);
      }),
    );
    expect(equalBytes(fromHex('00'), fromHex('0000'))).toBe(false);
  });

  it('are ordered as Node orders them: bytewise, a prefix first', () => {
    fc.assert(
      fc.property(someBytes, someBytes, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      }),
    );
  });

  it('are put together in order, into a new array', () => {
    const first = fromHex('01');
    const whole = concat(first, fromHex(''), fromHex('0203'));
    first[0] = 9;
    expect(toHex(whole)).toBe('010203');
  });

  it('are wiped in place', () => {
    const [a, b] = [fromHex('0102'), fromHex('03')];
    wipe(a, b);
    expect(toHex(concat(a, b))).toBe('000000');
  });
});

describe('integers', () => {
  it.each([
    [0, '0000'],
    [1, '0001'],
    [255, '00ff'],
    [256, '0100'],
    [65_535, 'ffff'],
  ])('of 16 bits lie big-endian: %i', (value, hex) => {
    expect(toHex(uint16(value))).toBe(hex);
    expect(readUint16(fromHex(`aa${hex}`), 1)).toBe(value);
  });

  it.each([
    [0n, '0000000000000000'],
    [256n, '0000000000000100'],
    [2n ** 53n, '0020000000000000'],
    [2n ** 64n - 1n, 'ffffffffffffffff'],
  ])('of 64 bits lie big-endian: %i', (value, hex) => {
    expect(toHex(uint64(value))).toBe(hex);
    expect(readUint64(fromHex(`aa${hex}`), 1)).toBe(value);
  });

  it('of 64 bits keep their order as bytes', () => {
    const integer = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        const byValue = a < b ? -1 : a > b ? 1 : 0;
        expect(Math.sign(compareBytes(uint64(a), uint64(b)))).toBe(byValue);
      }),
    );
  });
});
