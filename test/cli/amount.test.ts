// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAmount, parseAmount } from '../../src/cli/amount.ts';

describe('amounts on the command line', () => {
  it.each([
    ['12.50', 2, 1250n],
    ['12.5', 2, 1250n],
    ['12', 2, 1200n],
    ['0.01', 2, 1n],
    ['7', 0, 7n],
    ['0.001', 3, 1n],
    ['18446744073709551615', 0, 18446744073709551615n],
  ])('reads %s with %i digits as %s minor units', (text, digits, minor) => {
    expect(parseAmount(text, digits)).toBe(minor);
  });

  it.each(['', '-1', '1.', '.5', '1,50', '1e3', ' 1', '0x10', '1.234', '１', 'NaN'])('refuses %j', (text) => {
    expect(() => parseAmount(text, 2)).toThrowError(expect.objectContaining({ code: 'cli/bad-option' }));
  });

  it('writes what it reads, digit for digit', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.integer({ min: 0, max: 18 }),
        (amount, digits) => {
          expect(parseAmount(formatAmount(amount, digits), digits)).toBe(amount);
        },
      ),
    );
  });

  it('never goes through a float', () => {
    expect(formatAmount(9007199254740993n, 2)).toBe('90071992547409.93');
  });
});
