// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../protocol/bytes.ts';
import { select as selectCommand } from '../../../protocol/commands/card/select.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../../protocol/identifiers/aid.ts';
import { SW } from '../../../protocol/status-word.ts';
import type { Call, Rule } from './context.ts';
import { done, hold, type Outcome, refuse } from './outcome.ts';
import { endSecure, endWorkOf, type ModelState, newChannel } from './state.ts';

const applications = [
  { name: 'custody', aid: aidBytes(BLOCKCHAIN_SIM_AID) },
  { name: 'manager', aid: aidBytes(CARD_MANAGER_AID) },
] as const;

/** Ends what a channel holds of the card. */
function release(s: ModelState, channel: number): void {
  if (s.begun?.channel === channel) s.begun = undefined;
  if (s.secure?.channel === channel) endSecure(s);
  endWorkOf(s, channel);
}

function selectFrom(first: number, aid: Uint8Array, { s, channel, number }: Call): Outcome {
  const found = applications.find(
    ({ name, aid: own }, i) =>
      i >= first &&
      (name === 'manager' || s.lifeCycle !== 'installed') &&
      equalBytes(own.subarray(0, aid.length), aid),
  );
  if (found === undefined) return refuse(SW.applicationNotFound);
  Object.assign(channel, { selected: found.name, verified: undefined, terminal: false });
  channel.chosen.clear();
  release(s, number);
  return {
    check: (data) => {
      const { aid: given } = selectCommand.response.decode(data);
      hold(equalBytes(given, found.aid), 'SELECT: found another AID than that of what is selected');
    },
  };
}

const select: Rule<Uint8Array> = (aid, call) => selectFrom(0, aid, call);

const selectNext: Rule<Uint8Array> = (aid, call) =>
  selectFrom(applications.findIndex(({ name }) => name === call.channel.selected) + 1, aid, call);

const openChannel: Rule<void> = (_, { s }) => {
  const free = s.channels.indexOf(undefined);
  if (free < 0) return refuse(SW.notEnoughMemory);
  s.channels[free] = newChannel();
  return { exact: Uint8Array.of(free) };
};

const closeChannel: Rule<number> = (number, { s }) => {
  if (s.channels[number] === undefined) return refuse(SW.wrongState);
  s.channels[number] = undefined;
  release(s, number);
  return done;
};

/** Rules of the commands that the card itself answers, but GET RESPONSE, which is of the way they are transmitted. */
export const cardLevelRules = { select, selectNext, openChannel, closeChannel };
