// SPDX-License-Identifier: Apache-2.0
import { SW } from '../../../protocol/status-word.ts';
import { type Outcome, refuse } from './outcome.ts';
import type { Call, Presence } from './state.ts';

export type { Call };

/** What a command with that request must do; changes the state as the card must. Throws {@link Refusal}. */
export type Rule<Request> = (request: Request, call: Call) => Outcome;

/** Who may use keys on the channel. */
export function presenceOf({ s, channel, level }: Call): Presence | undefined {
  if (s.lifeCycle === 'selectable') return level > 0 ? 'issuer' : undefined;
  return s.lifeCycle === 'personalised' ? channel.verified : undefined;
}

/** As {@link presenceOf}, 6982 for nobody. */
export const requirePresence = (call: Call): Presence => presenceOf(call) ?? refuse(SW.notAuthorised);
