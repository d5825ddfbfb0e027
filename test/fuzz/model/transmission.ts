// SPDX-License-Identifier: Apache-2.0
import { decodeCommandApdu } from '../../../protocol/apdu.ts';
import { concat, equalBytes, toHex } from '../../../protocol/bytes.ts';
import type { SecureChannelHost } from '../../../protocol/scp03/secure-messaging.ts';
import { SW } from '../../../protocol/status-word.ts';
import { Finding, find, hold, type Outcome, Refusal } from './outcome.ts';
import type { ModelState } from './state.ts';
import type { ApplicationName, ModelWaiting, Queue } from './waiting.ts';

/** An exchange under judgement. */
export type Judged = {
  readonly s: ModelState;
  /** Logical channel that it is on. */
  readonly number: number;
  /** The application that answers; undefined for the card itself. */
  readonly application: ApplicationName | undefined;
  readonly wire: Uint8Array;
  readonly answer: Uint8Array;
  readonly sw: number;
};

const R_MAC = 0x10;
const R_ENCRYPTION = 0x20;
const hex = (sw: number): string => sw.toString(16).padStart(4, '0');

/** A refusal comes with nothing; inside a secure channel a warning 63CX comes with its MAC. */
export function judgeBare(
  judged: Judged,
  refusal: Refusal,
  level: number,
  mac: number,
  host?: SecureChannelHost,
): void {
  const { answer, sw, wire } = judged;
  const words = [refusal.sw, ...refusal.also];
  if (refusal.sw >> 8 === 0x63 && (level & R_MAC) !== 0) {
    const outcome = { sw: refusal.sw, length: 0 };
    judgeResponse(judged, outcome, level, mac, host);
    return;
  }
  if (answer.length === 2 && words.includes(sw)) return;
  const expected = hex(refusal.sw);
  throw new Finding(`${toHex(answer)} to ${toHex(wire)}, expected ${words.map(hex).join(' or ')}`, {
    expected,
  });
}

/** A response comes in one piece or in parts, as the transmission protocol has it. */
export function judgeResponse(
  judged: Judged,
  outcome: Outcome,
  level: number,
  mac: number,
  host: SecureChannelHost | undefined,
): void {
  const { answer, sw, wire } = judged;
  const { sw: expected = SW.ok, exact, check } = outcome;
  const isSuccess = sw === SW.ok || sw >> 8 === 0x61 || sw >> 8 === 0x6c;
  if (expected === SW.ok && !isSuccess)
    throw new Finding(`${toHex(answer)} to ${toHex(wire)}, expected 9000`, { expected: '9000' });
  const plain = exact?.length ?? outcome.length;
  const is91 = expected === 0x9100;
  const isProtected = host !== undefined && (level & R_MAC) !== 0 && !is91;
  const length = plain === undefined || !isProtected ? plain : protectedLength(plain, level) + mac;
  if (length === 0) {
    const isRight = answer.length === 2 && (is91 ? sw >> 8 === 0x91 : sw === expected);
    hold(isRight, `${toHex(answer)} to ${toHex(wire)}, expected ${hex(expected)} and no data`);
    return;
  }
  const finish = (data: Uint8Array): void => {
    const opened = host === undefined || is91 ? data : opening(host, data, expected);
    if (exact !== undefined)
      hold(equalBytes(opened, exact), `${toHex(opened)} to ${toHex(wire)}, expected ${toHex(exact)}`);
    if (outcome.length !== undefined)
      hold(
        opened.length === outcome.length,
        `${opened.length} bytes to ${toHex(wire)}, expected ${outcome.length}`,
      );
    check?.(opened);
  };
  receivePart(judged, { sw: expected, rest: length, parts: [], finish });
}

/** Keeps what is still to be fetched, with the header of a command answered 6CXX; the card itself keeps nothing. */
function keep({ s, number, application, wire }: Judged, queue: Queue | undefined, header?: string): void {
  const waiting = queue && { channel: number, queue, ...(header === undefined ? {} : { header }) };
  if (application !== undefined) s.responses[application] = waiting;
  else if (waiting !== undefined) find(`a response of the card itself to ${toHex(wire)} is to be fetched`);
}

const protectedLength = (length: number, level: number): number =>
  (level & R_ENCRYPTION) === 0 || length === 0 ? length : (Math.floor(length / 16) + 1) * 16;

function opening(host: SecureChannelHost, data: Uint8Array, sw: number): Uint8Array {
  try {
    return host.unwrap(concat(data, Uint8Array.of(sw >> 8, sw & 0xff))).subarray(0, -2);
  } catch (error) {
    return find(`answer inside the secure channel: ${error instanceof Error ? error.message : error}`);
  }
}

/** The first part of a response. */
function receivePart(judged: Judged, queue: Queue): void {
  const { wire, s } = judged;
  const { data, le } = decodeCommandApdu(wire);
  if (s.kind.profile === 't1') {
    take(judged, queue, le ?? 0);
    return;
  }
  if (data.length > 0) {
    take(judged, queue, 0);
    return;
  }
  takeExactly(judged, queue, le ?? 256);
}

/** T=0: the response where Le is right, else 6CXX, and the response is held. */
function takeExactly(judged: Judged, queue: Queue, le: number): void {
  const { answer, sw, wire } = judged;
  const right = queue.rest === undefined ? undefined : Math.min(queue.rest, 256);
  const isWrong = right === undefined ? sw >> 8 === 0x6c : le !== right;
  if (!isWrong) {
    take(judged, queue, le);
    return;
  }
  const said = sw & 0xff || 256;
  const isRight = answer.length === 2 && sw >> 8 === 0x6c && (right === undefined || said === right);
  hold(isRight, `${toHex(answer)} to ${toHex(wire)}, expected 6C and ${right ?? 'the length'}`);
  if (right === undefined) queue.rest = said === 256 ? undefined : said;
  keep(judged, queue, toHex(wire.subarray(0, 4)));
}

/** As many bytes as were asked for, at most, and 61XX for the others. */
function take(judged: Judged, queue: Queue, ne: number): void {
  const { answer, sw, wire } = judged;
  const part = answer.subarray(0, -2);
  const isLast = sw >> 8 !== 0x61;
  if (isLast) hold(sw === queue.sw, `${hex(sw)} to ${toHex(wire)}, expected ${hex(queue.sw)}`);
  const fits = queue.rest === undefined ? part.length <= ne : part.length === Math.min(ne, queue.rest);
  hold(fits, `${part.length} bytes to ${toHex(wire)}, expected ${Math.min(ne, queue.rest ?? ne)}`);
  if (queue.rest === undefined && (isLast || (sw & 0xff) !== 0))
    queue.rest = part.length + (isLast ? 0 : sw & 0xff);
  if (queue.rest !== undefined) {
    queue.rest -= part.length;
    const left = queue.rest;
    const isSaid = isLast ? left === 0 : left > 0 && (left > 255 ? (sw & 0xff) === 0 : (sw & 0xff) === left);
    hold(isSaid, `${hex(sw)} to ${toHex(wire)}, expected ${left} bytes more`);
  }
  queue.parts.push(part.slice());
  keep(judged, isLast ? undefined : queue);
  if (isLast) queue.finish(concat(...queue.parts));
}

/** GET RESPONSE: the next part, 6985 without. Throws Refusal. */
export function getResponse(judged: Judged): void {
  const { wire, s, answer, sw } = judged;
  const { le } = decodeCommandApdu(wire);
  const { queue, header } = waitingFor(judged) ?? {};
  if (queue === undefined || header !== undefined) throw new Refusal(SW.wrongState);
  if (s.kind.profile === 't1') {
    take(judged, queue, le ?? 0);
    return;
  }
  const ne = le ?? 256;
  if (queue.rest === undefined ? sw >> 8 !== 0x6c : ne <= queue.rest) {
    take(judged, queue, ne);
    return;
  }
  const said = sw & 0xff || 256;
  const isRight =
    answer.length === 2 && sw >> 8 === 0x6c && (queue.rest === undefined || said === queue.rest);
  hold(isRight, `${toHex(answer)} to ${toHex(wire)}, expected 6C and ${queue.rest} bytes`);
}

/** What the application has for that channel. */
function waitingFor({ s, application, number }: Judged): ModelWaiting | undefined {
  const waiting = application && s.responses[application];
  return waiting?.channel === number ? waiting : undefined;
}

/** T=0: whether this is the command of the last 6CXX again, which is not carried out twice; then it is judged. */
export function repeated(judged: Judged): boolean {
  const { wire } = judged;
  const { queue, header } = waitingFor(judged) ?? {};
  if (queue === undefined || header === undefined || toHex(wire.subarray(0, 4)) !== header) return false;
  let le: number | undefined;
  try {
    const apdu = decodeCommandApdu(wire);
    if (apdu.data.length > 0) return false;
    le = apdu.le;
  } catch {
    return false;
  }
  takeExactly(judged, queue, le ?? 256);
  return true;
}
