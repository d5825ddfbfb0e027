// SPDX-License-Identifier: Apache-2.0
import { CHANNELS } from '../protocol/commands/card/manage-channel.ts';
import { SW } from '../protocol/status-word.ts';
import type { Application } from './applets/application.ts';
import { type CommandChain, commandChain } from './runtime/command-chain.ts';
import { type Profile, type ResponseQueue, responseQueue } from './runtime/response-queue.ts';
import { StatusFault } from './runtime/status-fault.ts';
import { openSelection, type Selection } from './selection.ts';

/** What a logical channel has of its own. */
export type LogicalChannel = {
  readonly selection: Selection;
  readonly chain: CommandChain;
  readonly responses: ResponseQueue;
};

/** The logical channels of a card. Source: ISO/IEC 7816-4:2020 §5.4.1 and §11.1.2. */
export type ChannelTable = {
  /** Undefined when it is not open. */
  at(channel: number): LogicalChannel | undefined;
  /** Closes all but channel 0, and ends the session of that. */
  reset(): void;
};

/** The channels, with channel 0 open; `release` ends what a channel holds of the card. */
export function channelTable(
  applications: readonly Application[],
  profile: Profile,
  release: (channel: number) => void,
): ChannelTable {
  const open = new Map<number, LogicalChannel>();

  const end = (number: number): void => {
    const channel = open.get(number);
    channel?.selection.clear();
    channel?.chain.drop();
    channel?.responses.drop();
  };
  const closeChannel = (number: number): void => {
    if (!open.has(number)) throw new StatusFault(SW.wrongState);
    end(number);
    open.delete(number);
  };
  const openChannel = (): number => {
    const number = Array.from({ length: CHANNELS }, (_, i) => i).find((i) => !open.has(i));
    if (number === undefined) throw new StatusFault(SW.notEnoughMemory);
    const services = { openChannel, closeChannel, release: () => release(number) };
    open.set(number, {
      selection: openSelection(applications, number, services),
      chain: commandChain(),
      responses: responseQueue(profile),
    });
    return number;
  };
  openChannel();

  return {
    at: (number) => open.get(number),
    reset: () => {
      for (const number of [...open.keys()]) if (number !== 0) closeChannel(number);
      end(0);
    },
  };
}
