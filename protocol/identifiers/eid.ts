// SPDX-License-Identifier: Apache-2.0
import { badIdentifier, requireDigits } from './bad-identifier.ts';

/** eUICC identifier: 32 digits whose last two are check digits. Made by {@link parseEid}. */
export type Eid = string & { readonly brand: 'Eid' };

/**
 * Validates an EID: 32 digits that leave remainder 1 when divided by 97. Throws `protocol/bad-identifier`.
 *
 * Source: GSMA SGP.29 V1.0 §10 (EID of 32 digits, check digits by ISO/IEC 7064 MOD 97-10); SGP.02 V4.2 §2.2.2.
 */
export function parseEid(text: string): Eid {
  requireDigits('EID', text, 32);
  if (BigInt(text) % 97n !== 1n)
    throw badIdentifier(
      'EID',
      `found check digits ${text.slice(-2)}, expected ${eidCheckDigits(text.slice(0, 30))}`,
    );
  return text as Eid;
}

/** The two check digits of the first 30 digits of an EID. */
export const eidCheckDigits = (first30: string): string =>
  String(98n - (BigInt(`${first30}00`) % 97n)).padStart(2, '0');
