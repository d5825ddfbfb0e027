// SPDX-License-Identifier: Apache-2.0
import { badIdentifier } from './bad-identifier.ts';

/** An operator's TADIG code: three letters of country, two characters of operator. Made by {@link parseTadig}. */
export type Tadig = string & { readonly brand: 'Tadig' };

/** Validates a TADIG code such as `GBRME`. Throws `protocol/bad-identifier`. Source: GSMA TD.13 (public summary). */
export function parseTadig(text: string): Tadig {
  if (!/^[A-Z]{3}[A-Z0-9]{2}$/.test(text))
    throw badIdentifier(
      'TADIG code',
      'found another form, expected three capital letters and two letters or digits',
    );
  return text as Tadig;
}
