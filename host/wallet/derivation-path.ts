// SPDX-License-Identifier: Apache-2.0
import { WalletError } from './errors.ts';

/** Index of the first hardened child, 2^31. Source: BIP-32, "Extended keys". */
export const HARDENED = 0x8000_0000;

/** Greatest number of levels below the master key that a card derives. */
export const MAX_LEVELS = 10;

/**
 * The indices of a path such as `m/44'/60'/0'/0/0`, from the master key down; `m` alone has none. A level that ends
 * in ', h or H is hardened: its index is 2^31 more. Throws `wallet/bad-path`.
 */
export function parseDerivationPath(text: string): number[] {
  const [root, ...levels] = text.split('/');
  if (root !== 'm') throw badPath(text, `found ${shown(root ?? '')} at its start, expected m`);
  if (levels.length > MAX_LEVELS)
    throw badPath(text, `found ${levels.length} levels, expected at most ${MAX_LEVELS}`);
  return levels.map((level) => {
    const [, digits, mark] = /^(0|[1-9][0-9]{0,9})(['hH]?)$/.exec(level) ?? [];
    const index = Number(digits);
    // NaN of no match is not less either.
    if (!(index < HARDENED))
      throw badPath(text, `found level ${shown(level)}, expected 0 to 2147483647, with ' if hardened`);
    return mark ? index + HARDENED : index;
  });
}

/** The path of indices from 0 to 2^32-1 as a text, hardened levels with '. Throws `wallet/bad-path`. */
export function formatDerivationPath(path: readonly number[]): string {
  const levels = path.map((index) => (index < HARDENED ? `${index}` : `${index - HARDENED}'`));
  const text = ['m', ...levels].join('/');
  parseDerivationPath(text);
  return text;
}

/** What was found, where it can be of a path; anything else may be a secret that was pasted into the wrong place. */
const shown = (text: string): string =>
  /^[m0-9'hH]{0,16}$/.test(text) ? `'${text}'` : `${text.length} characters that are none of a path`;

const badPath = (path: string, found: string): WalletError<'wallet/bad-path'> =>
  new WalletError('wallet/bad-path', `derivation path not read: ${found}`, {
    length: path.length,
    reason: found,
  });
