// SPDX-License-Identifier: Apache-2.0
import { type CommandApdu, decodeCommandApdu } from '../../../protocol/apdu.ts';
import { equalBytes } from '../../../protocol/bytes.ts';
import { select as selectCommand } from '../../../protocol/commands/card/select.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import { aidBytes, BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../../protocol/identifiers/aid.ts';
import { SW } from '../../../protocol/status-word.ts';
import { refuseConfirmation } from './confirmation.ts';
import { done, hold, type Outcome, refuse } from './outcome.ts';
import { endSecure, endWorkOf, type ModelChannel, type ModelState, newChannel } from './state.ts';
import type { ApplicationName } from './waiting.ts';

/** What the card answers without an application; of SELECT the application that is selected, whose answer it is. */
export type CardAnswer = { readonly outcome: Outcome; readonly application?: ApplicationName };

const applications = [
  { name: 'custody', aid: aidBytes(BLOCKCHAIN_SIM_AID) },
  { name: 'manager', aid: aidBytes(CARD_MANAGER_AID) },
] as const;

const SELECT = 0xa4;
const MANAGE_CHANNEL = 0x70;
const GET_RESPONSE = 0xc0;
const CHAINED = 0x10;
const SECURED = 0x04;
const AID_MAX = 16;
const DATA_MAX = 32_767;

/** What the card does itself; undefined for what the selected application gets. Throws Refusal. */
export function answerOfCard(s: ModelState, wire: Uint8Array): CardAnswer | undefined {
  const apdu = fields(wire);
  const { cla, ins } = apdu;
  if (apdu.data.length > DATA_MAX) refuse(SW.wrongLength);
  if ((cla & 0x68) !== 0) refuse(SW.unknownClass);
  const isOwn = (cla & 0x80) === 0 && [SELECT, MANAGE_CHANNEL, GET_RESPONSE].includes(ins);
  if (isOwn && (cla & SECURED) !== 0) refuse(SW.unknownClass);
  const number = cla & 0x03;
  const channel = s.channels[number] ?? refuse(SW.channelNotOpen);
  if (isOwn && ins === MANAGE_CHANNEL) return { outcome: manageChannel(s, apdu) };
  const found = isOwn && ins === SELECT ? selectedBy(s, channel, apdu) : undefined;
  if (found !== undefined) return selectApplication(s, number, channel, found);
  return channel.selected === undefined ? refuseAlone(isOwn, apdu) : undefined;
}

/** The command of a C-APDU. Throws Refusal 6700 where the length fields do not fit the bytes. */
export function fields(apdu: Uint8Array): CommandApdu {
  try {
    return decodeCommandApdu(apdu);
  } catch (error) {
    if (error instanceof ToolkitError) return refuse(SW.wrongLength);
    throw error;
  }
}

/** Before an application is selected or deselected anywhere: its response and its confirmation are over. */
function interrupt(s: ModelState, application: ApplicationName | undefined): void {
  if (application === undefined) return;
  s.responses[application] = undefined;
  if (application === 'custody' && s.work?.confirmation !== undefined) refuseConfirmation(s);
}

/** Ends what a channel holds of the card. */
function release(s: ModelState, channel: number): void {
  if (s.begun?.channel === channel) s.begun = undefined;
  if (s.secure?.channel === channel) endSecure(s);
  endWorkOf(s, channel);
}

function manageChannel(s: ModelState, { cla, p1, p2, data, le }: CommandApdu): Outcome {
  const isOpen = p1 === 0x00 && p2 === 0x00;
  const isClose = p1 === 0x80 && p2 >= 1 && p2 <= 3;
  if (!isOpen && !isClose) refuse(SW.badParameters);
  if ((cla & CHAINED) !== 0) refuse(SW.chainingUnsupported);
  if (data.length > 0) refuse(SW.wrongLength);
  if (isClose) return close(s, p2);
  const free = s.channels.indexOf(undefined);
  if (free < 0) refuse(SW.notEnoughMemory);
  if (s.kind.profile === 't1' ? le === undefined : le !== 1) refuse(0x6c01);
  s.channels[free] = newChannel();
  return { exact: Uint8Array.of(free) };
}

function close(s: ModelState, number: number): Outcome {
  const channel = s.channels[number] ?? refuse(SW.wrongState);
  interrupt(s, channel.selected);
  s.channels[number] = undefined;
  release(s, number);
  return done;
}

type Found = (typeof applications)[number];

/** The application that a SELECT by AID finds. */
function selectedBy(
  s: ModelState,
  { selected }: ModelChannel,
  { cla, p1, p2, data: aid }: CommandApdu,
): Found | undefined {
  if (p1 !== 0x04 || (p2 !== 0x00 && p2 !== 0x02)) return undefined;
  if ((cla & CHAINED) !== 0 || aid.length > AID_MAX) return undefined;
  const first = p2 === 0x00 ? 0 : applications.findIndex(({ name }) => name === selected) + 1;
  return applications.find(
    ({ name, aid: own }, i) =>
      i >= first &&
      (name === 'manager' || s.lifeCycle !== 'installed') &&
      equalBytes(own.subarray(0, aid.length), aid),
  );
}

function selectApplication(s: ModelState, number: number, channel: ModelChannel, found: Found): CardAnswer {
  interrupt(s, channel.selected);
  interrupt(s, found.name);
  Object.assign(channel, { ...newChannel(), selected: found.name });
  release(s, number);
  const check = (data: Uint8Array): void => {
    const { aid: given } = selectCommand.response.decode(data);
    hold(equalBytes(given, found.aid), 'SELECT: found another AID than that of what is selected');
  };
  return { outcome: { check }, application: found.name };
}

/** Where nothing is selected. */
function refuseAlone(isOwn: boolean, { cla, ins, p1, p2, data }: CommandApdu): never {
  if (!isOwn) refuse(SW.unknownInstruction);
  const isSelect = ins === SELECT;
  const fits = isSelect ? p1 === 0x04 && (p2 === 0x00 || p2 === 0x02) : p1 === 0x00 && p2 === 0x00;
  if (!fits) refuse(SW.badParameters);
  if ((cla & CHAINED) !== 0) refuse(SW.chainingUnsupported);
  if (data.length > (isSelect ? AID_MAX : 0)) refuse(SW.wrongLength);
  return refuse(isSelect ? SW.applicationNotFound : SW.wrongState);
}
