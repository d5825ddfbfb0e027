// SPDX-License-Identifier: Apache-2.0

/**
 * A short C-APDU as the command TPDU of T=0, which has one length byte P3: case 1 gets P3 = 00, case 4 loses Le, to
 * be fetched by GET RESPONSE. Extended APDUs and bytes that are no APDU stay as they are; the card refuses them.
 *
 * Source: ISO/IEC 7816-3:2006 §12.2.2, §12.2.5.
 */
export function commandTpdu(apdu: Uint8Array): Uint8Array {
  if (apdu.length === 4) {
    const tpdu = new Uint8Array(5);
    tpdu.set(apdu);
    return tpdu;
  }
  const lc = apdu[4] ?? 0;
  return lc > 0 && apdu.length === 6 + lc ? apdu.subarray(0, 5 + lc) : apdu;
}
