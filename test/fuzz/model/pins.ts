// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import type { RequestOf } from '../../../protocol/command.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { SW, triesLeftStatus } from '../../../protocol/status-word.ts';
import { type Call, presenceOf, type Rule } from './context.ts';
import { record } from './log.ts';
import { done, refuse } from './outcome.ts';
import { changeHands, type Durable, endWorkOf } from './state.ts';

type Commands = typeof blockchainSimCommands;

const REMOVAL = 'ffffffffffffffff';

/** Whether 8 bytes are 4 to 8 digits filled up with FF. */
export const isPin = (block: string): boolean => /^(3[0-9]){4,8}(ff)*$/.test(block) && block.length === 16;

/** Whether 8 bytes are a PUK. */
export const isPuk = (block: string): boolean => /^(3[0-9]){8}$/.test(block);

/** Whether the rules of a card take a new PIN; written from the rules' words, not from the card's code. */
export function takesPin({ rules, forbidden }: Pick<Durable, 'rules' | 'forbidden'>, block: string): boolean {
  if (!isPin(block)) return false;
  const digits = [...fromHex(block)].filter((byte) => byte !== 0xff).map((byte) => byte - 0x30);
  if (digits.length < rules.minimumLength) return false;
  const text = digits.join('');
  if ((rules.flags & 1) !== 0 && new Set(digits).size === 1) return false;
  if ((rules.flags & 2) !== 0 && ('0123456789'.includes(text) || '9876543210'.includes(text))) return false;
  return !forbidden.includes(block);
}

/** Compares with PIN and duress PIN, at the price of a try. Throws {@link Refusal} 63CX or 6983. */
export function tryPin(candidate: string, { s, channel }: Call): 'pin' | 'duress-pin' {
  channel.verified = undefined;
  if (s.pinTries === 0) refuse(SW.blocked);
  s.pinTries--;
  if (candidate !== s.pin && candidate !== s.duress) {
    record(s.log, 'pin-wrong', { detail: s.pinTries });
    refuse(triesLeftStatus(s.pinTries));
  }
  s.pinTries = 3;
  return candidate === s.duress ? 'duress-pin' : 'pin';
}

/** Who came in with the PIN before is not inside any more, on whichever channel. */
function verifyAnew(presence: 'pin' | 'duress-pin', call: Call): void {
  const { s } = call;
  for (const each of s.channels) if (each !== undefined) each.verified = undefined;
  enter(presence, call);
}

/** Nothing is chosen and nothing under way for who has just entered a PIN. */
function enter(presence: 'pin' | 'duress-pin', { s, channel, number }: Call): void {
  channel.chosen.clear();
  endWorkOf(s, number);
  channel.verified = presence;
}

function tryPuk(candidate: string, { s }: Call): void {
  if (s.pukTries === 0) refuse(SW.blocked);
  s.pukTries--;
  if (candidate === s.puk) {
    s.pukTries = 10;
    return;
  }
  record(s.log, 'puk-wrong', { detail: s.pukTries });
  if (s.pukTries === 0) {
    s.lifeCycle = 'blocked';
    record(s.log, 'blocked');
    for (const channel of s.channels) if (channel !== undefined) channel.verified = undefined;
  }
  refuse(triesLeftStatus(s.pukTries));
}

const verify: Rule<RequestOf<Commands['verify']>> = (block, call) => {
  const { s } = call;
  if (block === undefined) {
    if (presenceOf(call) !== undefined) return done;
    return refuse(s.pinTries === 0 ? SW.blocked : triesLeftStatus(s.pinTries));
  }
  enter(tryPin(toHex(block), call), call);
  record(s.log, 'pin-verified');
  return done;
};

const changeReferenceData: Rule<RequestOf<Commands['changeReferenceData']>> = ({ oldPin, newPin }, call) => {
  const { s } = call;
  const next = toHex(newPin);
  if (!takesPin(s, next)) refuse(SW.badData);
  const presence = tryPin(toHex(oldPin), call);
  if (presence === 'duress-pin') s.duress = next;
  else if (next === s.duress) refuse(SW.badData);
  else s.pin = next;
  record(s.log, 'pin-changed');
  verifyAnew(presence, call);
  return done;
};

const resetRetryCounter: Rule<RequestOf<Commands['resetRetryCounter']>> = ({ puk, newPin }, call) => {
  const { s } = call;
  const next = toHex(newPin);
  if (!takesPin(s, next)) refuse(SW.badData);
  tryPuk(toHex(puk), call);
  if (next === s.duress) refuse(SW.badData);
  s.pin = next;
  s.pinTries = 3;
  record(s.log, 'pin-set-with-puk');
  verifyAnew('pin', call);
  return done;
};

const setDuressPin: Rule<RequestOf<Commands['setDuressPin']>> = ({ puk, duressPin }, call) => {
  const { s } = call;
  const next = toHex(duressPin);
  tryPuk(toHex(puk), call);
  if (next !== REMOVAL && (next === s.pin || !takesPin(s, next))) refuse(SW.badData);
  s.duress = next === REMOVAL ? undefined : next;
  record(s.log, 'pin-set-with-puk');
  return done;
};

/** Rules of the commands that compare PINs. */
export const pinRules = { verify, changeReferenceData, resetRetryCounter, setDuressPin };

/** Life cycle moved by the administrator: logged, and nobody is verified any more. */
export function handOver(s: Call['s'], event: Parameters<typeof record>[1]): void {
  record(s.log, event);
  changeHands(s);
}
