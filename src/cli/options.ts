// SPDX-License-Identifier: Apache-2.0

import { fromHex } from '../../protocol/bytes.ts';
import { KEY_SLOTS } from '../../protocol/commands/blockchain-sim/key-reference.ts';
import { type CardCurve, cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { CliError } from './errors.ts';

/** A whole number from `min` to `max` out of an option's text. Throws `cli/bad-option`. */
export const integerOption =
  (option: string, min: number, max: number) =>
  (text: string): number => {
    const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw badOption(option, text, `a whole number from ${min} to ${max}`);
  };

/** A key reference out of an option's text. Throws `cli/bad-option`. */
export const keyOption = integerOption('--key', 1, KEY_SLOTS);

/** A curve's name out of an option's text, in any case. Throws `cli/bad-option`. */
export const curveOption = (text: string): CardCurve => oneOf('--curve', cardCurveNames, text);

/** One of some names out of an option's text, in any case. Throws `cli/bad-option`. */
export function oneOf<Name extends string>(option: string, names: readonly Name[], text: string): Name {
  const found = names.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found === undefined) throw badOption(option, text, names.join(', '));
  return found;
}

/** Several of some names, with a comma between two, each once. Throws `cli/bad-option`. */
export const someOf =
  <Name extends string>(option: string, names: readonly Name[]) =>
  (text: string): readonly Name[] => [
    ...new Set(text.split(',').map((part) => oneOf(option, names, part.trim()))),
  ];

/** Bytes out of the hexadecimal digits of an option, within the lengths. Throws `cli/bad-option`. */
export const hexOption =
  (option: string, min: number, max: number) =>
  (text: string): Uint8Array => {
    const isHex = /^([0-9A-Fa-f]{2})*$/.test(text);
    const length = text.length / 2;
    if (!isHex || length < min || length > max)
      throw badOption(option, text, `${min} to ${max} bytes in hexadecimal`);
    return fromHex(text);
  };

/** The error of an option that cannot be used. */
export const badOption = (option: string, found: string, expected: string): CliError<'cli/bad-option'> =>
  new CliError(
    'cli/bad-option',
    `${option} not understood: found ${JSON.stringify(found)}, expected ${expected}`,
    {
      option,
      reason: `expected ${expected}`,
    },
  );
