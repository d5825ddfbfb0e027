// SPDX-License-Identifier: Apache-2.0
import { equalBytes, toHex } from '../../../protocol/bytes.ts';
import type { AnyCommand, RequestOf } from '../../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { ToolkitError } from '../../../protocol/error-table.ts';
import {
  decodeProactiveCommand,
  decodeTerminalResponse,
  type TerminalResponse,
} from '../../../protocol/proactive-command.ts';
import { SW } from '../../../protocol/status-word.ts';
import type { Call, Rule } from './context.ts';
import { record } from './log.ts';
import { done, hold, refuse } from './outcome.ts';
import { tryPin } from './pins.ts';
import type { ModelConfirmation, ModelState } from './state.ts';

type Stage = ModelConfirmation['stage'];

const DISPLAY_TEXT = 0x21;
const GET_INKEY = 0x22;

/** What a confirmation waits for; every other command ends it. */
const expected: Readonly<Record<Stage, AnyCommand>> = {
  show: commands.fetch,
  shown: commands.terminalResponse,
  ask: commands.fetch,
  asked: commands.terminalResponse,
  pin: commands.confirmWithPin,
  confirmed: commands.computeDigitalSignature,
};

/** A command of key custody came: it ends a confirmation unless it is what that waits for. */
export function meetConfirmation(
  s: ModelState,
  command: AnyCommand,
  channel: number,
  isWithoutData: boolean,
): void {
  const { confirmation } = s.work ?? {};
  if (confirmation === undefined) return;
  const isExpected = command === expected[confirmation.stage] && s.work?.channel === channel;
  if (!isExpected || (confirmation.stage === 'confirmed' && !isWithoutData)) refuseConfirmation(s);
}

/** Ends a confirmation that was not given, and logs that. */
export function refuseConfirmation(s: ModelState): void {
  record(s.log, 'confirmation-refused', { reference: s.work?.choice.reference ?? 0 });
  s.work = undefined;
}

function waiting({ s }: Call, ...stages: readonly Stage[]): ModelConfirmation {
  const { confirmation } = s.work ?? {};
  if (confirmation === undefined || !stages.includes(confirmation.stage)) return refuse(SW.wrongState);
  return confirmation;
}

const confirmWithPin: Rule<RequestOf<typeof commands.confirmWithPin>> = ({ pin, hash }, call) => {
  const { s, channel } = call;
  const confirmation = waiting(call, 'pin');
  if (!equalBytes(confirmation.transaction.hash, hash)) {
    refuseConfirmation(s);
    refuse(SW.wrongState);
  }
  const { verified } = channel;
  tryPin(toHex(pin), call);
  channel.verified = verified;
  record(s.log, 'pin-verified');
  confirmation.stage = 'confirmed';
  return done;
};

const terminalProfile: Rule<Uint8Array> = (profile, { s, channel }) => {
  if (s.kind.confirmation !== 'terminal') refuse(SW.wrongState);
  channel.terminal = ((profile[2] ?? 0) & 0x03) === 0x03;
  return done;
};

const fetch: Rule<void> = (_, call) => {
  const confirmation = waiting(call, 'show', 'ask');
  const { announced } = confirmation;
  const type = confirmation.stage === 'show' ? DISPLAY_TEXT : GET_INKEY;
  confirmation.stage = confirmation.stage === 'show' ? 'shown' : 'asked';
  return {
    length: announced === 0 ? 256 : announced,
    check: (data) => {
      const command = decodeProactiveCommand(data);
      hold(command.type === type, `FETCH: found a command of type ${command.type}, expected ${type}`);
      hold(command.text !== undefined, 'FETCH: found no text');
    },
  };
};

/** Done as it was asked, or with an icon left out. */
const isDone = (result: number): boolean => result === 0x00 || result === 0x04;

const isAgreed = (stage: Stage, { details, result, text }: TerminalResponse): boolean =>
  stage === 'shown'
    ? details.number === 1 && details.type === DISPLAY_TEXT && isDone(result)
    : details.number === 2 &&
      details.type === GET_INKEY &&
      (details.qualifier & 0x04) !== 0 &&
      isDone(result) &&
      toHex(text ?? new Uint8Array(0)) === '0401';

const terminalResponse: Rule<Uint8Array> = (data, call) => {
  const { s } = call;
  const confirmation = waiting(call, 'shown', 'asked');
  let response: TerminalResponse | undefined;
  try {
    response = decodeTerminalResponse(data);
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
  }
  const isAsked = confirmation.stage === 'asked';
  if (response === undefined || !isAgreed(confirmation.stage, response)) {
    refuseConfirmation(s);
    return response === undefined ? refuse(SW.badData) : done;
  }
  confirmation.stage = isAsked ? 'confirmed' : 'ask';
  if (isAsked) return done;
  confirmation.announced = call.given & 0xff;
  return { ...done, sw: 0x9100 };
};

/** Rules of the commands by which a holder confirms. */
export const confirmationRules = { confirmWithPin, terminalProfile, fetch, terminalResponse };
