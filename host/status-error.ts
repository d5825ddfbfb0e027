// SPDX-License-Identifier: Apache-2.0

import { toUpperHex } from '../protocol/bytes.ts';
import type { AnyCommand } from '../protocol/command.ts';
import { commonStatusWords } from '../protocol/command.ts';
import { blockchainSimCommands } from '../protocol/commands/blockchain-sim/index.ts';
import { describeStatusWord, formatStatusWord, SW, triesLeftOf } from '../protocol/status-word.ts';
import { CardError } from './errors.ts';

/**
 * The error that a status word other than 9000 means for that command. A status word that the catalogue does not
 * give to the command is `card/unexpected-status`, whatever it means elsewhere.
 */
export function statusError(command: AnyCommand, sw: number, request: unknown): CardError {
  const text = formatStatusWord(sw);
  const failed = `${command.name} failed: found ${text}`;
  const tries = triesLeftOf(sw);
  if (tries !== undefined && '63CX' in command.statusWords)
    return tries > 0 ? wrongReference(command, tries, failed) : blockedReference(command, failed);
  if (text in command.statusWords) {
    const known = errorOf(command, sw, request, failed);
    if (known !== undefined) return known;
  }
  const meaning = meaningOf(command, sw);
  return new CardError('card/unexpected-status', `${failed} (${meaning}), expected 9000`, {
    command: command.name,
    sw: text,
    meaning,
  });
}

/** What a status word means for that command, in the catalogue's words where it has any. */
export function meaningOf(command: AnyCommand | undefined, sw: number): string {
  const text = formatStatusWord(sw);
  return command?.statusWords[text] ?? commonStatusWords[text] ?? describeStatusWord(sw);
}

function errorOf(command: AnyCommand, sw: number, request: unknown, failed: string): CardError | undefined {
  const { name, access } = command;
  switch (sw) {
    case SW.blocked:
      return blockedReference(command, failed);
    case SW.notAuthorised:
      return new CardError('card/pin-required', `${failed} (PIN not verified), expected VERIFY before it`, {
        command: name,
      });
    case SW.wrongState:
      if (access === 'not-personalised')
        return new CardError(
          'card/already-personalised',
          `${failed} (personalised already), expected a blank card`,
          { command: name },
        );
      if (command.statusWords['6985'] === 'not personalised')
        return new CardError(
          'card/not-personalised',
          `${failed} (not personalised), expected a personalised card`,
          { command: name },
        );
      return undefined;
    case SW.applicationNotFound: {
      const aid = request instanceof Uint8Array ? toUpperHex(request) : '';
      return new CardError(
        'card/application-not-found',
        `${failed} (no such application), expected one of AID ${aid || '(default)'}`,
        { aid },
      );
    }
    case SW.notFound: {
      const reference = referenceOf(request);
      // GET DATA: a data object that the card has not, and no key.
      if (reference === undefined) return undefined;
      return new CardError(
        'card/no-such-key',
        `${failed} (not found), expected a key or an empty slot of reference ${reference}`,
        { reference },
      );
    }
    case SW.alreadyExists: {
      const reference = referenceOf(request) ?? 0;
      return new CardError(
        'card/slot-taken',
        `${failed} (already exists), expected key slot ${reference} to be empty`,
        { reference },
      );
    }
    default:
      return undefined;
  }
}

/** Only RESET RETRY COUNTER compares the PUK; all others compare the PIN. */
const comparesPuk = (command: AnyCommand): boolean => command === blockchainSimCommands.resetRetryCounter;

function wrongReference(command: AnyCommand, triesLeft: number, failed: string): CardError {
  const [code, name] = comparesPuk(command)
    ? (['card/wrong-puk', 'PUK'] as const)
    : (['card/wrong-pin', 'PIN'] as const);
  const left = triesLeft === 1 ? '1 try left' : `${triesLeft} tries left`;
  return new CardError(code, `${failed} (wrong ${name}, ${left}), expected the card's ${name}`, {
    triesLeft,
  });
}

function blockedReference(command: AnyCommand, failed: string): CardError {
  return comparesPuk(command)
    ? new CardError('card/puk-blocked', `${failed} (PUK blocked), expected a PUK with tries left`, {})
    : new CardError('card/pin-blocked', `${failed} (PIN blocked), expected a PIN with tries left`, {
        unblockWith: 'PUK',
      });
}

function referenceOf(request: unknown): number | undefined {
  const reference = (request as { readonly reference?: unknown } | undefined)?.reference;
  return typeof reference === 'number' ? reference : undefined;
}
