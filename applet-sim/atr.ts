// SPDX-License-Identifier: Apache-2.0
import type { Profile } from './runtime/waiting-response.ts';

/*
 * Historical bytes, the same for both. Source: ISO/IEC 7816-4:2020 §12.1.1 and §12.2 (COMPACT-TLV after category 80).
 *
 *   80              category: COMPACT-TLV data objects follow, no status at the end
 *   64 42 53 49 4D  pre-issuing data, 4 bytes: "BSIM"
 *   73 C0 01 D3     card capabilities, 3 bytes: selection by full and by partial DF name (C0) · data units of
 *                   one byte (01: 2 quartets) · command chaining and extended Lc and Le (C0), four logical channels
 *                   whose numbers the card assigns (13)
 */
const historicalBytes = [0x80, 0x64, 0x42, 0x53, 0x49, 0x4d, 0x73, 0xc0, 0x01, 0xd3] as const;

/**
 * Answer to reset of each profile. Source: ISO/IEC 7816-3:2006 §8.2.
 *
 * t1, `3B 8A 81 31 FE 45 … TCK`:
 *   TS  3B  direct convention
 *   T0  8A  TD1 follows; 10 historical bytes
 *   TD1 81  T=1 is the first protocol; TD2 follows
 *   TD2 31  TA3 and TB3 follow, for T=1
 *   TA3 FE  information field of up to 254 bytes
 *   TB3 45  block waiting time integer 4, character waiting time integer 5
 *   TCK     exclusive-or of T0 to TCK is 00; there because a protocol other than T=0 is named
 *
 * t0, `3B 0A …`:
 *   TS  3B  direct convention
 *   T0  0A  no interface bytes, hence T=0 with default values; 10 historical bytes; no TCK with T=0 alone
 */
export const atrs: Readonly<Record<Profile, Uint8Array>> = {
  t1: withCheckByte([0x3b, 0x8a, 0x81, 0x31, 0xfe, 0x45, ...historicalBytes]),
  t0: Uint8Array.of(0x3b, 0x0a, ...historicalBytes),
};

function withCheckByte(bytes: readonly number[]): Uint8Array {
  const check = bytes.slice(1).reduce((sum, byte) => sum ^ byte, 0);
  return Uint8Array.of(...bytes, check);
}
