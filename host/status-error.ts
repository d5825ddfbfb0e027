// SPDX-License-Identifier: Apache-2.0

import { toUpperHex } from '../protocol/bytes.ts';
import type { AnyCommand } from '../protocol/command.ts';
import { commonStatusWords } from '../protocol/command.ts';
import { blockchainSimCommands as commands } from '../protocol/commands/blockchain-sim/index.ts';
import { catalogue } from '../protocol/commands/index.ts';
import {
  describeStatusWord,
  formatStatusWord,
  isProactiveStatus,
  SW,
  triesLeftOf,
} from '../protocol/status-word.ts';
import { CardError } from './errors.ts';

const { initializeUpdate } = catalogue['secure-channel'];

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
  if (isProactiveStatus(sw))
    return new CardError(
      'card/terminal-needed',
      `${failed} (a proactive command waits), expected a terminal that fetches it`,
      { command: command.name },
    );
  if (sw === SW.channelNotOpen)
    return new CardError('card/channel-not-open', `${failed} (channel not open), expected an open one`, {
      command: command.name,
    });
  if (sw === SW.badData && settingPin.includes(command))
    return new CardError(
      'card/pin-not-allowed',
      `${failed} (PIN not taken), expected one that the card allows`,
      {
        command: command.name,
      },
    );
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
  const { name } = command;
  // Its layer says what its status words mean.
  if (command === catalogue['secure-channel'].externalAuthenticate) return undefined;
  switch (sw) {
    case SW.blocked:
      return command === initializeUpdate
        ? keySetError(
            'card/key-set-locked',
            request,
            `${failed} (key set locked), expected one with tries left`,
          )
        : blockedReference(command, failed);
    case SW.notAuthorised:
      return notAuthorised(command, failed);
    case SW.wrongState:
      return wrongState(command, failed);
    case SW.applicationNotFound: {
      const aid = request instanceof Uint8Array ? toUpperHex(request) : '';
      return new CardError(
        'card/application-not-found',
        `${failed} (no such application), expected one of AID ${aid || '(default)'}`,
        { aid },
      );
    }
    case SW.notFound:
      return notFound(command, request, failed);
    case SW.alreadyExists:
      return alreadyExists(command, request, failed);
    case SW.notEnoughMemory: {
      const meaning = meaningOf(command, sw);
      return new CardError('card/no-room', `${failed} (${meaning}), expected room for it`, {
        command: name,
        meaning,
      });
    }
    default:
      return undefined;
  }
}

/** 6982 by who may use the command. Inside a secure channel the channel's own layer has looked at it before. */
function notAuthorised(command: AnyCommand, failed: string): CardError {
  const { name, access } = command;
  if (access === 'administrator' || access === 'administrator-with-holder') {
    const reason = command.statusWords['6982'] ?? 'not inside a secure channel';
    return new CardError('card/administrator-required', `${failed} (${reason}), expected the administrator`, {
      command: name,
      reason,
    });
  }
  return new CardError('card/pin-required', `${failed} (PIN not verified), expected VERIFY before it`, {
    command: name,
  });
}

/** Signing and all that belongs to it: what they refuse with 6985 is the key's policy, nearly always. */
const signing: readonly AnyCommand[] = [
  commands.hash,
  commands.computeDigitalSignature,
  commands.signTransaction,
  commands.internalAuthenticate,
  commands.generalAuthenticate,
];

/** 6985 by what the catalogue says that it can mean for the command. */
function wrongState(command: AnyCommand, failed: string): CardError | undefined {
  const { name, states } = command;
  const meaning = meaningOf(command, SW.wrongState);
  const message = (expected: string): string => `${failed} (${meaning}), expected ${expected}`;
  if (command === commands.storeData)
    return new CardError('card/already-personalised', message('a blank card'), { command: name });
  if (meaning === 'not personalised')
    return new CardError('card/not-personalised', message('a personalised card'), { command: name });
  if (command === commands.confirmWithPin)
    return new CardError('card/not-confirmed', message('the transaction that waits'), { command: name });
  if (signing.includes(command))
    return new CardError('card/not-allowed-by-policy', message('a key that may sign it'), { command: name });
  if (/^not in this life-cycle state(, or the tries of the PUK are used up)?$/.test(meaning))
    return new CardError('card/wrong-life-cycle', message(`a card that is ${states.join(' or ')}`), {
      command: name,
      states,
    });
  if (/life-cycle|wallet|selectable already/.test(meaning))
    return new CardError('card/not-possible', message('what the command is for'), { command: name, meaning });
  return undefined;
}

function notFound(command: AnyCommand, request: unknown, failed: string): CardError | undefined {
  if (command === catalogue['card-manager'].makeSelectable) {
    const aid = request instanceof Uint8Array ? toUpperHex(request) : '';
    return new CardError('card/application-not-found', `${failed} (no application), expected ${aid}`, {
      aid,
    });
  }
  if (command === commands.readAttestationKey)
    return new CardError('card/no-attestation-key', `${failed} (there is none), expected one`, {});
  if (command === initializeUpdate || command === catalogue['card-manager'].putKey)
    return keySetError(
      'card/no-such-key-set',
      request,
      `${failed} (not found), expected a key set that it has`,
    );
  const reference = referenceOf(request);
  // GET DATA: a data object that the card has not, and no key.
  if (reference === undefined) return undefined;
  return new CardError(
    'card/no-such-key',
    `${failed} (not found), expected a key or an empty slot of reference ${reference}`,
    { reference },
  );
}

function alreadyExists(command: AnyCommand, request: unknown, failed: string): CardError | undefined {
  if (command === commands.generateAttestationKey)
    return new CardError('card/attestation-key-exists', `${failed} (there is one), expected none`, {});
  if (command === catalogue['card-manager'].putKey) {
    // Behind the version to replace, which is the first byte, comes that of the new set.
    const version = request instanceof Uint8Array ? (request[1] ?? 0) : 0;
    return new CardError('card/key-set-exists', `${failed} (already exists), expected another version`, {
      version,
    });
  }
  const reference = referenceOf(request) ?? 0;
  return new CardError(
    'card/slot-taken',
    `${failed} (already exists), expected key slot ${reference} to be empty`,
    { reference },
  );
}

function keySetError(
  code: 'card/key-set-locked' | 'card/no-such-key-set',
  request: unknown,
  message: string,
): CardError {
  const { kvn } = (request ?? {}) as { readonly kvn?: unknown };
  const first = request instanceof Uint8Array ? (request[0] ?? 0) : 0;
  return new CardError(code, message, { version: typeof kvn === 'number' ? kvn : first });
}

/** RESET RETRY COUNTER compares the PUK; all others compare the PIN. */
const comparesPuk = (command: AnyCommand): boolean =>
  command === commands.resetRetryCounter || command === commands.setDuressPin;

/** The commands that set a PIN: what is well formed and yet refused with 6A80 is a PIN that the card does not take. */
const settingPin: readonly AnyCommand[] = [
  commands.changeReferenceData,
  commands.resetRetryCounter,
  commands.setDuressPin,
  commands.storeData,
];

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
