// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import {
  checkLog,
  checkLogContinues,
  decodeLogEntry,
  decodeSecurityLog,
  encodeLogEntry,
  encodeSecurityLog,
  LOG_CAPACITY,
  LOG_START,
  type LogEntry,
  type LogState,
  logEventNames,
  logEventOfId,
  logEvents,
  nextLogHead,
  type SecurityLog,
} from '../../protocol/security-log.ts';

const anyEntry: fc.Arbitrary<LogEntry> = fc.record({
  sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
  event: fc.integer({ min: 0, max: 0xff }),
  reference: fc.integer({ min: 0, max: 0xff }),
  detail: fc.integer({ min: 0, max: 0xffff }),
  hashPrefix: fc.uint8Array({ minLength: 8, maxLength: 8 }),
});

/** A card's log after that many events: the log kept and the state after each event, with node:crypto's SHA-256. */
function history(events: readonly number[]): {
  readonly log: SecurityLog;
  readonly states: readonly LogState[];
} {
  const entries = events.map((event, i): LogEntry => {
    return { sequence: i + 1, event, reference: 1, detail: i, hashPrefix: new Uint8Array(8).fill(event) };
  });
  const states: LogState[] = [{ sequence: 0n, head: LOG_START }];
  for (const [i, entry] of entries.entries()) {
    const hash = createHash('sha256').update((states[i] as LogState).head);
    const head = new Uint8Array(hash.update(encodeLogEntry(entry)).digest());
    states.push({ sequence: BigInt(i + 1), head });
  }
  const left = Math.max(0, entries.length - LOG_CAPACITY);
  return { log: { base: (states[left] as LogState).head, entries: entries.slice(left) }, states };
}
const anyEvents = fc.array(fc.integer({ min: 1, max: 0x18 }), { maxLength: 150 });
const last = (states: readonly LogState[]): LogState => states.at(-1) as LogState;

describe('an entry of the security log', () => {
  const entry: LogEntry = {
    sequence: 0x01020304,
    event: 0x0c,
    reference: 5,
    detail: 0x0607,
    hashPrefix: fromHex('08090a0b0c0d0e0f'),
  };

  it('is sequence, event, reference, detail and hash prefix in 16 bytes', () => {
    expect(toHex(encodeLogEntry(entry))).toBe('01020304 0c 05 0607 08090a0b0c0d0e0f'.replaceAll(' ', ''));
    expect(decodeLogEntry(fromHex('010203040c05060708090a0b0c0d0e0f'))).toEqual(entry);
  });

  it('comes back whatever it says', () => {
    fc.assert(
      fc.property(anyEntry, (value) => {
        expect(decodeLogEntry(encodeLogEntry(value))).toEqual(value);
      }),
    );
  });

  it('leads to the SHA-256 of the head before it and its bytes', () => {
    const bytes = encodeLogEntry(entry);
    const expected = createHash('sha256').update(new Uint8Array(32)).update(bytes).digest('hex');
    expect(toHex(nextLogHead(LOG_START, bytes))).toBe(expected);
  });

  it.each<[string, Partial<LogEntry>]>([
    ['a sequence of 5 bytes', { sequence: 2 ** 32 }],
    ['a negative sequence', { sequence: -1 }],
    ['an event of 2 bytes', { event: 256 }],
    ['a reference that is no integer', { reference: 0.5 }],
    ['a detail of 3 bytes', { detail: 65536 }],
    ['a hash prefix of 7 bytes', { hashPrefix: new Uint8Array(7) }],
  ])('is not written with %s', (_title, change) => {
    expect(() => encodeLogEntry({ ...entry, ...change })).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-layout' }),
    );
  });

  it.each([0, 15, 17])('is not read of %i bytes', (length) => {
    expect(() => decodeLogEntry(new Uint8Array(length))).toThrowError(ProtocolError);
  });
});

describe('the events of the log', () => {
  it('have the bytes 01 to 18, each once', () => {
    const ids = logEventNames.map((name) => logEvents[name].id);
    expect(ids).toEqual(Array.from({ length: 0x18 }, (_, i) => i + 1));
    expect(logEventNames.map((name) => logEventOfId(logEvents[name].id))).toEqual(logEventNames);
  });

  it('have no name for a byte that is none of theirs', () => {
    expect([logEventOfId(0), logEventOfId(0x19)]).toEqual([undefined, undefined]);
  });
});

describe('the security log', () => {
  it('is its base and its entries', () => {
    const { log } = history([1, 2, 7]);
    const bytes = encodeSecurityLog(log);
    expect(bytes.length).toBe(32 + 3 * 16);
    expect(toHex(bytes.subarray(0, 32))).toBe(toHex(LOG_START));
    expect(decodeSecurityLog(bytes)).toEqual(log);
  });

  it('is read from any bytes and written the same, or refused with its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), (bytes) => {
        try {
          expect(toHex(encodeSecurityLog(decodeSecurityLog(bytes)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it.each([0, 31, 33, 47, 49, 32 + 65 * 16])('is not read of %i bytes', (length) => {
    expect(() => decodeSecurityLog(new Uint8Array(length))).toThrowError(
      expect.objectContaining({ code: 'protocol/bad-layout' }),
    );
  });

  it('is intact as a card keeps it, however many events there were', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const { log, states } = history(events);
        expect(checkLog(log, last(states))).toBe('intact');
      }),
    );
  });

  it('is not intact with any one byte of base or entries changed', () => {
    const { log, states } = history(new Array<number>(70).fill(0x0b));
    const bytes = encodeSecurityLog(log);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const changed = bytes.map((byte, i) => (i === at ? byte ^ difference : byte));
        expect(checkLog(decodeSecurityLog(changed), last(states))).not.toBe('intact');
      }),
    );
  });

  it('is not intact without its newest entry, its oldest one, or one between', () => {
    const { log, states } = history([1, 2, 3, 4, 5]);
    const without = (left: number): SecurityLog => ({
      ...log,
      entries: log.entries.filter((_, i) => i !== left),
    });
    expect(checkLog(without(4), last(states))).toBe('wrong-sequence');
    expect(checkLog(without(2), last(states))).toBe('gap');
    expect(checkLog(without(0), last(states))).toBe('incomplete');
    const cut = { base: (states[1] as LogState).head, entries: log.entries.slice(1) };
    expect(checkLog(cut, last(states))).toBe('incomplete');
  });

  it('is not intact when it begins from another head than zeros', () => {
    const { log, states } = history([1, 2]);
    expect(checkLog({ ...log, base: new Uint8Array(32).fill(1) }, last(states))).toBe('wrong-start');
    const empty = { base: new Uint8Array(32).fill(1), entries: [] };
    expect(checkLog(empty, { sequence: 0n, head: empty.base })).toBe('wrong-start');
  });

  it('is not intact when it is empty and the card has logged events', () => {
    expect(checkLog({ base: LOG_START, entries: [] }, { sequence: 1n, head: LOG_START })).toBe('incomplete');
  });

  it('is not intact under another head', () => {
    const { log, states } = history([1, 2]);
    const head = (states[1] as LogState).head;
    expect(checkLog(log, { sequence: 2n, head })).toBe('wrong-head');
  });
});

describe('an earlier state of the log', () => {
  it('continues in every later log that still reaches back to it', () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(150), (events, back) => {
        const { log, states } = history(events);
        const earlier = states[Math.max(0, events.length - back)] as LogState;
        const reaches = back <= LOG_CAPACITY || events.length <= LOG_CAPACITY;
        expect(checkLogContinues(log, earlier)).toBe(reaches ? 'continues' : 'too-old');
      }),
    );
  });

  it('is contradicted by a log that was cut back', () => {
    const { states } = history([1, 2, 3]);
    const { log } = history([1, 2]);
    expect(checkLogContinues(log, last(states))).toBe('contradicts');
  });

  it('is contradicted by a log that was written anew, whichever event differs', () => {
    fc.assert(
      fc.property(anyEvents, anyEvents, (one, other) => {
        const common = one.findIndex((event, i) => event !== other[i]);
        fc.pre(common >= 0 && other.length >= one.length && other.length <= LOG_CAPACITY);
        const { states } = history(one);
        expect(checkLogContinues(history(other).log, last(states))).toBe('contradicts');
      }),
    );
  });

  it('is contradicted when its head is not that of the oldest entry kept', () => {
    const { log } = history(new Array<number>(100).fill(2));
    const head = new Uint8Array(32).fill(9);
    expect(checkLogContinues(log, { sequence: 36n, head })).toBe('contradicts');
    expect(checkLogContinues(log, { sequence: 35n, head })).toBe('too-old');
  });

  it('is contradicted when it is the beginning with another head than zeros', () => {
    const head = new Uint8Array(32).fill(9);
    expect(checkLogContinues(history([1]).log, { sequence: 0n, head })).toBe('contradicts');
  });
});
