// SPDX-License-Identifier: Apache-2.0
import { concat, utf8 } from './bytes.ts';

/**
 * What INTERNAL AUTHENTICATE signs: "bsim/internal-authenticate/1" ‖ 00 ‖ challenge. The text in front keeps a
 * challenge from ever being the bytes of a COSE Sig_structure, which begin with 84.
 */
export const internalAuthenticateMessage = (challenge: Uint8Array): Uint8Array =>
  concat(utf8('bsim/internal-authenticate/1'), Uint8Array.of(0), challenge);
