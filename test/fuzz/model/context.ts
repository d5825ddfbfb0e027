// SPDX-License-Identifier: Apache-2.0
import { SW } from '../../../protocol/status-word.ts';
import { type Outcome, refuse } from './outcome.ts';
import type { ModelChannel, ModelState, Presence } from './state.ts';

/** One command as a rule of the model sees it. */
export type Call = {
  readonly s: ModelState;
  readonly channel: ModelChannel;
  readonly number: number;
  /** Security level under which it came, 0 for none. */
  readonly level: number;
  /** SW1-SW2 that the card gave, as a whole: 9000 also for what is still to be fetched. */
  readonly given: number;
};

/** What a command with that request must do; changes the state as the card must. Throws {@link Refusal}. */
export type Rule<Request> = (request: Request, call: Call) => Outcome;

/** Who may use keys on the channel. */
export function presenceOf({ s, channel, level }: Call): Presence | undefined {
  if (s.lifeCycle === 'selectable') return level > 0 ? 'issuer' : undefined;
  return s.lifeCycle === 'personalised' ? channel.verified : undefined;
}

/** As {@link presenceOf}, 6982 for nobody. */
export const requirePresence = (call: Call): Presence => presenceOf(call) ?? refuse(SW.notAuthorised);
