// SPDX-License-Identifier: Apache-2.0
import { decodeResponseApdu } from '../../protocol/apdu.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import {
  decodeProactiveCommand,
  encodeTerminalResponse,
  NO,
  PROACTIVE_QUALIFIER,
  PROACTIVE_TYPE,
  type ProactiveCommand,
  TERMINAL_RESULT,
  type TerminalResponse,
  YES,
} from '../../protocol/proactive-command.ts';
import { isProactiveStatus } from '../../protocol/status-word.ts';
import type { Transport } from '../../protocol/transport.ts';
import { CardError } from '../errors.ts';
import { send } from '../send.ts';
import { layer } from './layer.ts';

/** What became of a text that was shown: read, or one of the ways in which it was not. */
export type DisplayAnswer = 'ok' | 'ended' | 'back' | 'no-response' | 'busy';
/** What became of a question. */
export type InkeyAnswer = 'yes' | 'no' | 'ended' | 'back' | 'no-response' | 'busy';

/**
 * Whoever shows texts of the card to its holder. The texts are the card's word for word: who prints them has to keep
 * control characters from the screen. What they throw goes to whoever sent the command.
 */
export type Terminal = {
  /** Shows a text until the holder has read it. */
  displayText(text: string): Promise<DisplayAnswer>;
  /** Asks the holder for yes or no. */
  getInkey(question: string): Promise<InkeyAnswer>;
};

/** A transport that speaks for a terminal. */
export type TerminalTransport = Transport & {
  /** TERMINAL PROFILE, unless the application selected now has got it. Throws what the card makes of it. */
  announce(): Promise<void>;
  /** Whether the command sent last led to a proactive command. */
  asked(): boolean;
};

/** Most proactive commands behind one command of the host. */
const COMMANDS_MAX = 16;

/**
 * What this terminal can do: profile download (byte 1), UCS2 and texts of 240 bytes (byte 2), DISPLAY TEXT and GET INKEY
 * (byte 3), yes or no in GET INKEY (byte 8). Source: ETSI TS 102 223 V17 §5.2.
 */
export const TERMINAL_PROFILE: Uint8Array = Uint8Array.of(0x01, 0xc0, 0x03, 0, 0, 0, 0, 0x08);

/**
 * The terminal's side of proactive commands: on 91XX it fetches the command, hands it to the terminal and gives the card
 * what became of it, until the card has no more. The caller sees the last status word, which is that of the command's
 * end. It belongs above the secure channel. Throws `card/endless-dialogue` after 16 proactive commands.
 *
 * Source: ETSI TS 102 221 V17 §7.4.2; ETSI TS 102 223 V17 §6.
 */
export function withTerminal(inner: Transport, terminal: Terminal): TerminalTransport {
  let announced = false;
  let asked = false;

  const transport = layer(inner, async (apdu) => {
    if (((apdu[0] ?? 0) & 0x80) === 0 && apdu[1] === cardCommands.select.ins) announced = false;
    asked = false;
    let answer = await inner.transmit(apdu);
    for (let commands = 0; isProactive(answer); commands++) {
      if (commands === COMMANDS_MAX) throw endless();
      asked = true;
      answer = await answerNext(inner, terminal);
    }
    return answer;
  });
  return {
    name: transport.name,
    ...(transport.atr === undefined ? {} : { atr: transport.atr }),
    get longestData() {
      return inner.longestData;
    },
    transmit: transport.transmit,
    close: transport.close,
    asked: () => asked,
    announce: async () => {
      if (announced) return;
      await send(inner, blockchainSimCommands.terminalProfile, TERMINAL_PROFILE);
      announced = true;
    },
  };
}

const isProactive = (answer: Uint8Array): boolean =>
  answer.length >= 2 && isProactiveStatus(decodeResponseApdu(answer).sw);

/** Fetches one proactive command and answers it; gives what the card says to the answer. */
async function answerNext(inner: Transport, terminal: Terminal): Promise<Uint8Array> {
  const { fetch, terminalResponse } = blockchainSimCommands;
  const fetched = await send(inner, fetch, undefined);
  let command: ProactiveCommand;
  try {
    command = decodeProactiveCommand(fetched);
  } catch (cause) {
    throw new CardError(
      'card/malformed-response',
      `response of ${fetch.name} not read: found ${fetched.length} bytes that are no proactive command`,
      { command: fetch.name, length: fetched.length },
      { cause },
    );
  }
  const data = encodeTerminalResponse(await respond(command, terminal));
  const { cla, ins, p1, p2 } = terminalResponse;
  // Not by way of `send`, which takes the 91XX of a next command for a refusal.
  return inner.transmit(Uint8Array.of(cla, ins, p1, p2, data.length, ...data));
}

const results: Readonly<Record<Exclude<DisplayAnswer | InkeyAnswer, 'yes' | 'no'>, number>> = {
  ok: TERMINAL_RESULT.ok,
  ended: TERMINAL_RESULT.ended,
  back: TERMINAL_RESULT.back,
  'no-response': TERMINAL_RESULT.noResponse,
  busy: TERMINAL_RESULT.busy,
};

async function respond(
  { text, ...details }: ProactiveCommand,
  terminal: Terminal,
): Promise<TerminalResponse> {
  const { type, qualifier } = details;
  const isQuestion = type === PROACTIVE_TYPE.getInkey && (qualifier & PROACTIVE_QUALIFIER.yesNo) !== 0;
  if (type !== PROACTIVE_TYPE.displayText && !isQuestion)
    return { details, result: TERMINAL_RESULT.beyondCapabilities };
  if (text === undefined) return { details, result: TERMINAL_RESULT.notUnderstood };
  const answer = isQuestion ? await terminal.getInkey(text) : await terminal.displayText(text);
  if (answer === 'yes' || answer === 'no')
    return { details, result: TERMINAL_RESULT.ok, text: answer === 'yes' ? YES : NO };
  const result = results[answer];
  // Further information of "busy": 00, no specific cause.
  return result === TERMINAL_RESULT.busy
    ? { details, result, further: Uint8Array.of(0) }
    : { details, result };
}

const endless = (): CardError =>
  new CardError(
    'card/endless-dialogue',
    `command not finished: found ${COMMANDS_MAX} proactive commands and another announced, expected an end`,
    { commands: COMMANDS_MAX },
  );
