// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, decodeCommandApdu } from '../../protocol/apdu.ts';
import { concat, equalBytes, toHex } from '../../protocol/bytes.ts';
import { type AnyCommand, decodeRequest } from '../../protocol/command.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { cardManagerCommands } from '../../protocol/commands/card-manager/index.ts';
import { secureChannelCommands } from '../../protocol/commands/secure-channel/index.ts';
import { ToolkitError } from '../../protocol/error-table.ts';
import { fitsLength } from '../../protocol/layout.ts';
import { macLength } from '../../protocol/scp03/key-set.ts';
import { SW } from '../../protocol/status-word.ts';
import { administrationRules } from './model/administration.ts';
import { answerOfCard, type CardAnswer, fields } from './model/card-level.ts';
import { commandOf, isInstruction } from './model/command-table.ts';
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
  ...confirmationRules,
  ...keyRules,
  ...pinRules,
  ...secureChannelRules,
  ...signingRules,
  ...statementRules,
};
const named: Readonly<Record<string, AnyCommand>> = {
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
const { select, getResponse: GET_RESPONSE } = cardCommands;
const CHAINED = 0x10;
const SECURED = 0x04;

/** Judges one exchange and follows it. Throws Finding where the card did what it must not. */
export function judge(s: ModelState, sent: Sent, answer: Uint8Array): void {
  const { wire } = sent;
  if (answer.length < 2) find(`answer of ${answer.length} bytes`);
  const sw = ((answer.at(-2) ?? 0) << 8) | (answer.at(-1) ?? 0);
  if (sw === SW.noPreciseDiagnosis || sw === SW.memoryFailure) find(`${sw.toString(16)} to ${toHex(wire)}`);
  const number = (wire[0] ?? 0) & 0x03;
  const channel = s.channels[number];
  const judged = { s, number, application: channel?.selected, wire, answer, sw };
  if (!isInstruction(wire, EXTERNAL_AUTHENTICATE) && !isInstruction(wire, GET_RESPONSE)) s.begun = undefined;
  if (repeated(judged)) return;
  let own: CardAnswer | undefined;
  try {
    own = answerOfCard(s, wire);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    passOver(s, sent);
    judgeBare(judged, refusal, 0, macLength(s.kind.mode));
    return;
  }
  if (own !== undefined) {
    judgeResponse({ ...judged, application: own.application }, own.outcome, 0, 0, undefined);
    return;
  }
  if (channel !== undefined) judgeApplication(judged, sent, channel);
}

/** Judges what the selected application answers. */
function judgeApplication(judged: Judged, sent: Sent, channel: ModelChannel): void {
  const { s, number, sw } = judged;
  const { selected } = channel;
  const level = sent.plain === undefined ? 0 : (s.secure?.level ?? 0);
  const mac = macLength(s.kind.mode);
  const isData = sw === SW.ok || sw >> 8 === 0x61 || sw >> 8 === 0x6c;
  try {
    const outcome = follow(s, sent, channel, number, isData ? SW.ok : sw);
    if (outcome === 'get response') getResponse(judged);
    else judgeResponse(judged, outcome, level, mac, level > 0 ? s.secure?.host : undefined);
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    channel.chain = undefined;
    if (selected !== undefined) s.responses[selected] = undefined;
    if (selected === 'custody') {
      if (s.work?.confirmation !== undefined) refuseConfirmation(s);
      endWorkOf(s, number);
    }
    judgeBare(judged, refusal, level, mac, s.secure?.host);
  }
}

/** The card did not come to look at the MAC of a command that the host counted. */
function passOver(s: ModelState, { isWrapped }: Sent): void {
  if (isWrapped && s.secure !== undefined) s.secure.isAhead = true;
}

/** What the application must do; its state is changed to that. Throws {@link Refusal}. */
function follow(
  s: ModelState,
  sent: Sent,
  channel: ModelChannel,
  number: number,
  given: number,
): Outcome | 'get response' {
  const plain = withoutSecureMessaging(s, sent, number);
  const secured = plain !== sent.wire;
  const command = commandOf(channel, plain);
  if (command === secureChannelCommands.initializeUpdate && secured) refuse(SW.unknownClass);
  const apdu = fields(plain);
  const isFetch = command === GET_RESPONSE;
  if (!isFetch && channel.selected !== undefined) {
    s.responses[channel.selected] = undefined;
    if (channel.selected === 'custody') meetConfirmation(s, command, number, apdu.data.length === 0);
  }
  const isPart = ((plain[0] ?? 0) & CHAINED) !== 0;
  if (isPart && command.chaining === undefined) refuse(SW.chainingUnsupported);
  const { chain } = channel;
  const isOther = chain !== undefined && (chain.command !== command || chain.isSecure !== secured);
  if (isOther && !isFetch) refuse(SW.lastCommandExpected);
  const before = isFetch ? 0 : (chain?.parts.reduce((sum, part) => sum + part.length, 0) ?? 0);
  const { max } = command.data;
  const part = apdu.data.length + (command.parameter === undefined ? 0 : 1);
  // Of what is streamed the longest length is that of a part.
  if (part + (streams.has(command) ? 0 : before) > max) refuse(SW.wrongLength);
  if (!isPart && !fitsLength(command.data, Math.min(before + part, max))) refuse(SW.wrongLength);
  if (isInstruction(plain, EXTERNAL_AUTHENTICATE) && hasExtendedLc(plain)) refuse(SW.wrongLength);
  if (isFetch) return 'get response';
  if (isInstruction(plain, select)) refuse(SW.applicationNotFound);
  const level = secured ? (s.secure?.level ?? 0) : 0;
  const call: Call = { s, channel, number, level, given };
  admit(command, call);
  return carryOut(command, apdu, isPart, sent.authentication, call);
}

const hasExtendedLc = (apdu: Uint8Array): boolean => apdu[4] === 0 && apdu.length > 7;

/** The plain command. Throws {@link Refusal}. */
function withoutSecureMessaging(s: ModelState, sent: Sent, number: number): Uint8Array {
  const { wire, plain } = sent;
  const isSecured = ((wire[0] ?? 0) & SECURED) !== 0;
  const hasLongData = hasExtendedLc(wire);
  const isAuthentication = isInstruction(wire, EXTERNAL_AUTHENTICATE);
  const isLookedAt = isSecured && !hasLongData && !isAuthentication && s.secure?.channel === number;
  if (!isLookedAt) passOver(s, sent);
  if (!isSecured || isAuthentication) return wire;
  if (hasLongData) refuse(SW.wrongLength);
  if (s.secure?.channel !== number) return refuse(SW.notAuthorised);
  if (plain !== undefined && !s.secure.isAhead) return plain;
  endSecure(s);
  return refuse(SW.notAuthorised);
}

function admit(command: AnyCommand, call: Call): void {
  const { s, channel, level } = call;
  const isManager = channel.selected === 'manager';
  if (!isManager && !command.states.includes(s.lifeCycle as never)) refuse(SW.wrongState);
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
