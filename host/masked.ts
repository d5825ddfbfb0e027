// SPDX-License-Identifier: Apache-2.0
import { toUpperHex } from '../protocol/bytes.ts';
import { type AnyCommand, CLA_SECURE_MESSAGING, maskedApdu } from '../protocol/command.ts';
import { catalogue } from '../protocol/commands/index.ts';

/** Every command of the catalogue in one table, to look an APDU up in. */
export const allCommands: Readonly<Record<string, AnyCommand>> = {
  ...catalogue.card,
  ...catalogue['secure-channel'],
  ...catalogue['card-manager'],
  ...catalogue['blockchain-sim'],
};

/**
 * The same, to show commands by: PUT KEY shows no keys, encrypted though they are, for the key that they are under may be
 * a public one.
 */
export const shownCommands: Readonly<Record<string, AnyCommand>> = {
  ...allCommands,
  putKey: { ...(catalogue['card-manager'].putKey as AnyCommand), secret: 'data' },
};

/** Whether a C-APDU is protected by a secure channel. */
export const isProtected = (apdu: Uint8Array): boolean => {
  const cla = apdu[0] ?? 0;
  // In classes 40 and above the bits mean other things.
  return (cla & 0x40) === 0 && (cla & CLA_SECURE_MESSAGING) !== 0;
};

/** A C-APDU as text in which secret data shows as its length. */
export const maskedCommand = (apdu: Uint8Array): string => maskedApdu(shownCommands, apdu);

/** An R-APDU as text: as it is when the command is known and nothing of it is secret, else only its status word. */
export function maskedResponse(command: AnyCommand | undefined, answer: Uint8Array): string {
  const length = answer.length - 2;
  if (length <= 0 || (command !== undefined && command.secret === undefined)) return spaced(answer);
  return `[${length} bytes masked] ${spaced(answer.subarray(length))}`;
}

/** Upper-case hexadecimal text with a blank between bytes. */
export const spaced = (bytes: Uint8Array): string => toUpperHex(bytes).replace(/..(?=.)/g, '$& ');
