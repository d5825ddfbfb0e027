// SPDX-License-Identifier: Apache-2.0
import { macLength, type Scp03Mode } from './key-set.ts';

/** Bits of the security level, P1 of EXTERNAL AUTHENTICATE. Source: GlobalPlatform Amendment D v1.2 §7.1.2. */
export const SECURITY_LEVEL = { cMac: 0x01, cEncryption: 0x02, rMac: 0x10, rEncryption: 0x20 } as const;

/**
 * The levels offered: each encryption needs the MAC of its direction, and encrypted answers need encrypted commands.
 * 00, authentication without secure messaging, is not among them.
 */
export const securityLevels: readonly number[] = [0x01, 0x03, 0x11, 0x13, 0x33];

/** Whether a byte is one of {@link securityLevels}. */
export const isSecurityLevel = (level: number): boolean => securityLevels.includes(level);

/** Longest plain data field, in bytes, that a short APDU still holds once it is wrapped. */
export function shortDataMax(mode: Scp03Mode, level: number): number {
  const room = 255 - macLength(mode);
  // One byte of padding at least, in whole blocks.
  return (level & SECURITY_LEVEL.cEncryption) === 0 ? room : room - (room % 16) - 1;
}
