// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type LogEvent, logEvents } from '../../../protocol/security-log.ts';

/** Entries of a card's whole life, and the heads after them; the part that sequences share is never changed. */
export type ModelLog = {
  readonly past: { readonly entries: readonly Uint8Array[]; readonly heads: readonly Uint8Array[] };
  /** Entries since. */
  readonly added: Uint8Array[];
};

const KEPT = 64;

/** A log without entries. */
export const emptyLog = (): ModelLog => ({ past: { entries: [], heads: [new Uint8Array(32)] }, added: [] });

/** Sequence of the newest entry. */
export const logLength = ({ past, added }: ModelLog): number => past.entries.length + added.length;

/** What an event is about; the first 8 bytes of the hash are kept. */
export type Facts = { readonly reference?: number; readonly detail?: number; readonly hash?: Uint8Array };

/** Writes the next entry: sequence (4) ‖ event (1) ‖ reference (1) ‖ detail (2) ‖ hash prefix (8). */
export function record(
  log: ModelLog,
  event: LogEvent,
  { reference = 0, detail = 0, hash }: Facts = {},
): void {
  const entry = new Uint8Array(16);
  const view = new DataView(entry.buffer);
  view.setUint32(0, logLength(log) + 1);
  entry[4] = logEvents[event].id;
  entry[5] = reference;
  view.setUint16(6, detail);
  if (hash !== undefined) entry.set(hash.subarray(0, 8), 8);
  log.added.push(entry);
}

/** Head after the first `count` entries. */
export function headAt({ past, added }: ModelLog, count: number): Uint8Array {
  const known = past.heads[count];
  if (known !== undefined) return known;
  let head = past.heads.at(-1) as Uint8Array;
  for (const entry of added.slice(0, count - past.entries.length)) head = after(head, entry);
  return head;
}

/** What GET DATA gives: head before the oldest entry kept ‖ entries. */
export function logBytes(log: ModelLog): Uint8Array {
  const total = logLength(log);
  const kept = Math.min(total, KEPT);
  const entries = [...log.past.entries, ...log.added].slice(total - kept);
  return Uint8Array.from(Buffer.concat([headAt(log, total - kept), ...entries]));
}

/** The same log, all of it as the past that is shared. */
export function settled(log: ModelLog): ModelLog {
  const heads = [...log.past.heads];
  for (const entry of log.added) heads.push(after(heads.at(-1) as Uint8Array, entry));
  return { past: { entries: [...log.past.entries, ...log.added], heads }, added: [] };
}

const after = (head: Uint8Array, entry: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(head).update(entry).digest());
