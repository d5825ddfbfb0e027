// SPDX-License-Identifier: Apache-2.0
import { badOption } from './options.ts';

/** Minor units of an amount written in major units with a point, such as 12.50. Throws `cli/bad-option`. */
export function parseAmount(text: string, minorUnitDigits: number, option = '--amount'): bigint {
  const match = /^([0-9]{1,20})(?:\.([0-9]{1,20}))?$/.exec(text);
  const fraction = match?.[2] ?? '';
  if (match === null || fraction.length > minorUnitDigits) {
    const form =
      minorUnitDigits === 0
        ? 'a whole number'
        : `a number with at most ${minorUnitDigits} digits after the point`;
    throw badOption(option, text, form);
  }
  return BigInt(`${match[1]}${fraction.padEnd(minorUnitDigits, '0')}`);
}

/** Minor units in major units, all digits after the point written. */
export function formatAmount(amount: bigint, minorUnitDigits: number): string {
  const digits = amount.toString().padStart(minorUnitDigits + 1, '0');
  const whole = digits.slice(0, digits.length - minorUnitDigits);
  return minorUnitDigits === 0 ? whole : `${whole}.${digits.slice(-minorUnitDigits)}`;
}
