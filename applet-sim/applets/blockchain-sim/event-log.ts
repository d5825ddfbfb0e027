// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../../protocol/bytes.ts';
import {
  encodeLogEntry,
  LOG_CAPACITY,
  LOG_ENTRY_LENGTH,
  LOG_HASH_PREFIX_LENGTH,
  LOG_HEAD_LENGTH,
  LOG_START,
  type LogEvent,
  logEvents,
  nextLogHead,
} from '../../../protocol/security-log.ts';
import { SW } from '../../../protocol/status-word.ts';
import type { RecordChanges, Records } from '../../runtime/card-memory.ts';
import { notRead } from '../../runtime/record-codec.ts';
import { StatusFault } from '../../runtime/status-fault.ts';

/** The ring of the last security events, as it lies in memory; a value, never changed in place. */
export type EventLog = {
  /** Sequence of the newest entry, 0 when there is none. */
  readonly sequence: number;
  readonly head: Uint8Array;
  /** Head before the oldest entry that is kept. */
  readonly base: Uint8Array;
  /** Entries of 16 bytes; that of sequence s at s modulo 64. */
  readonly ring: readonly Uint8Array[];
};

/** What an event is about. */
export type EventFacts = {
  readonly reference?: number;
  readonly detail?: number;
  /** Its first 8 bytes are kept. */
  readonly hash?: Uint8Array;
};

/** A log without events. */
export const emptyLog: EventLog = { sequence: 0, head: LOG_START, base: LOG_START, ring: [] };

const NO_HASH = new Uint8Array(LOG_HASH_PREFIX_LENGTH);

/** Sequence of the last event that a log takes. */
const SEQUENCE_MAX = 0xffff_ffff;

/** The log with one more event; the oldest makes room for it. Throws {@link StatusFault} 6581 once all numbers are used. */
export function logged(log: EventLog, event: LogEvent, facts: EventFacts): EventLog {
  if (log.sequence === SEQUENCE_MAX) throw new StatusFault(SW.memoryFailure);
  const sequence = log.sequence + 1;
  const { reference = 0, detail = 0, hash = NO_HASH } = facts;
  const hashPrefix = hash.subarray(0, LOG_HASH_PREFIX_LENGTH);
  const entry = encodeLogEntry({ sequence, event: logEvents[event].id, reference, detail, hashPrefix });
  const ring = log.ring.slice();
  const evicted = ring[sequence % LOG_CAPACITY];
  ring[sequence % LOG_CAPACITY] = entry;
  const base = evicted === undefined ? log.base : nextLogHead(log.base, evicted);
  return { sequence, head: nextLogHead(log.head, entry), base, ring };
}

/** base ‖ entries, the oldest first, as GET DATA gives them. */
export function logBytes({ sequence, base, ring }: EventLog): Uint8Array {
  const kept = Math.min(sequence, LOG_CAPACITY);
  const entries = Array.from(
    { length: kept },
    (_, i) => ring[(sequence - kept + 1 + i) % LOG_CAPACITY] as Uint8Array,
  );
  return concat(base, ...entries);
}

const HEAD_RECORD = 'log/head';
const entryRecord = (place: number): string => `log/${place}`;

/** Records of the events since `before`: one an event, and the head. */
export function logChanges(before: EventLog, after: EventLog): RecordChanges {
  const changes = new Map<string, Uint8Array>();
  if (before === after) return changes;
  const head = new Uint8Array(4 + 2 * LOG_HEAD_LENGTH);
  new DataView(head.buffer).setUint32(0, after.sequence);
  head.set(after.head, 4);
  head.set(after.base, 4 + LOG_HEAD_LENGTH);
  changes.set(HEAD_RECORD, head);
  for (let s = Math.max(before.sequence + 1, after.sequence - LOG_CAPACITY + 1); s <= after.sequence; s++) {
    const place = s % LOG_CAPACITY;
    changes.set(entryRecord(place), (after.ring[place] as Uint8Array).slice());
  }
  return changes;
}

/** The log of a card's records. Throws `emulator/card-image-not-read`. */
export function readLog(records: Records): EventLog {
  const bytes = records.get(HEAD_RECORD);
  if (bytes === undefined) return emptyLog;
  if (bytes.length !== 4 + 2 * LOG_HEAD_LENGTH)
    throw notRead(`found a head of the log of ${bytes.length} bytes`);
  const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const ring: Uint8Array[] = [];
  for (let s = Math.max(1, sequence - LOG_CAPACITY + 1); s <= sequence; s++) {
    const entry = records.get(entryRecord(s % LOG_CAPACITY));
    if (entry?.length !== LOG_ENTRY_LENGTH) throw notRead(`found no entry ${s} of the log, expected one`);
    ring[s % LOG_CAPACITY] = entry.slice();
  }
  return {
    sequence,
    head: bytes.slice(4, 4 + LOG_HEAD_LENGTH),
    base: bytes.slice(4 + LOG_HEAD_LENGTH),
    ring,
  };
}
