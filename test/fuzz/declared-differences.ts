// SPDX-License-Identifier: Apache-2.0
import { concat, equalBytes } from '../../protocol/bytes.ts';
import { type AnyCommand, CLA_CHANNEL, findCommand } from '../../protocol/command.ts';
import { blockchainSimCommands as custody } from '../../protocol/commands/blockchain-sim/index.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import { macLength, type Scp03Mode } from '../../protocol/scp03/key-set.ts';
import { SECURITY_LEVEL } from '../../protocol/scp03/secure-messaging.ts';
import type { ExchangeDetail } from './driver.ts';

/** An exchange with one of two cards. */
export type Exchanged = ExchangeDetail & {
  readonly wire: Uint8Array;
  readonly answer: Uint8Array;
};

const everyCommand: Readonly<Record<string, AnyCommand>> = Object.assign({}, ...Object.values(catalogue));
/** Bytes of an ECDSA signature. */
const SIGNATURE = 64;
/** What a signature is the whole answer to. */
const signing: readonly (AnyCommand | undefined)[] = [
  custody.computeDigitalSignature,
  custody.signTransaction,
  custody.internalAuthenticate,
];
const INS_GET_RESPONSE = 0xc0;
const SW1_MORE = 0x61;

/** SW1-SW2 of an answer. */
export const statusOf = (answer: Uint8Array): Uint8Array => answer.subarray(-2);

/** Whether two answers have the same length and status word: only such may be as good as each other. */
export const areAlike = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && equalBytes(statusOf(one), statusOf(other));

/** Name of a command, whichever its channel, and whether it is protected. */
export const commandOf = ({
  wire,
  plain = wire,
}: Pick<Exchanged, 'wire' | 'plain'>): AnyCommand | undefined =>
  plain.length < 4 ? undefined : findCommand(everyCommand, plain);

/**
 * Number of the first exchange in which two cards differ without being allowed to, or undefined. They may differ in
 * ECDSA signatures, which one makes with a nonce that is derived and the other with a random one, and in what protects
 * those in a secure channel. Exchanges of the same number must be alike; what only one of them has is not looked at.
 */
export function undeclaredDifference(
  ours: readonly Exchanged[],
  theirs: readonly Exchanged[],
  mode: Scp03Mode,
): number | undefined {
  const mac = macLength(mode);
  const count = Math.min(ours.length, theirs.length);
  const found = responsesOf(ours.slice(0, count)).map((parts) =>
    mayDiffer(parts, ours, theirs, mac) ? undefined : parts.find((at) => differ(ours, theirs, at)),
  );
  const numbers = found.filter((at) => at !== undefined);
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}

/** Numbers of the exchanges that make up each response: a command, and GET RESPONSE on its channel after 61XX. */
function responsesOf(all: readonly Exchanged[]): readonly (readonly number[])[] {
  const responses: number[][] = [];
  const unfinished = new Map<number, number[]>();
  for (const [at, { wire, answer }] of all.entries()) {
    const [cla = 0, ins] = wire;
    const channel = cla & CLA_CHANNEL;
    const isMore = statusOf(answer)[0] === SW1_MORE;
    const begun = ins === INS_GET_RESPONSE ? unfinished.get(channel) : undefined;
    // A refused GET RESPONSE, such as one on a channel of another application, fetches nothing.
    const isPart = begun !== undefined && (answer.length > 2 || isMore);
    if (isPart) begun.push(at);
    else responses.push([at]);
    if (isMore) unfinished.set(channel, isPart ? begun : (responses.at(-1) ?? []));
    else if (isPart) unfinished.delete(channel);
  }
  return responses;
}

const differ = (ours: readonly Exchanged[], theirs: readonly Exchanged[], at: number): boolean => {
  const [one, other] = [ours[at]?.answer, theirs[at]?.answer];
  return one === undefined || other === undefined || !equalBytes(one, other);
};

/** Whether the differences of a response lie where a signature, or what protects it, does. */
function mayDiffer(
  parts: readonly number[],
  ours: readonly Exchanged[],
  theirs: readonly Exchanged[],
  mac: number,
): boolean {
  if (!parts.some((at) => differ(ours, theirs, at))) return true;
  const begun = ours[parts[0] ?? 0];
  const command = begun && commandOf(begun);
  const isAttestation = command === custody.attest;
  if (begun === undefined || !(isAttestation || signing.includes(command))) return false;
  const last = parts.at(-1) ?? 0;
  const [opened, theirsOpened] = [ours[last]?.opened, theirs[last]?.opened];
  if (opened !== undefined && theirsOpened !== undefined)
    return areEqualBefore(opened, theirsOpened, isAttestation ? opened.length - SIGNATURE : 0);
  const [one, other] = [ours, theirs].map((all) => dataOf(all, parts)) as [Uint8Array, Uint8Array];
  // An encrypted response of which a part is missing cannot be read.
  if ((begun.level & SECURITY_LEVEL.rEncryption) !== 0) return true;
  const isProtected = (begun.level & SECURITY_LEVEL.rMac) !== 0;
  const total = one.length + leftAfter(ours[last]?.answer ?? one);
  const signature = total - SIGNATURE - (isProtected ? mac : 0);
  return areEqualBefore(one, other, isAttestation ? signature : 0);
}

const dataOf = (all: readonly Exchanged[], parts: readonly number[]): Uint8Array =>
  concat(...parts.map((at) => all[at]?.answer.subarray(0, -2) ?? new Uint8Array(0)));

/** Bytes that 61XX announces, at least. */
const leftAfter = (answer: Uint8Array): number => {
  const [sw1, sw2 = 0] = statusOf(answer);
  return sw1 === SW1_MORE ? sw2 || 256 : 0;
};

const areEqualBefore = (one: Uint8Array, other: Uint8Array, end: number): boolean =>
  one.length === other.length && equalBytes(one.subarray(0, end), other.subarray(0, end));
