// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { isPinBlock, PIN_TRIES, type PinBlock, PUK_TRIES } from '../../../protocol/pin.ts';
import { SW, triesLeftStatus } from '../../../protocol/status-word.ts';
import type { HandlersOf } from '../../dispatch.ts';
import { type OwnerPin, spendTry } from '../../runtime/owner-pin.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import { personalisationOf } from './access.ts';
import type { Context } from './context.ts';
import type { Personalisation } from './state.ts';

type PinCommands = Pick<typeof blockchainSimCommands, 'verify' | 'changeReferenceData' | 'resetRetryCounter'>;

/** Handlers of the commands that compare, change and unblock the PIN. They wipe the blocks of their requests. */
export const pinHandlers: HandlersOf<PinCommands, Context> = {
  verify: (candidate, context) => {
    if (candidate === undefined) return askTries(context);
    try {
      tryPin(candidate, context);
      store(context, { pin: { ...personalisationOf(context.memory.state).pin, triesLeft: PIN_TRIES } });
      context.session.verified = true;
    } finally {
      wipe(candidate);
    }
  },

  // A new PIN that is no PIN is refused before the old one is tried, so that a slip of the host costs no try.
  changeReferenceData: ({ oldPin, newPin }, context) => {
    try {
      requirePinBlock(newPin);
      tryPin(oldPin, context);
      setPin(newPin, context);
    } finally {
      wipe(oldPin, newPin);
    }
  },

  // As above; and the PUK that unblocks counts down to its own end, after which nothing unblocks.
  resetRetryCounter: ({ puk, newPin }, context) => {
    try {
      requirePinBlock(newPin);
      const held = personalisationOf(context.memory.state).puk;
      spendTry(held, puk, (spent) => store(context, { puk: spent }));
      setPin(newPin, context, { puk: { ...held, triesLeft: PUK_TRIES } });
    } finally {
      wipe(puk, newPin);
    }
  },
};

function askTries({ memory, session }: Context): void {
  if (session.verified) return;
  const { triesLeft } = personalisationOf(memory.state).pin;
  throw new StatusFault(triesLeft === 0 ? SW.blocked : triesLeftStatus(triesLeft));
}

/** Spends a try; a PIN that was verified before is so no longer unless this succeeds. */
function tryPin(candidate: PinBlock, context: Context): void {
  context.session.verified = false;
  spendTry(personalisationOf(context.memory.state).pin, candidate, (spent) => store(context, { pin: spent }));
}

/** Commits the new PIN with all its tries, and the rest with it, then wipes the old one. */
function setPin(newPin: PinBlock, context: Context, rest: { readonly puk?: OwnerPin } = {}): void {
  const { block: old } = personalisationOf(context.memory.state).pin;
  store(context, { ...rest, pin: { block: newPin.slice(), triesLeft: PIN_TRIES } });
  wipe(old);
  context.session.verified = true;
}

function requirePinBlock(block: PinBlock): void {
  if (!isPinBlock(block)) throw new StatusFault(SW.badData);
}

function store({ memory }: Context, change: Partial<Pick<Personalisation, 'pin' | 'puk'>>): void {
  const { state } = memory;
  memory.replace({ ...state, personalisation: { ...personalisationOf(state), ...change } });
  memory.commit();
}
