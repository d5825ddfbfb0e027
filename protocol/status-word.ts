// SPDX-License-Identifier: Apache-2.0

/**
 * SW1-SW2 values used in this toolkit, one for each fault.
 *
 * Source: ISO/IEC 7816-4:2020 §5.6, tables 5 to 7; ETSI TS 102 221 V17 §10.2.
 */
export const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  authenticationFailed: 0x6300,
  notAuthorised: 0x6982,
  blocked: 0x6983,
  wrongState: 0x6985,
  noPreciseDiagnosis: 0x6f00,
  badData: 0x6a80,
  applicationNotFound: 0x6a82,
  badParameters: 0x6a86,
  notFound: 0x6a88,
  alreadyExists: 0x6a89,
  unknownInstruction: 0x6d00,
  unknownClass: 0x6e00,
  channelNotOpen: 0x6881,
  notEnoughMemory: 0x6a84,
  chainingUnsupported: 0x6884,
  lastCommandExpected: 0x6883,
  memoryFailure: 0x6581,
} as const;

/** `63CX`: comparison failed, `tries` (0–15) left. Source: ISO/IEC 7816-4:2020 §5.6. */
export const triesLeftStatus = (tries: number): number => 0x63c0 | (tries & 0x0f);

/** Tries left of a `63CX`, or undefined when the status word is another. */
export const triesLeftOf = (sw: number): number | undefined =>
  (sw & 0xfff0) === 0x63c0 ? sw & 0x0f : undefined;

/** `61XX`: `available` more response bytes wait (256 or more shows as 00). */
export const moreDataStatus = (available: number): number => 0x6100 | (available > 255 ? 0 : available);

/** `6CXX`: Le was wrong, `available` is right (256 shows as 00). */
export const rightLengthStatus = (available: number): number => 0x6c00 | (available & 0xff);

/** `91XX`: done, and a proactive command of `length` bytes waits for FETCH. Source: ETSI TS 102 221 V17 §10.2.1.1. */
export const proactiveStatus = (length: number): number => 0x9100 | (length & 0xff);

/** Whether a status word is 91XX: the command was carried out, and a proactive command waits. */
export const isProactiveStatus = (sw: number): boolean => sw >> 8 === 0x91;

/** The status word as four upper-case digits. */
export const formatStatusWord = (sw: number): string => sw.toString(16).toUpperCase().padStart(4, '0');

const meanings: Readonly<Record<number, string>> = {
  [SW.ok]: 'done',
  [SW.wrongLength]: 'wrong length',
  [SW.authenticationFailed]: 'authentication of the host failed',
  [SW.notAuthorised]: 'security status not satisfied',
  [SW.blocked]: 'authentication method blocked',
  [SW.wrongState]: 'conditions of use not satisfied',
  [SW.noPreciseDiagnosis]: 'no precise diagnosis',
  [SW.badData]: 'incorrect command data',
  [SW.applicationNotFound]: 'file or application not found',
  [SW.badParameters]: 'incorrect P1-P2',
  [SW.notFound]: 'referenced data not found',
  [SW.alreadyExists]: 'already exists',
  [SW.unknownInstruction]: 'instruction not supported',
  [SW.unknownClass]: 'class not supported',
  [SW.channelNotOpen]: 'logical channel not open',
  [SW.notEnoughMemory]: 'not enough memory',
  [SW.chainingUnsupported]: 'command chaining not supported',
  [SW.lastCommandExpected]: 'last command of the chain expected',
  [SW.memoryFailure]: 'memory failure',
};

/** What a status word means, in the words of ISO/IEC 7816-4. */
export function describeStatusWord(sw: number): string {
  const tries = triesLeftOf(sw);
  if (tries !== undefined) return `comparison failed, ${tries} tries left`;
  if (sw >> 8 === 0x61) return `${sw & 0xff || 256} more bytes available`;
  if (sw >> 8 === 0x6c) return `wrong Le, ${sw & 0xff || 256} is right`;
  if (isProactiveStatus(sw)) return `done; a proactive command of ${sw & 0xff || 256} bytes waits`;
  return meanings[sw] ?? 'meaning not known to this toolkit';
}
