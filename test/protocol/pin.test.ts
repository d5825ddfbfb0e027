// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../protocol/bytes.ts';
import { isPinBlock, isPukBlock, pinBlock, pinBlockLayout, pukBlock } from '../../protocol/pin.ts';

const refusal = expect.objectContaining({ code: 'protocol/bad-pin' });

describe('a PIN block', () => {
  // ETSI TS 102 221 §9.5.1: ASCII digits, filled up with FF.
  it.each([
    ['1234', '31323334ffffffff'],
    ['00000', '3030303030ffffff'],
    ['12345678', '3132333435363738'],
  ])('of %s is %s', (digits, hex) => {
    expect(toHex(pinBlock(utf8(digits)))).toBe(hex);
    expect(isPinBlock(fromHex(hex))).toBe(true);
  });

  it.each(['', '123', '123456789', '12a4', '12 4', '١٢٣٤', '-123', '12.4'])('is not made of %j', (text) => {
    expect(() => pinBlock(utf8(text))).toThrowError(refusal);
  });

  it.each([
    ['three digits', '313233ffffffffff'],
    ['a digit behind the filler', '31323334ff35ffff'],
    ['another filler', '3132333400000000'],
    ['a letter', '31323341ffffffff'],
    ['seven bytes', '31323334ffffff'],
    ['nine bytes', '31323334ffffffffff'],
    ['filler alone', 'ffffffffffffffff'],
  ])('is not %s', (_title, hex) => {
    expect(isPinBlock(fromHex(hex))).toBe(false);
  });

  it('never shows its digits in the error', () => {
    const digit = fc.constantFrom(...'0123456789abcdef');
    fc.assert(
      fc.property(fc.string({ unit: digit, maxLength: 20 }), (text) => {
        try {
          const block = pinBlock(utf8(text));
          expect(isPinBlock(block)).toBe(true);
        } catch (error) {
          expect(error).toEqual(refusal);
          const shown = `${(error as Error).message} ${JSON.stringify(error)}`;
          if (text.length >= 3) expect(shown).not.toContain(text);
        }
      }),
    );
  });

  it('is a new array that the caller may wipe', () => {
    const digits = utf8('12345678');
    pinBlock(digits).fill(0);
    expect(toHex(digits)).toBe('3132333435363738');
  });

  it('takes 8 bytes in a data field', () => {
    const layout = pinBlockLayout('PIN block');
    expect([layout.min, layout.max, layout.text]).toEqual([8, 8, 'PIN block (8)']);
  });
});

describe('a PUK block', () => {
  it('is exactly 8 digits', () => {
    expect(toHex(pukBlock(utf8('12345678')))).toBe('3132333435363738');
    expect(isPukBlock(fromHex('3132333435363738'))).toBe(true);
    expect(isPukBlock(fromHex('31323334353637ff'))).toBe(false);
    expect(isPukBlock(fromHex('313233343536373839'))).toBe(false);
  });

  it.each(['1234567', '123456789', '1234567a', ''])('is not made of %j', (text) => {
    expect(() => pukBlock(utf8(text))).toThrowError(refusal);
  });
});
