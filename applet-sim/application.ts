// SPDX-License-Identifier: Apache-2.0
import { CLA_CHAINING, type CommandApdu } from '../protocol/apdu.ts';
import { concat, uint16, wipe } from '../protocol/bytes.ts';
import { type AnyCommand, CLA_SECURE_MESSAGING } from '../protocol/command.ts';
import { SIGNED_BYTES_MAX } from '../protocol/commands/blockchain-sim/security-operation.ts';
import { cardCommands } from '../protocol/commands/card/index.ts';
import { CHANNELS } from '../protocol/commands/card/manage-channel.ts';
import { secureChannelCommands } from '../protocol/commands/secure-channel/index.ts';
import { proactiveStatus, SW } from '../protocol/status-word.ts';
import type { Applet } from './applets/applet.ts';
import { type CommandTable, checkLength, commandTable, isInstruction, type Route } from './dispatch.ts';
import type { ReceivedCommand } from './received-command.ts';
import { type CommandChain, commandChain } from './runtime/command-chain.ts';
import type { Execution } from './runtime/execution.ts';
import { StatusFault, statusWordOf } from './runtime/status-fault.ts';
import { type Profile, waitingResponse } from './runtime/waiting-response.ts';
import type { SecurityDomain } from './security-domain/secure-channel.ts';

/** An application as the card sees it: it answers what the card hands to it, and knows nothing of the rest. */
export type Application = {
  /** 5 to 16 bytes. */
  readonly aid: Uint8Array;
  /** Whether SELECT finds it. */
  isSelectable(): boolean;
  /**
   * Comes before the application is selected or deselected on any logical channel; drops the response that waits. Throws
   * {@link StatusFault} 6581.
   */
  interrupt(): void;
  /** R-APDU to the SELECT that found it. */
  select(command: ReceivedCommand): Uint8Array;
  /** Ends its session on a logical channel. */
  end(channel: number): void;
  /** R-APDU to a command on a channel on which it is selected; whatever the command, there is one. */
  process(command: ReceivedCommand): Uint8Array;
  /** R-APDU when this is the command of its last 6CXX again, which is not carried out twice; undefined otherwise. */
  repeat(command: ReceivedCommand): Uint8Array | undefined;
};

/** What the card gives to every application. */
export type CardServices = {
  /** The memory of the whole card. */
  readonly memory: { commit(): void; rollback(): void };
  readonly execution: Execution;
  readonly domain: SecurityDomain;
  readonly profile: Profile;
  /** Told what lies behind a status word 6581 or 6F00. */
  readonly onFault: (cause: unknown) => void;
};

/** The application on one logical channel. */
type Place = {
  readonly table: CommandTable<Route>;
  readonly chain: CommandChain;
  readonly end: () => void;
};

const { select, selectNext, getResponse } = cardCommands;
const { initializeUpdate, externalAuthenticate } = secureChannelCommands;
const NO_DATA = new Uint8Array(0);

/** Tag and length of the longest command data field. Source: GlobalPlatform Card Specification 2.3.1 §11.9.3.1. */
const LONGEST_DATA_FIELD = Uint8Array.of(0x9f, 0x65, 0x02);

/** Runs an applet: secure messaging, the order of checks, chains and the waiting response around its commands. */
export function application(applet: Applet, services: CardServices): Application {
  const { memory, execution, domain, profile, onFault } = services;
  const responses = waitingResponse(profile);
  const places: readonly Place[] = Array.from({ length: CHANNELS }, (_, channel) => {
    const { routes, end } = applet.open(channel);
    return { table: commandTable([...ownRoutes, ...routes]), chain: commandChain(), end };
  });
  const placeOf = ({ channel }: ReceivedCommand): Place => places[channel] as Place;

  const withoutSecureMessaging = (wire: ReceivedCommand): CommandApdu => {
    if (!hasSecureBit(wire) || isInstruction(wire, externalAuthenticate)) return wire;
    // The MAC covers Lc, and on silicon an applet learns of its value, not of its form.
    if (wire.hasExtendedLc) throw new StatusFault(SW.wrongLength);
    const plain = domain.unwrap(wire.channel, wire);
    execution.level = domain.levelOn(wire.channel);
    return plain;
  };

  const checkChaining = ({ chain }: Place, { command }: Route, isPart: boolean): void => {
    if (isPart && command.chaining === undefined) throw new StatusFault(SW.chainingUnsupported);
    // Inside a secure channel every part has an answer, which T=0 fetches before the next part.
    if (chain.command === undefined || command === getResponse) return;
    if (chain.command !== command || chain.isSecure !== execution.level > 0)
      throw new StatusFault(SW.lastCommandExpected);
  };

  const carryOut = (wire: ReceivedCommand, plain: CommandApdu, route: Route): Uint8Array => {
    const { channel } = wire;
    const { command } = route;
    const place = placeOf(wire);
    const isPart = (plain.cla & CLA_CHAINING) !== 0;
    const wants = secureMessagingOf.get(command);
    if (wants !== undefined && wants !== hasSecureBit(wire)) throw new StatusFault(SW.unknownClass);
    if (command !== getResponse) {
      responses.drop();
      applet.meet?.(command, channel, plain.data.length > 0);
    }
    checkChaining(place, route, isPart);
    const before = place.chain.command === command ? place.chain.length : 0;
    checkLength(command, before, plain.data.length, isPart);
    // Its MAC covers Lc too; on silicon it is the security domain that receives it.
    if (command === externalAuthenticate && wire.hasExtendedLc) throw new StatusFault(SW.wrongLength);
    if (command === getResponse) return responses.next(channel, plain.le);
    route.admit();
    const data = runPart(place.chain, route, plain, isPart, execution.level > 0);
    memory.commit();
    const sw = execution.proactive === 0 ? SW.ok : proactiveStatus(execution.proactive);
    return responses.give(wire, channel, protectedData(data, sw), sw);
  };

  /** A warning, such as a wrong PIN, is an answer like 9000: inside a secure channel it has its MAC. */
  const protectedData = (data: Uint8Array, sw: number): Uint8Array =>
    execution.level === 0 ? data : domain.wrap(data, sw);

  const execute = (wire: ReceivedCommand): Uint8Array => {
    const plain = withoutSecureMessaging(wire);
    const route = placeOf(wire).table.find(plain);
    try {
      return carryOut(wire, plain, route);
    } finally {
      if (route.command.secret === 'data') wipe(wire.data, plain.data);
    }
  };

  /** Ends what the channel was in the middle of; gives the fault of the command, or that of the memory here. */
  const abandon = (wire: ReceivedCommand, fault: unknown): unknown => {
    memory.rollback();
    responses.drop();
    placeOf(wire).chain.drop();
    try {
      applet.failed?.(wire.channel);
      return fault;
    } catch (next) {
      return next;
    }
  };

  return {
    aid: applet.aid,
    isSelectable: () => applet.isSelectable(),
    interrupt: () => {
      responses.drop();
      applet.interrupted?.();
    },
    select: (command) => {
      const proprietary = concat(LONGEST_DATA_FIELD, uint16(SIGNED_BYTES_MAX));
      const data = select.response.encode({ aid: applet.aid, proprietary });
      return responses.give(command, command.channel, data, SW.ok);
    },
    end: (channel) => {
      const place = places[channel];
      place?.chain.drop();
      place?.end();
      responses.dropOf(channel);
    },
    process: (wire) => {
      execution.level = 0;
      execution.proactive = 0;
      try {
        return execute(wire);
      } catch (fault) {
        const sw = statusWordOf(abandon(wire, fault), onFault);
        return responses.give(wire, wire.channel, protectedData(NO_DATA, sw), sw);
      }
    },
    repeat: (command) => responses.repeat(command.channel, command),
  };
}

/** Commands that come with CLA bit 04 always or never. Source: GlobalPlatform Amendment D v1.2 §7.1.1 and §7.1.2. */
const secureMessagingOf: ReadonlyMap<AnyCommand, boolean> = new Map<AnyCommand, boolean>([
  [initializeUpdate, false],
  [externalAuthenticate, true],
]);

const hasSecureBit = ({ cla }: CommandApdu): boolean => (cla & CLA_SECURE_MESSAGING) !== 0;

/** What reaches an application of the card's own commands: a SELECT that selected nothing, and GET RESPONSE. */
const ownRoutes: readonly Route[] = [select, selectNext, getResponse].map((command) => ({
  command,
  admit: () => {},
  run: () => {
    throw new StatusFault(SW.applicationNotFound);
  },
  stream: undefined,
}));

/** Response data; none for a part of a chain that goes on. */
function runPart(
  chain: CommandChain,
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
