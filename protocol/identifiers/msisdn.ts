// SPDX-License-Identifier: Apache-2.0
import { badIdentifier } from './bad-identifier.ts';

/** A subscriber's number in E.164 form with a plus sign: `+` and 7 to 15 digits. Made by {@link parseMsisdn}. */
export type Msisdn = string & { readonly brand: 'Msisdn' };

/**
 * Validates an E.164 number; the plus sign may be left out and is put in front. Throws `protocol/bad-identifier`.
 *
 * Source: ITU-T E.164 (11/2010) §6.2 (at most 15 digits, country code never begins with 0). The lower bound of 7 is
 * ours: shorter ones are no numbers of subscribers.
 */
export function parseMsisdn(text: string): Msisdn {
  const match = /^\+?([1-9][0-9]{6,14})$/.exec(text);
  if (match === null)
    throw badIdentifier('MSISDN', 'found another form, expected + and 7 to 15 digits, the first not 0');
  return `+${match[1]}` as Msisdn;
}
