// SPDX-License-Identifier: Apache-2.0
import { equalBytes, wipe } from '../../../../protocol/bytes.ts';
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { isPinBlock, PIN_TRIES, type PinBlock, PUK_TRIES } from '../../../../protocol/pin.ts';
import { allowsPin } from '../../../../protocol/pin-rules.ts';
import type { LogEvent } from '../../../../protocol/security-log.ts';
import { SW, triesLeftStatus } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { type OwnerPin, spendTry } from '../../../runtime/owner-pin.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { personalisationOf, pinsOf, presenceOf } from '../access.ts';
import { type Context, log, update } from '../context.ts';
import { forgetChoices } from '../session.ts';
import type { Pins } from '../state.ts';

type PinCommands = Pick<
  typeof blockchainSimCommands,
  'verify' | 'changeReferenceData' | 'resetRetryCounter' | 'setDuressPin'
>;

/** Handlers of the commands that compare, change and unblock the PIN. They wipe the blocks of their requests. */
export const pinHandlers: HandlersOf<PinCommands, Context> = {
  verify: (candidate, context) => {
    if (candidate === undefined) return askTries(context);
    try {
      const presence = tryPin(candidate, context);
      log(context, 'pin-verified');
      context.memory.commit();
      enter(presence, context);
    } finally {
      wipe(candidate);
    }
  },

  // A new PIN that is no PIN is refused before the old one is tried, so that a slip of the host costs no try.
  changeReferenceData: ({ oldPin, newPin }, context) => {
    try {
      requireAllowed(newPin, context);
      const presence = tryPin(oldPin, context);
      // Under duress any new PIN is taken: to refuse the true one would tell it.
      if (presence === 'duress-pin') setDuress(newPin, 'pin-changed', context);
      else setPin(newPin, 'pin-changed', context);
      verifyAnew(presence, context);
    } finally {
      wipe(oldPin, newPin);
    }
  },

  // As above; and the PUK that unblocks counts down to its own end, after which nothing unblocks.
  resetRetryCounter: ({ puk, newPin }, context) => {
    try {
      requireAllowed(newPin, context);
      tryPuk(puk, context);
      setPin(newPin, 'pin-set-with-puk', context);
      verifyAnew('pin', context);
    } finally {
      wipe(puk, newPin);
    }
  },

  // The log has the same entry as for a PIN, and nothing else tells that there is a duress PIN. What would be an oracle
  // for the PIN is asked only of who has the PUK.
  setDuressPin: ({ puk, duressPin }, context) => {
    try {
      tryPuk(puk, context);
      const isRemoval = duressPin.every((byte) => byte === 0xff);
      const isPin = equalBytes(pinsOf(context).pin.block, duressPin);
      if (!isRemoval && (isPin || !isAllowed(duressPin, context))) refuse(context);
      setDuress(isRemoval ? undefined : duressPin, 'pin-set-with-puk', context);
    } finally {
      wipe(puk, duressPin);
    }
  },
};

/** Who knows the new PIN is inside; who came in with the old one, on other logical channels, is not any more. */
function verifyAnew(presence: 'pin' | 'duress-pin', context: Context): void {
  context.era.now++;
  enter(presence, context);
}

/**
 * Who entered a PIN begins with nothing chosen and nothing under way, whichever PIN it was: a key chosen before would
 * go on working after the one and not after the other.
 */
function enter(presence: 'pin' | 'duress-pin', { session, era, workspace }: Context): void {
  forgetChoices(session);
  workspace.endOf(session.channel);
  session.verified = { presence, era: era.now };
}

function askTries(context: Context): void {
  if (presenceOf(context) !== undefined) return;
  const { triesLeft } = pinsOf(context).pin;
  throw new StatusFault(triesLeft === 0 ? SW.blocked : triesLeftStatus(triesLeft));
}

/**
 * Spends a try, compares with PIN and duress PIN, both always, and gives all tries back, in the draft, when one of them is
 * right. A PIN that was verified before is so no longer. Throws {@link StatusFault} 63CX or 6983.
 */
export function tryPin(candidate: PinBlock, context: Context): 'pin' | 'duress-pin' {
  context.session.verified = undefined;
  const spent = spendTry(pinsOf(context).pin, (pin) => {
    setPins(context, { pin });
    context.memory.commit();
  });
  const { duress } = pinsOf(context);
  const isPin = equalBytes(spent.block, candidate);
  const isDuress = equalBytes(duress ?? spent.block, candidate) && duress !== undefined;
  if (!isPin && !isDuress) return fail('pin-wrong', spent, context);
  setPins(context, { pin: { ...spent, triesLeft: PIN_TRIES } });
  return isDuress ? 'duress-pin' : 'pin';
}

/** As {@link tryPin}; the last try that fails blocks the card. */
function tryPuk(candidate: PinBlock, context: Context): void {
  const spent = spendTry(pinsOf(context).puk, (puk) => {
    setPins(context, { puk });
    context.memory.commit();
  });
  if (!equalBytes(spent.block, candidate)) {
    if (spent.triesLeft === 0) {
      update(context, { lifeCycle: 'blocked' });
      context.era.now++;
    }
    fail('puk-wrong', spent, context);
  }
  setPins(context, { puk: { ...spent, triesLeft: PUK_TRIES } });
}

function fail(event: 'pin-wrong' | 'puk-wrong', { triesLeft }: OwnerPin, context: Context): never {
  log(context, event, { detail: triesLeft });
  if (event === 'puk-wrong' && triesLeft === 0) log(context, 'blocked');
  context.memory.commit();
  throw new StatusFault(triesLeftStatus(triesLeft));
}

/** Refuses a new PIN after the old one, or the PUK, proved right: its tries are given back. */
function refuse(context: Context): never {
  context.memory.commit();
  throw new StatusFault(SW.badData);
}

/** Commits a new PIN with all its tries, then wipes the old one. Throws {@link StatusFault} 6A80 for the duress PIN. */
function setPin(newPin: PinBlock, event: LogEvent, context: Context): void {
  const { pin, duress } = pinsOf(context);
  if (duress !== undefined && equalBytes(duress, newPin)) refuse(context);
  setPins(context, { pin: { block: newPin.slice(), triesLeft: PIN_TRIES } });
  log(context, event);
  context.memory.commit();
  wipe(pin.block);
}

/** Commits a new duress PIN, or none, then wipes the old one. */
function setDuress(newPin: PinBlock | undefined, event: LogEvent, context: Context): void {
  const { pin, puk, duress } = pinsOf(context);
  update(context, { pins: { pin, puk, ...(newPin === undefined ? {} : { duress: newPin.slice() }) } });
  log(context, event);
  context.memory.commit();
  if (duress !== undefined) wipe(duress);
}

const setPins = (context: Context, changes: Partial<Pins>): void =>
  update(context, { pins: { ...pinsOf(context), ...changes } });

function isAllowed(block: PinBlock, context: Context): boolean {
  const { pinRules, forbiddenPins } = personalisationOf(context);
  return isPinBlock(block) && allowsPin(pinRules, forbiddenPins, block);
}

function requireAllowed(block: PinBlock, context: Context): void {
  if (!isAllowed(block, context)) throw new StatusFault(SW.badData);
}
