// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, decodeCommandApdu } from '../../protocol/apdu.ts';
import { concat, equalBytes, toHex } from '../../protocol/bytes.ts';
import { type AnyCommand, decodeRequest, hasParameters } from '../../protocol/command.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { cardManagerCommands } from '../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { fitsLength } from '../../protocol/layout.ts';
import { macLength } from '../../protocol/scp03/key-set.ts';
import { SW } from '../../protocol/status-word.ts';
import { administrationRules } from './model/administration.ts';
import { cardLevelRules } from './model/card-level.ts';
import { confirmationRules, meetConfirmation, refuseConfirmation } from './model/confirmation.ts';
import { type Call, presenceOf, type Rule } from './model/context.ts';
import { keyRules } from './model/keys.ts';
import { find, type Outcome, Refusal, refuse } from './model/outcome.ts';
import { pinRules } from './model/pins.ts';
import { type Authentication, externalAuthenticate, secureChannelRules } from './model/secure-channel.ts';
import { signingRules, streamRules } from './model/signing.ts';
import { endSecure, endWorkOf, type ModelChannel, type ModelState, type Purpose } from './model/state.ts';
import { statementRules } from './model/statements.ts';
import { getResponse, type Judged, judgeBare, judgeResponse, repeated } from './model/transmission.ts';

/*
 * A card as docs/card.md and protocol/commands say it must be, written from them and not from the emulator. It follows a
 * sequence and knows of every answer what it must be. Exact: status word, state, counters, log, and all response data but
 * random bytes and the texts shown to the holder. Signatures, shared secrets, attestations and cryptograms are computed or
 * verified, mostly by OpenSSL. Partial: a transaction that a mutation made is read by the chain's decoder where the card
 * signs it, and either refusal is right; GP's key derivation and MACs are those of protocol/scp03, which vectors judge.
 */

/** A C-APDU as it is sent, and what the one who sends it knows of it. */
export type Sent = {
  readonly wire: Uint8Array;
  /** With secure messaging: the plain command, where the MAC on the wire is right. */
  readonly plain?: Uint8Array;
  /** The host wrapped it and has counted it, whatever became of it on the way. */
  readonly isWrapped?: boolean;
  /** Of EXTERNAL AUTHENTICATE. */
  readonly authentication?: Authentication;
};

type AnyRule = Rule<unknown>;
const rules = new Map<AnyCommand, AnyRule>();
const streams = new Map<AnyCommand, (typeof streamRules)[keyof typeof streamRules]>();
const everyRule: Readonly<Record<string, unknown>> = {
  ...administrationRules,
  ...cardLevelRules,
  ...confirmationRules,
  ...keyRules,
  ...pinRules,
  ...secureChannelRules,
  ...signingRules,
  ...statementRules,
};
const custodyCommands: readonly AnyCommand[] = Object.values({
  ...secureChannelCommands,
  ...blockchainSimCommands,
});
const managerCommands: readonly AnyCommand[] = Object.values({
  ...secureChannelCommands,
  ...cardManagerCommands,
});
const ownCommands: readonly AnyCommand[] = Object.values(cardCommands);
const named: Readonly<Record<string, AnyCommand>> = {
  ...cardCommands,
  ...secureChannelCommands,
  ...cardManagerCommands,
  ...blockchainSimCommands,
};
for (const [name, command] of Object.entries(named)) {
  const rule = everyRule[name];
  const stream = (streamRules as Readonly<Record<string, (typeof streamRules)['hash']>>)[name];
  if (rule !== undefined) rules.set(command, rule as AnyRule);
  if (stream !== undefined) streams.set(command, stream);
}

const purposes = new Map<AnyCommand, Purpose>([
  [blockchainSimCommands.chooseSignatureKey, 'signature'],
  [blockchainSimCommands.chooseAuthenticationKey, 'authentication'],
  [blockchainSimCommands.chooseAgreementKey, 'agreement'],
]);
const { externalAuthenticate: EXTERNAL_AUTHENTICATE } = secureChannelCommands;
const CHAINED = 0x10;
const SECURED = 0x04;
/** SELECT, MANAGE CHANNEL, GET RESPONSE. */
const CARD_LEVEL: readonly number[] = [0xa4, 0x70, 0xc0];
const plainClass = (cla: number): number => cla & 0x80;

/** Commands by class and instruction, of the card with that application. */
function byInstruction(commands: readonly AnyCommand[]): ReadonlyMap<number, readonly AnyCommand[]> {
  const map = new Map<number, AnyCommand[]>();
  for (const command of commands) {
    const key = (plainClass(command.cla) << 8) | command.ins;
    map.set(key, [...(map.get(key) ?? []), command]);
  }
  return map;
}
const instructions = {
  nothing: byInstruction(ownCommands),
  custody: byInstruction([...ownCommands, ...custodyCommands]),
  manager: byInstruction([...ownCommands, ...managerCommands]),
} as const;

/** Judges one exchange and follows it. Throws Finding where the card did what it must not. */
export function judge(s: ModelState, sent: Sent, answer: Uint8Array): void {
  if (answer.length < 2) find(`answer of ${answer.length} bytes`);
  const sw = ((answer.at(-2) ?? 0) << 8) | (answer.at(-1) ?? 0);
  if (sw === SW.noPreciseDiagnosis || sw === SW.memoryFailure)
    find(`${sw.toString(16)} to ${toHex(sent.wire)}`);
  const number = (sent.wire[0] ?? 0) & 0x03;
  const channel = s.channels[number];
  const isData = sw === SW.ok || sw >> 8 === 0x61 || sw >> 8 === 0x6c;
  const level = sent.plain === undefined ? 0 : (s.secure?.level ?? 0);
  const judged: Judged = { s, channel, wire: sent.wire, answer, sw };
  try {
    if (channel !== undefined && repeated(judged)) return;
    const outcome = follow(s, sent, number, isData ? SW.ok : sw);
    if (outcome === 'get response') {
      getResponse(judged);
      return;
    }
    const { host } = s.secure ?? {};
    judgeResponse(judged, outcome, level, macLength(s.kind.mode), level > 0 ? host : undefined);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (channel !== undefined) {
      channel.chain = undefined;
      channel.queue = undefined;
      channel.held = undefined;
      if (channel.selected === 'custody') {
        if (s.work?.channel === number && s.work.confirmation !== undefined) refuseConfirmation(s);
        endWorkOf(s, number);
      }
    }
    judgeBare(judged, refusal, level, macLength(s.kind.mode), s.secure?.host);
  }
}

/** What the card must do; its state is changed to that. Throws {@link Refusal}. */
function follow(s: ModelState, sent: Sent, number: number, given: number): Outcome | 'get response' {
  const { wire } = sent;
  const meet = (command: AnyCommand | undefined, isWithoutData: boolean): void => {
    if (command === cardCommands.getResponse) return;
    if (command !== EXTERNAL_AUTHENTICATE) s.begun = undefined;
    meetConfirmation(s, command, number, isWithoutData);
  };
  let header: Reached;
  try {
    header = receive(s, sent, number);
  } catch (refusal) {
    meet(undefined, false);
    throw refusal;
  }
  const { channel, command, plain } = header;
  const secured = plain !== wire;
  meet(command, s.work?.confirmation !== undefined && isWithoutData(plain));
  const isPart = ((plain[0] ?? 0) & CHAINED) !== 0;
  if (isPart && command.chaining === undefined) refuse(SW.chainingUnsupported);
  const isFetch = command === cardCommands.getResponse;
  const { chain } = channel;
  const isOther = chain !== undefined && (chain.command !== command || chain.isSecure !== secured);
  if (isOther && !isFetch) {
    if (plain[1] !== 0xa4) refuse(SW.lastCommandExpected);
    channel.chain = undefined;
  }
  const apdu = fields(plain);
  const before = isFetch ? 0 : (channel.chain?.parts.reduce((sum, part) => sum + part.length, 0) ?? 0);
  const { max } = command.data;
  const part = apdu.data.length + (command.parameter === undefined ? 0 : 1);
  // Of what is streamed the longest length is that of a part.
  if (part + (streams.has(command) ? 0 : before) > max) refuse(SW.wrongLength);
  if (!isPart && !fitsLength(command.data, Math.min(before + part, max))) refuse(SW.wrongLength);
  if (isFetch) return 'get response';
  channel.queue = undefined;
  channel.held = undefined;
  const level = secured ? (s.secure?.level ?? 0) : 0;
  const call: Call = { s, channel, number, level, given };
  admit(command, call);
  return carryOut(command, apdu, isPart, sent.authentication, call);
}

type Reached = { readonly channel: ModelChannel; readonly command: AnyCommand; readonly plain: Uint8Array };

/** Class, channel, secure messaging, instruction, P1-P2, in that order. Throws {@link Refusal}. */
function receive(s: ModelState, sent: Sent, number: number): Reached {
  const { wire, plain } = sent;
  let isSecured: boolean;
  try {
    isSecured = isForSecureChannel(s, wire, number);
  } catch (refusal) {
    if (sent.isWrapped && s.secure !== undefined) s.secure.isAhead = true;
    throw refusal;
  }
  const channel = s.channels[number] as ModelChannel;
  if (!isSecured) {
    if (sent.isWrapped && s.secure !== undefined) s.secure.isAhead = true;
    return { channel, command: commandOf(channel, wire), plain: wire };
  }
  if (plain === undefined || s.secure?.channel !== number || s.secure.isAhead) {
    endSecure(s);
    return refuse(SW.notAuthorised);
  }
  return { channel, command: commandOf(channel, plain), plain };
}

/** Whether a MAC is to be looked at. Throws {@link Refusal} for what never comes so far. */
function isForSecureChannel(s: ModelState, wire: Uint8Array, number: number): boolean {
  if (wire.length < 4) refuse(SW.wrongLength);
  const [cla = 0, ins = 0] = wire;
  if ((cla & 0x68) !== 0) refuse(SW.unknownClass);
  const isSecured = (cla & SECURED) !== 0;
  const isInterindustry = plainClass(cla) === 0;
  if (isSecured && isInterindustry && CARD_LEVEL.includes(ins)) refuse(SW.unknownClass);
  if (s.channels[number] === undefined) refuse(SW.channelNotOpen);
  if (!isSecured || (!isInterindustry && ins === EXTERNAL_AUTHENTICATE.ins)) return false;
  fields(wire);
  return true;
}

function commandOf({ selected }: ModelChannel, [cla = 0, ins = 0, p1 = 0, p2 = 0]: Uint8Array): AnyCommand {
  const candidates = instructions[selected ?? 'nothing'].get((plainClass(cla) << 8) | ins);
  if (candidates === undefined) return refuse(SW.unknownInstruction);
  const command = candidates.find((each) => hasParameters(each, p1, p2));
  if (command === undefined) return refuse(ins === 0xca ? SW.notFound : SW.badParameters);
  // Class before all; of a card that looks for the command first the others are as right.
  if (command === EXTERNAL_AUTHENTICATE && (cla & SECURED) === 0) refuse(SW.unknownClass);
  return command;
}

function admit(command: AnyCommand, call: Call): void {
  const { s, channel, level } = call;
  const isManager = channel.selected === 'manager';
  const isOfApplication = !ownCommands.includes(command);
  if (isOfApplication && !isManager && !command.states.includes(s.lifeCycle as never)) refuse(SW.wrongState);
  const isHolder = presenceOf(call) !== undefined;
  const isAdministrator = level > 0 && (isManager || command.secret !== 'data' || (level & 0x02) !== 0);
  const allowed: Readonly<Record<AnyCommand['access'], boolean>> = {
    anyone: true,
    holder: isHolder,
    administrator: isAdministrator,
    'holder-or-administrator': isHolder || isAdministrator,
    'administrator-with-holder': isHolder && isAdministrator,
  };
  if (!allowed[command.access]) refuse(SW.notAuthorised);
}

function carryOut(
  command: AnyCommand,
  { p1, p2, data }: CommandApdu,
  isPart: boolean,
  authentication: Authentication | undefined,
  call: Call,
): Outcome {
  const { channel } = call;
  const begin = streams.get(command);
  const isSecure = call.level > 0;
  const chain = channel.chain ?? { command, isSecure, parts: [], stream: begin?.(call) };
  chain.stream?.write(data, call);
  chain.parts.push(data);
  channel.chain = isPart ? chain : undefined;
  if (isPart) return { exact: new Uint8Array(0) };
  if (chain.stream !== undefined) return chain.stream.end(call);
  if (command === EXTERNAL_AUTHENTICATE) return externalAuthenticate(p1, authentication, call);
  // A choice that fails leaves none, whatever it fails at once access is given.
  const purpose = purposes.get(command);
  if (purpose !== undefined) channel.chosen.delete(purpose);
  let request: unknown;
  try {
    request = decodeRequest(command, { p1, p2, data: concat(...chain.parts) });
  } catch (error) {
    if (error instanceof ToolkitError) return refuse(SW.badData);
    throw error;
  }
  const rule = rules.get(command) ?? find(`no rule for ${command.name}`);
  return rule(request, call);
}

/** Throws {@link Refusal} 6700 where the length fields do not fit the bytes. */
function fields(apdu: Uint8Array): CommandApdu {
  try {
    return decodeCommandApdu(apdu);
  } catch (error) {
    if (error instanceof ToolkitError) return refuse(SW.wrongLength);
    throw error;
  }
}

function isWithoutData(apdu: Uint8Array): boolean {
  try {
    return decodeCommandApdu(apdu).data.length === 0;
  } catch {
    return false;
  }
}

/** Whether two C-APDUs are the same to a MAC, which covers neither Le nor the logical channel. */
export function areSameToMac(a: Uint8Array, b: Uint8Array): boolean {
  try {
    const [one, other] = [decodeCommandApdu(a), decodeCommandApdu(b)];
    return (
      (one.cla & ~0x03) === (other.cla & ~0x03) &&
      one.ins === other.ins &&
      one.p1 === other.p1 &&
      one.p2 === other.p2 &&
      equalBytes(one.data, other.data)
    );
  } catch {
    return false;
  }
}
