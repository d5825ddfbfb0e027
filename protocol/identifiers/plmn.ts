// SPDX-License-Identifier: Apache-2.0
import { badIdentifier } from './bad-identifier.ts';

/** A public land mobile network, `MCC-MNC` with 3 + 2 or 3 + 3 digits, such as `001-01`. Made by {@link parsePlmn}. */
export type Plmn = string & { readonly brand: 'Plmn' };

/** Validates `MCC-MNC`. Throws `protocol/bad-identifier`. Source: 3GPP TS 23.003 §2.2 (MCC 3 digits, MNC 2 or 3). */
export function parsePlmn(text: string): Plmn {
  if (!/^[0-9]{3}-[0-9]{2,3}$/.test(text))
    throw badIdentifier('PLMN', 'found another form, expected MCC-MNC such as 001-01 or 310-410');
  return text as Plmn;
}
