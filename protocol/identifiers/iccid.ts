// SPDX-License-Identifier: Apache-2.0
import { badIdentifier, requireDigits } from './bad-identifier.ts';
import { fromSwappedBcd, toSwappedBcd } from './swapped-bcd.ts';

/** Integrated circuit card identifier: 19 or 20 digits, the last a Luhn check digit. Made by {@link parseIccid}. */
export type Iccid = string & { readonly brand: 'Iccid' };

/**
 * Validates an ICCID: 19 or 20 digits that begin with 89, Luhn check digit last. Throws `protocol/bad-identifier`.
 *
 * Source: ITU-T E.118 (05/2006) §4 (89, at most 19 digits); ETSI TS 102 221 V17 §13.2 (10 bytes hold 20 digits, and
 * 20-digit ICCIDs with their check digit are in use).
 */
export function parseIccid(text: string): Iccid {
  requireDigits('ICCID', text, 19, 20);
  if (!text.startsWith('89')) throw badIdentifier('ICCID', `found ${text.slice(0, 2)} in front, expected 89`);
  const expected = luhnDigit(text.slice(0, -1));
  if (text.at(-1) !== expected)
    throw badIdentifier('ICCID', `found check digit ${text.at(-1)}, expected ${expected} (Luhn)`);
  return text as Iccid;
}

/** Ten bytes, nibbles swapped, as in EF.ICCID and in tag 5A of GSMA SGP.22. */
export const encodeIccid = (iccid: Iccid): Uint8Array => toSwappedBcd(iccid, 10);

/** The ICCID of ten such bytes. Throws `protocol/bad-identifier`. */
export const decodeIccid = (bytes: Uint8Array): Iccid => parseIccid(fromSwappedBcd(bytes));

/** Luhn check digit of a row of digits. Source: ISO/IEC 7812-1:2017 Annex B. */
export function luhnDigit(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return String((10 - (sum % 10)) % 10);
}
