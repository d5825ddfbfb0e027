// SPDX-License-Identifier: Apache-2.0
import { CLA_CHAINING, type CommandApdu, decodeCommandApdu, encodeResponseApdu } from '../protocol/apdu.ts';
import { wipe } from '../protocol/bytes.ts';
import { CLA_CHANNEL, CLA_SECURE_MESSAGING, plainClass } from '../protocol/command.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { secureChannelCommands } from '../protocol/commands/secure-channel/index.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { fitsLength } from '../protocol/layout.ts';
import { proactiveStatus, SW } from '../protocol/status-word.ts';
import type { Application } from './applets/application.ts';
import type { CardState } from './card-state.ts';
import type { ChannelTable, LogicalChannel } from './channel-table.ts';
import type { Route } from './dispatch.ts';
import type { Execution } from './runtime/execution.ts';
import type { NonVolatile } from './runtime/non-volatile.ts';
import { StatusFault } from './runtime/status-fault.ts';
import type { SecurityDomain } from './security-domain/secure-channel.ts';

/** What a card is made of, as far as its commands go. */
export type ProcessorParts = {
  readonly state: NonVolatile<CardState>;
  readonly execution: Execution;
  readonly domain: SecurityDomain;
  readonly channels: ChannelTable;
  readonly applications: readonly Application[];
  readonly onFault: (cause: unknown) => void;
};

/** A command whose header was understood. */
type Received = {
  readonly channel: LogicalChannel;
  readonly number: number;
  readonly route: Route;
  /** The command as it came, and without secure messaging: there when it had to be read to know the route. */
  readonly wire?: CommandApdu;
  readonly plain?: CommandApdu;
};

const { externalAuthenticate } = secureChannelCommands;
const cardLevelInstructions: ReadonlySet<number> = new Set(Object.values(cardCommands).map(({ ins }) => ins));
/** Whether the card answers the command itself, whichever application is selected: all of them are in class 00. */
const isCardLevel = (cla: number, ins: number): boolean =>
  plainClass(cla) === cardCommands.select.cla && cardLevelInstructions.has(ins);
const NO_DATA = new Uint8Array(0);

/** Carries out commands, one after the other; the order of its checks stands in {@link file://./dispatch.ts}. */
export function commandProcessor(parts: ProcessorParts): { process(apdu: Uint8Array): Uint8Array } {
  const { state, execution, domain, channels, applications } = parts;

  /** Tells everybody that a command came, before anything of it is carried out. */
  const announce = (route: Route | undefined, number: number, hasData: boolean): void => {
    const command = route?.command;
    if (command === cardCommands.getResponse) return;
    if (command !== externalAuthenticate) domain.interrupted();
    for (const application of applications) application.meet?.(command, number, hasData);
  };

  const findRoute = (channel: LogicalChannel, { cla, ins, p1, p2 }: Omit<CommandApdu, 'data'>): Route => {
    const isSecure = (cla & CLA_SECURE_MESSAGING) !== 0 || execution.level > 0;
    const route = channel.selection.table.find(cla, ins, p1, p2);
    if (!isSecure && route.command === externalAuthenticate) throw new StatusFault(SW.unknownClass);
    return route;
  };

  const checkChaining = ({ chain }: LogicalChannel, { command }: Route, isPart: boolean): void => {
    if (isPart && command.chaining === undefined) throw new StatusFault(SW.chainingUnsupported);
    // Inside a secure channel every part has an answer, which T=0 fetches before the next part.
    if (command === cardCommands.getResponse) return;
    const isSecure = execution.level > 0;
    if (chain.command === undefined || (chain.command === command && chain.isSecure === isSecure)) return;
    if (command.ins !== cardCommands.select.ins) throw new StatusFault(SW.lastCommandExpected);
    chain.drop();
  };

  /** `wire` is the command as it came, `plain` as it is without secure messaging. */
  const carryOut = (
    channel: LogicalChannel,
    route: Route,
    wire: CommandApdu,
    plain: CommandApdu,
  ): Uint8Array => {
    const { chain, responses } = channel;
    const { command } = route;
    const isPart = (plain.cla & CLA_CHAINING) !== 0;
    // Before its length: it may be the last part of a chain, which is over.
    const repeated = responses.repeat(wire);
    if (repeated !== undefined) return repeated;
    checkLength(route, chain.command === command ? chain.length : 0, plain.data.length, isPart);
    if (command === cardCommands.getResponse) return responses.next(wire.le);
    responses.drop();
    route.admit();
    const response = runPart(channel, route, plain, isPart, execution.level > 0);
    state.commit();
    const sw = execution.proactive === 0 ? SW.ok : proactiveStatus(execution.proactive);
    const data = execution.level === 0 ? response : domain.wrap(response, sw);
    return responses.give(wire, data, sw);
  };

  /** Which command it is, and on which channel; `plain` and `wire` once they had to be read. */
  const receive = (apdu: Uint8Array): Received => {
    if (apdu.length < 4) throw new StatusFault(SW.wrongLength);
    const [cla = 0, ins = 0, p1 = 0, p2 = 0] = apdu;
    if (plainClass(cla) !== 0x00 && plainClass(cla) !== 0x80) throw new StatusFault(SW.unknownClass);
    const hasSecureBit = (cla & CLA_SECURE_MESSAGING) !== 0;
    if (hasSecureBit && isCardLevel(cla, ins)) throw new StatusFault(SW.unknownClass);
    const number = cla & CLA_CHANNEL;
    const channel = channels.at(number);
    if (channel === undefined) throw new StatusFault(SW.channelNotOpen);
    const isAuthentication =
      ins === externalAuthenticate.ins && plainClass(cla) === plainClass(externalAuthenticate.cla);
    if (!hasSecureBit || isAuthentication)
      return { channel, number, route: findRoute(channel, { cla, ins, p1, p2 }) };
    const wire = decodeLengths(apdu);
    const plain = domain.unwrap(number, wire);
    execution.level = domain.levelOn(number);
    return { channel, number, route: findRoute(channel, plain), wire, plain };
  };

  const execute = (apdu: Uint8Array): Uint8Array => {
    let received: Received;
    try {
      received = receive(apdu);
    } catch (fault) {
      announce(undefined, (apdu[0] ?? 0) & CLA_CHANNEL, false);
      throw fault;
    }
    const { channel, number, route } = received;
    const [cla = 0, ins = 0, p1 = 0, p2 = 0] = apdu;
    const hasData = received.plain === undefined ? bringsData(apdu) : received.plain.data.length > 0;
    if (hasData || !channel.responses.holds({ cla, ins, p1, p2 })) announce(route, number, hasData);
    checkChaining(channel, route, (cla & CLA_CHAINING) !== 0);
    const wire = received.wire ?? decodeLengths(apdu);
    const plain = received.plain ?? wire;
    try {
      return carryOut(channel, route, wire, plain);
    } finally {
      if (route.command.secret === 'data') wipe(wire.data, plain.data);
    }
  };

  /** Ends what the channel was in the middle of; gives the fault of the command, or that of the memory here. */
  const abandon = (channel: LogicalChannel | undefined, fault: unknown): unknown => {
    state.rollback();
    channel?.chain.drop();
    channel?.responses.drop();
    try {
      channel?.selection.commandFailed();
      return fault;
    } catch (next) {
      return next;
    }
  };

  const fail = (apdu: Uint8Array, cause: unknown): Uint8Array => {
    const channel = channels.at((apdu[0] ?? 0) & CLA_CHANNEL);
    const fault = abandon(channel, cause);
    const sw = fault instanceof StatusFault ? fault.sw : SW.noPreciseDiagnosis;
    if (sw === SW.noPreciseDiagnosis) parts.onFault(fault);
    if (sw === SW.memoryFailure && fault instanceof StatusFault) parts.onFault(fault.cause);
    // A warning, such as a wrong PIN, is an answer like 9000: inside a secure channel it has its MAC.
    const data = execution.level === 0 ? NO_DATA : domain.wrap(NO_DATA, sw);
    if (data.length === 0 || channel === undefined) return encodeResponseApdu({ data, sw });
    const wire = decodeLengths(apdu);
    wipe(wire.data);
    return channel.responses.give(wire, data, sw);
  };

  return {
    process: (apdu) => {
      execution.level = 0;
      execution.proactive = 0;
      try {
        return execute(apdu);
      } catch (fault) {
        return fail(apdu, fault);
      }
    },
  };
}

/** Whether there is more than header and Le, short or extended; the length fields may not fit the bytes. */
const bringsData = ({ length, 4: fifth }: Uint8Array): boolean =>
  length > 5 && !(length === 7 && fifth === 0);

/** The longest length of a streamed command is that of a part; the shortest is that of the whole, its last part may be empty. */
function checkLength({ command, stream }: Route, before: number, length: number, isPart: boolean): void {
  const { max } = command.data;
  const part = length + (command.parameter === undefined ? 0 : 1);
  const isTooLong = part + (stream === undefined ? before : 0) > max;
  if (isTooLong || (!isPart && !fitsLength(command.data, Math.min(before + part, max))))
    throw new StatusFault(SW.wrongLength);
}

/** Response data; none for a part of a chain that goes on. */
function runPart(
  { chain }: LogicalChannel,
  { command, stream, run }: Route,
  { p1, p2, data }: CommandApdu,
  isPart: boolean,
  isSecure: boolean,
): Uint8Array {
  if (stream === undefined) {
    if (!isPart) return run({ p1, p2, data: chain.end(data) });
    chain.add(command, isSecure, data);
    return NO_DATA;
  }
  const flow = chain.stream ?? stream();
  flow.write(data);
  if (isPart) {
    chain.follow(command, isSecure, flow, data.length);
    return NO_DATA;
  }
  chain.drop();
  return flow.end();
}

/** The command with its lengths read. Throws {@link StatusFault} 6700 when they do not fit. */
function decodeLengths(apdu: Uint8Array): CommandApdu {
  try {
    return decodeCommandApdu(apdu);
  } catch (cause) {
    if (cause instanceof ProtocolError) throw new StatusFault(SW.wrongLength, { cause });
    throw cause;
  }
}
