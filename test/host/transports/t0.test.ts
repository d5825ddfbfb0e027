// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { commandTpdu } from '../../../host/transports/t0.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';

describe('commandTpdu', () => {
  // Source: ISO/IEC 7816-3:2006 §12.2.2 to §12.2.5, one row a case; OpenSC's sc_apdu2bytes does the same for T=0.
  it.each([
    ['case 1 gets P3 = 00', '00200001', '0020000100'],
    ['case 2 keeps Le as P3', '0084000020', '0084000020'],
    ['case 3 keeps Lc as P3', '002241B603840101', '002241B603840101'],
    ['case 4 loses Le', '00A40400023F0000', '00A40400023F00'],
    [
      'case 4 with the longest data loses Le',
      `002A9E9AFF${'11'.repeat(255)}00`,
      `002A9E9AFF${'11'.repeat(255)}`,
    ],
    ['an extended APDU stays', '00840000000100', '00840000000100'],
    ['bytes that are no APDU stay', '00A404000501', '00A404000501'],
  ])('%s', (_, apdu, tpdu) => {
    expect(toUpperHex(commandTpdu(fromHex(apdu)))).toBe(tpdu);
  });
});
