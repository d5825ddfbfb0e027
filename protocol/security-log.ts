// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, equalBytes } from './bytes.ts';
import { ProtocolError } from './errors.ts';

/** Most entries that a card keeps: the newest ones, all of them while there are fewer. */
export const LOG_CAPACITY = 64;
/** Bytes of an entry: sequence (4, big-endian) ‖ event (1) ‖ reference (1) ‖ detail (2, big-endian) ‖ hash prefix (8). */
export const LOG_ENTRY_LENGTH = 16;
/** Bytes of a head. */
export const LOG_HEAD_LENGTH = 32;
/** Bytes of an entry's hash prefix. */
export const LOG_HASH_PREFIX_LENGTH = 8;
/** Head before the first entry: 32 zero bytes. */
export const LOG_START: Uint8Array = new Uint8Array(LOG_HEAD_LENGTH);

/** What a kind of entry says. */
export type LogEventFacts = {
  /** The event's byte in an entry. */
  readonly id: number;
  readonly meaning: string;
  /** What the reference byte holds; 0 where absent. */
  readonly reference?: string;
  /** What the two detail bytes hold; 0 where absent. */
  readonly detail?: string;
  /** What the hash prefix is taken of (SHA-256 unless it says another, first 8 bytes); zeros where absent. */
  readonly hashOf?: string;
};

const key = { reference: 'key reference, 0 for the attestation key' } as const;

/**
 * Every event that a card logs, in the order of their bytes. Of what a wallet signs there is no hash: it would lead to
 * the wallet.
 */
export const logEvents = {
  personalised: { id: 0x01, meaning: 'personalised' },
  'pin-verified': { id: 0x02, meaning: 'PIN verified' },
  'pin-wrong': { id: 0x03, meaning: 'PIN wrong', detail: 'tries left' },
  'pin-changed': { id: 0x04, meaning: 'PIN changed' },
  'pin-set-with-puk': { id: 0x05, meaning: 'PIN set with the PUK' },
  'puk-wrong': { id: 0x06, meaning: 'PUK wrong', detail: 'tries left' },
  'key-generated': { id: 0x07, meaning: 'key generated', ...key },
  'key-imported': { id: 0x08, meaning: 'key imported', ...key },
  'key-deleted': { id: 0x09, meaning: 'key deleted', ...key },
  'digest-signed': { id: 0x0a, meaning: 'digest signed', ...key, hashOf: 'the digest itself' },
  'message-signed': {
    id: 0x0b,
    meaning: 'message signed',
    ...key,
    hashOf: 'the message, by the hash it is signed with',
  },
  'transaction-signed': { id: 0x0c, meaning: 'transaction signed', ...key, hashOf: 'the signed bytes' },
  'authentication-signed': { id: 0x0d, meaning: 'authentication signed', ...key, hashOf: 'the signed bytes' },
  agreement: { id: 0x0e, meaning: 'key agreement', ...key },
  attestation: { id: 0x0f, meaning: 'attestation', ...key },
  'channel-opened': {
    id: 0x10,
    meaning: 'secure channel opened',
    reference: 'key version number',
    detail: 'security level',
  },
  'channel-refused': { id: 0x11, meaning: 'secure channel refused' },
  blocked: { id: 0x12, meaning: 'application blocked' },
  activated: { id: 0x13, meaning: 'application activated' },
  'limit-reset': { id: 0x14, meaning: 'limit reset', ...key },
  'certificates-stored': { id: 0x15, meaning: 'certificates stored' },
  'factory-reset': { id: 0x16, meaning: 'factory reset' },
  terminated: { id: 0x17, meaning: 'terminated' },
  'confirmation-refused': { id: 0x18, meaning: 'confirmation refused or ended', ...key },
} as const satisfies Readonly<Record<string, LogEventFacts>>;

/** Name of an event. */
export type LogEvent = keyof typeof logEvents;

/** Names of all events. */
export const logEventNames = Object.keys(logEvents) as readonly LogEvent[];

/** The event of an entry's event byte, or undefined for one that a newer card has and this toolkit has not. */
export const logEventOfId = (id: number): LogEvent | undefined =>
  logEventNames.find((name) => logEvents[name].id === id);

/** One entry of the log. */
export type LogEntry = {
  /** 1 for the first entry that a card ever wrote, and one more for each next. */
  readonly sequence: number;
  /** Event byte; see {@link logEventOfId}. */
  readonly event: number;
  readonly reference: number;
  readonly detail: number;
  /** 8 bytes; what they are of says {@link logEvents}. */
  readonly hashPrefix: Uint8Array;
};

/** Where a log stands: sequence of its newest entry (0 when there is none) and its head (32 bytes). */
export type LogState = { readonly sequence: bigint; readonly head: Uint8Array };

/** The log as a card gives it. */
export type SecurityLog = {
  /** Head before the oldest entry kept (32 bytes). */
  readonly base: Uint8Array;
  /** Entries kept, the oldest first. */
  readonly entries: readonly LogEntry[];
};

/** The 16 bytes of an entry. Throws `protocol/bad-layout` when a number does not fit its field. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  const { sequence, event, reference, detail, hashPrefix } = entry;
  requireUint('sequence', sequence, 4);
  requireUint('event', event, 1);
  requireUint('reference', reference, 1);
  requireUint('detail', detail, 2);
  requireLength('hash prefix', hashPrefix, LOG_HASH_PREFIX_LENGTH);
  const bytes = new Uint8Array(LOG_ENTRY_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sequence);
  view.setUint8(4, event);
  view.setUint8(5, reference);
  view.setUint16(6, detail);
  bytes.set(hashPrefix, 8);
  return bytes;
}

/** An entry of its 16 bytes. Throws `protocol/bad-layout`. */
export function decodeLogEntry(bytes: Uint8Array): LogEntry {
  requireLength('log entry', bytes, LOG_ENTRY_LENGTH);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    sequence: view.getUint32(0),
    event: view.getUint8(4),
    reference: view.getUint8(5),
    detail: view.getUint16(6),
    hashPrefix: new Uint8Array(bytes.subarray(8)),
  };
}

/** base (32) ‖ entries (0–64 × 16). Throws `protocol/bad-layout`. */
export function encodeSecurityLog(log: SecurityLog): Uint8Array {
  requireLength('base of the log', log.base, LOG_HEAD_LENGTH);
  requireCount(log.entries.length, LOG_HEAD_LENGTH + log.entries.length * LOG_ENTRY_LENGTH);
  return concat(log.base, ...log.entries.map(encodeLogEntry));
}

/** The log of what {@link encodeSecurityLog} writes; only the form is checked. Throws `protocol/bad-layout`. */
export function decodeSecurityLog(bytes: Uint8Array): SecurityLog {
  const count = (bytes.length - LOG_HEAD_LENGTH) / LOG_ENTRY_LENGTH;
  requireCount(count, bytes.length);
  const entries = Array.from({ length: count }, (_, i) => {
    const at = LOG_HEAD_LENGTH + i * LOG_ENTRY_LENGTH;
    return decodeLogEntry(bytes.subarray(at, at + LOG_ENTRY_LENGTH));
  });
  return { base: new Uint8Array(bytes.subarray(0, LOG_HEAD_LENGTH)), entries };
}

/** Head after an entry: SHA-256(head ‖ the entry's 16 bytes). */
export const nextLogHead = (head: Uint8Array, entry: Uint8Array): Uint8Array => sha256(concat(head, entry));

/** What {@link checkLog} finds; each but 'intact' is a log that the card did not give like this. */
export type LogCheck =
  | 'intact'
  /** An entry's sequence is not one more than that of the entry before. */
  | 'gap'
  /** The newest entry is not the one that the card vouches for. */
  | 'wrong-sequence'
  /** Fewer entries than a card keeps. */
  | 'incomplete'
  /** It begins with the first entry of all, but not from {@link LOG_START}. */
  | 'wrong-start'
  /** Base and entries do not lead to the head. */
  | 'wrong-head';

/**
 * Whether a log is wholly what the card vouches for with its head and sequence (of an attestation): every entry it
 * keeps, without gap, leading from the base to the head.
 */
export function checkLog(log: SecurityLog, state: LogState): LogCheck {
  const { base, entries } = log;
  const sequences = entries.map(({ sequence }) => sequence);
  if (sequences.some((sequence, i) => i > 0 && sequence !== (sequences[i - 1] as number) + 1)) return 'gap';
  if (BigInt(sequences.at(-1) ?? state.sequence) !== state.sequence) return 'wrong-sequence';
  const kept = state.sequence < LOG_CAPACITY ? Number(state.sequence) : LOG_CAPACITY;
  if (entries.length !== kept) return 'incomplete';
  if (baseSequence(log) === 0 && !equalBytes(base, LOG_START)) return 'wrong-start';
  return equalBytes(headAfter(log, entries.length), state.head) ? 'intact' : 'wrong-head';
}

/** What {@link checkLogContinues} finds; 'too-old' where the log has let go of the entries that would tell. */
export type LogContinuity = 'continues' | 'contradicts' | 'too-old';

/**
 * Whether an earlier state of the same card lies in the chain of a log that {@link checkLog} found intact.
 * 'contradicts' means that the log was cut back or rewritten since, or is another card's.
 */
export function checkLogContinues(log: SecurityLog, earlier: LogState): LogContinuity {
  if (earlier.sequence === 0n && !equalBytes(earlier.head, LOG_START)) return 'contradicts';
  const entriesUpTo = earlier.sequence - BigInt(baseSequence(log));
  if (entriesUpTo < 0n) return 'too-old';
  if (entriesUpTo > log.entries.length) return 'contradicts';
  return equalBytes(headAfter(log, Number(entriesUpTo)), earlier.head) ? 'continues' : 'contradicts';
}

/** Sequence of the entry before the oldest one kept; 0 when there is none. */
const baseSequence = ({ entries }: SecurityLog): number => (entries[0]?.sequence ?? 1) - 1;

const headAfter = ({ base, entries }: SecurityLog, count: number): Uint8Array =>
  entries.slice(0, count).reduce((head, entry) => nextLogHead(head, encodeLogEntry(entry)), base);

function requireUint(name: string, value: number, length: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length))
    throw new ProtocolError(
      'protocol/bad-layout',
      `log entry not written: found ${name} ${value}, expected an unsigned integer of ${length} bytes`,
      { expected: `${name} of ${length} bytes`, length },
    );
}

function requireLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new ProtocolError(
      'protocol/bad-layout',
      `${name} not used: found ${bytes.length} bytes, expected ${length}`,
      { expected: `${name} of ${length} bytes`, length: bytes.length },
    );
}

function requireCount(count: number, length: number): void {
  if (!Number.isInteger(count) || count < 0 || count > LOG_CAPACITY)
    throw new ProtocolError(
      'protocol/bad-layout',
      `security log not used: found ${length} bytes, expected a base of 32 and 0 to ${LOG_CAPACITY} entries of 16`,
      { expected: `32 + 0–${LOG_CAPACITY} × 16 bytes`, length },
    );
}
