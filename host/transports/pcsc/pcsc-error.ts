// SPDX-License-Identifier: Apache-2.0
import { CardError } from '../../errors.ts';

/**
 * Return codes of the PC/SC API that we tell apart.
 * Source: PC/SC Workgroup specification 2.01.14 part 5 §3.1; values as in pcsc-lite's pcsclite.h.
 */
export const pcscCodes = {
  sharingViolation: 0x8010000b,
  noSmartCard: 0x8010000c,
  unknownReader: 0x80100009,
  notTransacted: 0x80100016,
  readerUnavailable: 0x80100017,
  noService: 0x8010001d,
  serviceStopped: 0x8010001e,
  commError: 0x8010002f,
  unresponsiveCard: 0x80100066,
  unpoweredCard: 0x80100067,
  resetCard: 0x80100068,
  removedCard: 0x80100069,
  /** What libpcsclite makes of a daemon that hangs up: it ended in the middle, or its polkit rule refused us. */
  securityViolation: 0x8010006a,
} as const;

/** The code at the end of a message of npm `pcsclite`, or undefined. */
export function pcscCodeOf(error: unknown): number | undefined {
  const found = error instanceof Error ? /\(0x([0-9a-f]{8,16})\)\s*$/i.exec(error.message) : null;
  // On 64-bit systems the code may come sign-extended to 16 digits.
  return found === null ? undefined : Number.parseInt((found[1] as string).slice(-8), 16);
}

/** The error of a failed connection to the card in a reader. */
export function connectError(reader: string, cause: unknown): CardError {
  switch (pcscCodeOf(cause)) {
    case pcscCodes.noSmartCard:
    case pcscCodes.removedCard:
      return noCard(reader, 'no card', cause);
    case pcscCodes.unresponsiveCard:
    case pcscCodes.unpoweredCard:
      return noCard(reader, 'a card that does not answer', cause);
    case pcscCodes.sharingViolation:
      return new CardError(
        'card/reader-busy',
        `card in ${reader} not opened: found it held by another program, expected it shared or free`,
        { reader },
        { cause },
      );
    default:
      return anyError(reader, 'card not opened', cause);
  }
}

/** Whether a failed transmission may mean that the card is gone, which only the reader's state tells. */
export function mayBeRemoval(error: unknown): boolean {
  const code = pcscCodeOf(error);
  return code === undefined || code === pcscCodes.notTransacted || code === pcscCodes.commError;
}

/** The error of a failed transmission; `present` says whether the card is still seen in the reader. */
export function transmitError(reader: string, present: boolean, cause: unknown): CardError {
  const code = pcscCodeOf(cause);
  if (code === pcscCodes.resetCard || code === pcscCodes.unpoweredCard) {
    return new CardError(
      'card/reset',
      `command to ${reader} not answered: found the card reset since the last command, expected its session to go on`,
      { reader },
      { cause },
    );
  }
  const gone: readonly (number | undefined)[] = [
    pcscCodes.removedCard,
    pcscCodes.noSmartCard,
    pcscCodes.unknownReader,
    pcscCodes.readerUnavailable,
  ];
  if (gone.includes(code) || (!present && !isServiceLost(code))) {
    return new CardError(
      'card/removed',
      `command to ${reader} not answered: found card or reader removed, expected the card in its place`,
      { reader },
      { cause },
    );
  }
  return anyError(reader, 'command not answered', cause);
}

/** `card/no-card` of a reader. */
export const noCard = (reader: string, found: string, cause?: unknown): CardError<'card/no-card'> =>
  new CardError(
    'card/no-card',
    `card in ${reader} not opened: found ${found}, expected one that answers`,
    { reader },
    cause === undefined ? {} : { cause },
  );

/** The error of whatever the package or the daemon reports beside the card. */
export function anyError(reader: string, failed: string, cause: unknown): CardError {
  if (isServiceLost(pcscCodeOf(cause))) return noService(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CardError(
    'card/transport-failed',
    `${failed} (${reader}): found ${reason}, expected success`,
    { reader, reason },
    { cause },
  );
}

/** The package that speaks to the daemon is not installed, or its native part cannot be loaded. */
export const noPackage = (cause: unknown): CardError<'card/driver-missing'> =>
  new CardError(
    'card/driver-missing',
    'PC/SC not opened: found no npm package pcsclite that loads, expected it with its native part',
    {
      driver: 'pcsclite',
      remedy:
        'Install the PC/SC daemon, its headers and a compiler (Debian: pcscd, libpcsclite-dev, g++, make), then run `npm install pcsclite` or `npm rebuild pcsclite`.',
    },
    { cause },
  );

const isServiceLost = (code: number | undefined): boolean =>
  code === pcscCodes.noService || code === pcscCodes.serviceStopped || code === pcscCodes.securityViolation;

const noService = (cause: unknown): CardError<'card/driver-missing'> =>
  new CardError(
    'card/driver-missing',
    'PC/SC not opened: found no PC/SC daemon that answers, expected pcscd to run',
    {
      driver: 'pcscd',
      remedy:
        'Start pcscd: `systemctl start pcscd.socket`, or `pcscd --foreground`; where it runs, its polkit rule has to allow you.',
    },
    { cause },
  );
