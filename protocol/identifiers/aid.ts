// SPDX-License-Identifier: Apache-2.0
import { fromHex, toUpperHex } from '../bytes.ts';
import { badIdentifier } from './bad-identifier.ts';

/** An application identifier of 5 to 16 bytes, as upper-case hexadecimal text. Made by {@link parseAid}. */
export type Aid = string & { readonly brand: 'Aid' };

/** Validates an AID. Throws `protocol/bad-identifier`. Source: ISO/IEC 7816-4:2020 §12.3.4 (RID of 5 bytes, PIX of up to 11). */
export function parseAid(text: string): Aid {
  if (!/^([0-9a-fA-F]{2}){5,16}$/.test(text))
    throw badIdentifier('AID', `found ${text.length} characters, expected 10 to 32 hexadecimal digits`);
  return text.toUpperCase() as Aid;
}

/** Bytes of an AID. */
export const aidBytes = (aid: Aid): Uint8Array => fromHex(aid);

/** AID of 5 to 16 bytes. Throws `protocol/bad-identifier`. */
export const aidOf = (bytes: Uint8Array): Aid => parseAid(toUpperHex(bytes));

/**
 * Our key-custody application: proprietary, not registered (first nibble F), `F0` ‖ "BSIM" ‖ version 1.
 * Source: ISO/IEC 7816-4:2020 §12.3.4, table 124 (category F).
 */
export const BLOCKCHAIN_SIM_AID: Aid = parseAid('F04253494D0100');

/** The issuer security domain (ISD). Source: GlobalPlatform Card Specification 2.3.1 §H.1.3. */
export const CARD_MANAGER_AID: Aid = parseAid('A000000151000000');
