// SPDX-License-Identifier: Apache-2.0
import { KEY_SLOTS } from '../../protocol/commands/blockchain-sim/key-reference.ts';
import { type Curve, curveNames } from '../../protocol/crypto/curve.ts';
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
export function curveOption(text: string): Curve {
  const curve = curveNames.find((name) => name.toLowerCase() === text.toLowerCase());
  if (curve === undefined) throw badOption('--curve', text, curveNames.join(', '));
  return curve;
}

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
