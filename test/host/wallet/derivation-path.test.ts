// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDerivationPath,
  HARDENED,
  MAX_LEVELS,
  parseDerivationPath,
} from '../../../host/wallet/derivation-path.ts';

describe('a derivation path', () => {
  it.each<[string, number[]]>([
    ['m', []],
    ["m/44'/60'/0'/0/0", [0x8000002c, 0x8000003c, 0x80000000, 0, 0]],
    ['m/44h/501H/0h', [0x8000002c, 0x800001f5, 0x80000000]],
    ['m/0/2147483647/2147483647h', [0, 0x7fffffff, 0xffffffff]],
    ['m/1/2/3/4/5/6/7/8/9/10', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])('is read: %s', (text, indices) => {
    expect(parseDerivationPath(text)).toEqual(indices);
  });

  it.each([
    ['', 'nothing'],
    ['M', 'a capital M'],
    ['44/60', 'no m'],
    ['/0', 'nothing before the first level'],
    ['m/', 'an empty level at the end'],
    ['m//0', 'an empty level between'],
    ['m/0/', 'an empty level after'],
    ['m/2147483648', 'an index of 2^31'],
    ['m/2147483648h', 'a hardened index of 2^31'],
    ['m/99999999999', 'a number of 11 digits'],
    ['m/-1', 'a minus sign'],
    ['m/+1', 'a plus sign'],
    ['m/01', 'a leading zero'],
    ['m/1.0', 'a point'],
    ['m/1e3', 'an exponent'],
    ['m/0x1', 'a hexadecimal number'],
    ["m/1''", 'two marks'],
    ["m/'1", 'a mark in front'],
    ['m/1x', 'another mark'],
    ['m/1’', 'a typographic apostrophe'],
    ['m /1', 'a space'],
    ['m/1 ', 'a space at the end'],
    ['m/1\n', 'a line feed at the end'],
    ['m/١', 'digits of another script'],
    ['m/*', 'an asterisk'],
    ['m/0/1/2/3/4/5/6/7/8/9/10', '11 levels'],
  ])('is refused: %j, with %s', (text) => {
    expect(() => parseDerivationPath(text)).toThrowError(
      expect.objectContaining({
        code: 'wallet/bad-path',
        details: expect.objectContaining({ length: text.length }),
      }),
    );
  });

  it('is read from what is written, whatever the indices', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: MAX_LEVELS }),
        fc.constantFrom("'", 'h', 'H'),
        (path, mark) => {
          const text = formatDerivationPath(path);
          expect(
            text
              .split('/')
              .slice(1)
              .filter((level) => level.endsWith("'")),
          ).toHaveLength(path.filter((index) => index >= HARDENED).length);
          expect(parseDerivationPath(text.replaceAll("'", mark))).toEqual(path);
        },
      ),
    );
  });

  it('is written in one way: what is read and written again is the text with marks made one', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^m?(\/[0-9]{0,11}['hH]?){0,12}$/), (text) => {
        let path: number[];
        try {
          path = parseDerivationPath(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'wallet/bad-path' });
          return;
        }
        expect(formatDerivationPath(path)).toBe(text.replace(/[hH]/g, "'"));
      }),
      { numRuns: 500 },
    );
  });

  it('shows nothing of a text that is none, which may be a mnemonic in the wrong place', () => {
    const words = 'abandon ability able about above absent';
    for (const text of [words, `m/${words}`]) {
      const error = (() => {
        try {
          return parseDerivationPath(text);
        } catch (cause) {
          return cause as Error & { readonly details: object };
        }
      })() as Error & { readonly details: object };
      expect(`${error.message} ${JSON.stringify(error.details)}`).not.toMatch(/aband|abil|able|above/);
    }
  });

  it('is refused from any other text with wallet/bad-path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        fc.pre(!/^m(\/[0-9]+['hH]?)*$/.test(text));
        expect(() => parseDerivationPath(`m/${text}/x`)).toThrowError(
          expect.objectContaining({ code: 'wallet/bad-path' }),
        );
        expect(() => parseDerivationPath(text)).toThrowError(
          expect.objectContaining({ code: 'wallet/bad-path' }),
        );
      }),
    );
  });

  it.each([
    ['11 levels', Array<number>(11).fill(0)],
    ['an index of -1', [-1]],
    ['an index of 2^32', [2 ** 32]],
    ['a fraction', [0.5]],
    ['no number', [Number.NaN]],
  ])('is not written with %s', (_, path) => {
    expect(() => formatDerivationPath(path)).toThrowError(
      expect.objectContaining({ code: 'wallet/bad-path' }),
    );
  });
});
