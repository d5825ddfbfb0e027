// SPDX-License-Identifier: Apache-2.0
import { CLA_CHAINING, encodeResponseApdu, SHORT_LE_MAX } from '../protocol/apdu.ts';
import { equalBytes } from '../protocol/bytes.ts';
import { hasParameters } from '../protocol/command.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { CHANNELS } from '../protocol/commands/card/manage-channel.ts';
import { secureChannelCommands } from '../protocol/commands/secure-channel/index.ts';
import { rightLengthStatus, SW } from '../protocol/status-word.ts';
import type { Application, CardServices } from './application.ts';
import { checkLength, commandTable, isInstruction } from './dispatch.ts';
import { type ReceivedCommand, receiveCommand } from './received-command.ts';
import { StatusFault, statusWordOf } from './runtime/status-fault.ts';

/** The card itself: it answers what is not for an application, and hands the rest to the one that is selected. */
export type CardOs = {
  /** R-APDU of a C-APDU, whatever the bytes. */
  process(apdu: Uint8Array): Uint8Array;
  /** Ends every session and closes all channels but 0. */
  reset(): void;
};

const { select, selectNext, getResponse, openChannel, closeChannel } = cardCommands;
const { externalAuthenticate } = secureChannelCommands;

/**
 * The card over its applications, in the order in which SELECT finds them; the first is the default one. Logical
 * channels: ISO/IEC 7816-4:2020 §5.4.1 and §11.1.2. The order of checks stands in {@link file://./dispatch.ts}.
 */
export function cardOs(applications: readonly Application[], services: CardServices): CardOs {
  const { memory, domain, profile, onFault } = services;
  /** The application that is selected on each open channel. */
  const channels = new Map<number, Application | undefined>([[0, undefined]]);

  const endSession = (number: number): void => {
    channels.get(number)?.end(number);
    domain.endOn(number);
  };

  const open = ({ le }: ReceivedCommand): Uint8Array => {
    const number = Array.from({ length: CHANNELS }, (_, i) => i).find((i) => !channels.has(i));
    if (number === undefined) throw new StatusFault(SW.notEnoughMemory);
    // The card keeps no response: a channel is opened only for who takes its number at once.
    const takesNumber = profile === 't1' ? le !== undefined : (le ?? SHORT_LE_MAX) === 1;
    if (!takesNumber) throw new StatusFault(rightLengthStatus(1));
    channels.set(number, undefined);
    return openChannel.response.encode(number);
  };

  const close = ({ p2: number }: ReceivedCommand): Uint8Array => {
    if (!channels.has(number)) throw new StatusFault(SW.wrongState);
    channels.get(number)?.interrupt();
    endSession(number);
    channels.delete(number);
    return NO_DATA;
  };

  const own = commandTable([
    { command: openChannel, run: open },
    { command: closeChannel, run: close },
    { command: select, run: () => fail(SW.applicationNotFound) },
    { command: selectNext, run: () => fail(SW.applicationNotFound) },
    { command: getResponse, run: () => fail(SW.wrongState) },
  ]);

  const answer = (received: ReceivedCommand): Uint8Array => {
    const { command, run } = own.find(received);
    if ((received.cla & CLA_CHAINING) !== 0) throw new StatusFault(SW.chainingUnsupported);
    checkLength(command, 0, received.data.length, false);
    return encodeResponseApdu({ data: run(received), sw: SW.ok });
  };

  /** The application that the command selects; undefined for what is no SELECT by AID, or one that finds nothing. */
  const selectedBy = (received: ReceivedCommand): Application | undefined => {
    const { cla, p1, p2, data, channel } = received;
    if (!isInstruction(received, select) || (cla & CLA_CHAINING) !== 0 || data.length > select.data.max)
      return undefined;
    const isNext = hasParameters(selectNext, p1, p2);
    if (!isNext && !hasParameters(select, p1, p2)) return undefined;
    const current = channels.get(channel);
    const first = isNext && current !== undefined ? applications.indexOf(current) + 1 : 0;
    return applications.find(
      (each, i) => i >= first && each.isSelectable() && equalBytes(each.aid.subarray(0, data.length), data),
    );
  };

  const selectApplication = (found: Application, received: ReceivedCommand): Uint8Array => {
    const { channel } = received;
    // Whatever can fail comes before anything is changed.
    for (const each of new Set([found, channels.get(channel)])) each?.interrupt();
    endSession(channel);
    channels.set(channel, found);
    return found.select(received);
  };

  const execute = (received: ReceivedCommand): Uint8Array => {
    const { channel } = received;
    if (!channels.has(channel)) throw new StatusFault(SW.channelNotOpen);
    const selected = channels.get(channel);
    const repeated = selected?.repeat(received);
    if (repeated !== undefined) return repeated;
    if (isInstruction(received, openChannel)) return answer(received);
    const found = selectedBy(received);
    if (found !== undefined) return selectApplication(found, received);
    return selected === undefined ? answer(received) : selected.process(received);
  };

  return {
    process: (apdu) => {
      // Between INITIALIZE UPDATE and EXTERNAL AUTHENTICATE only a response may be fetched.
      const [cla = 0, ins = 0] = apdu;
      if (!isInstruction({ cla, ins }, externalAuthenticate) && !isInstruction({ cla, ins }, getResponse))
        domain.interrupted();
      try {
        return execute(receiveCommand(apdu));
      } catch (fault) {
        memory.rollback();
        return encodeResponseApdu({ data: NO_DATA, sw: statusWordOf(fault, onFault) });
      }
    },
    reset: () => {
      for (const number of channels.keys()) endSession(number);
      channels.clear();
      channels.set(0, undefined);
    },
  };
}

const NO_DATA = new Uint8Array(0);

function fail(sw: number): never {
  throw new StatusFault(sw);
}
