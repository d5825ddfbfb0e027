// SPDX-License-Identifier: Apache-2.0
import { ProtocolError } from '../errors.ts';

/**
 * The error of an identifier that does not parse. `reason` says what was found and expected without repeating the
 * identifier, since an IMSI or MSISDN in a log would be personal data.
 */
export const badIdentifier = (kind: string, reason: string): ProtocolError<'protocol/bad-identifier'> =>
  new ProtocolError('protocol/bad-identifier', `${kind} not valid: ${reason}`, { kind, reason });

/** Throws {@link badIdentifier} unless the text is `min` to `max` decimal digits. */
export function requireDigits(kind: string, text: string, min: number, max = min): void {
  const length = min === max ? `${min}` : `${min} to ${max}`;
  if (!/^[0-9]*$/.test(text))
    throw badIdentifier(kind, `found a character that is no digit, expected ${length} digits`);
  if (text.length < min || text.length > max)
    throw badIdentifier(kind, `found ${text.length} digits, expected ${length}`);
}
