// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyLog, logBytes, logged } from '../../../../applet-sim/applets/blockchain-sim/event-log.ts';
import type { StoredKey } from '../../../../applet-sim/applets/blockchain-sim/stored-key.ts';
import { type CardState, cardState } from '../../../../applet-sim/card-state.ts';
import { EmulatorError } from '../../../../applet-sim/index.ts';
import type { Records } from '../../../../applet-sim/runtime/card-memory.ts';
import { generateKeyPair } from '../../../../applet-sim/runtime/crypto.ts';
import { testKeySet } from '../../../../applet-sim/security-domain/key-store.ts';
import { encodeCbor } from '../../../../protocol/cbor.ts';
import { parseIccid } from '../../../../protocol/identifiers/iccid.ts';
import { parseImsi } from '../../../../protocol/identifiers/imsi.ts';
import { pinBlock, pukBlock } from '../../../../protocol/pin.ts';
import { checkLog, decodeSecurityLog, LOG_CAPACITY } from '../../../../protocol/security-log.ts';

const digits = (text: string): Uint8Array => new TextEncoder().encode(text);
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const curves = ['P-256', 'secp256k1', 'Ed25519', 'SM2', 'brainpoolP256r1'] as const;

const codec = cardState('selectable', [testKeySet()]);

function keyOf(slot: number): StoredKey {
  const pair = generateKeyPair(curves[slot % curves.length] ?? 'P-256', random);
  const policy = {
    flags: 0x1c,
    messageTypes: ['money/transfer', 'identity/create'],
    limit: { currency: 'XTS', digits: 2, perTransaction: 5n, cumulative: 0xffff_ffff_ffff_ffffn },
  };
  const key = { ...pair, role: 'identity', usage: 3, policy, origin: 'generated' } as const;
  if (slot % 2 === 0) return key;
  return { ...key, role: 'wallet', secret: random(64), decoy: { secret: random(64), point: pair.point } };
}

const slots = Array.from({ length: 16 }, (_, i) => i + 1);
let events = emptyLog;
for (let i = 0; i < 3 * LOG_CAPACITY; i++)
  events = logged(events, 'pin-wrong', { detail: i, hash: random(32) });

const full: CardState = {
  domain: codec.blank.domain,
  application: {
    lifeCycle: 'personalised',
    keys: new Map(slots.map((slot) => [slot, keyOf(slot)])),
    counters: new Map(slots.map((slot) => [slot, { signatures: BigInt(slot), spent: 1n << 63n }])),
    personalisation: {
      iccid: parseIccid('89882000000000000013'),
      imsi: parseImsi('001010000000001'),
      pinRules: { flags: 3, minimumLength: 6 },
      forbiddenPins: [pinBlock(digits('4711')), pinBlock(digits('12345678'))],
    },
    pins: {
      pin: { block: pinBlock(digits('1234')), triesLeft: 2 },
      puk: { block: pukBlock(digits('12345678')), triesLeft: 0 },
      duress: pinBlock(digits('8642')),
    },
    attestationKey: generateKeyPair('P-256', random),
    certificates: random(700),
    log: events,
  },
};

const recordsOf = (state: CardState): Map<string, Uint8Array> =>
  new Map(
    [...codec.changes(codec.blank, state)].flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
const notRead = expect.objectContaining({ code: 'emulator/card-image-not-read' });

/** Records of the full card with one changed. */
const withRecord = (name: string, value: Uint8Array | undefined): Records => {
  const records = recordsOf(full);
  if (value === undefined) records.delete(name);
  else records.set(name, value);
  return records;
};

describe('the memory of a card', () => {
  it('gives back a full state, and what is blank but for one event', () => {
    expect(codec.decode(recordsOf(full))).toEqual(full);
    const oneEvent = {
      ...codec.blank,
      application: { ...codec.blank.application, log: logged(emptyLog, 'channel-refused', {}) },
    };
    expect(codec.decode(recordsOf(oneEvent))).toEqual(oneEvent);
  });

  it('writes only what has changed', () => {
    const counters = new Map(full.application.counters).set(3, { signatures: 9n, spent: 0n });
    const log = logged(full.application.log, 'message-signed', { reference: 3 });
    const next = { ...full, application: { ...full.application, counters, log } };
    expect([...codec.changes(full, next).keys()].sort()).toEqual([
      'counter/3',
      `log/${log.sequence % LOG_CAPACITY}`,
      'log/head',
    ]);
    expect(codec.changes(full, full).size).toBe(0);
  });

  it('erases the records of what is gone', () => {
    const { blank } = codec;
    const changes = codec.changes(full, { ...full, application: { ...blank.application, log: events } });
    for (const name of ['key/1', 'key/16', 'counter/1', 'pin', 'puk', 'attestation-key'])
      expect(changes.has(name) && changes.get(name) === undefined, name).toBe(true);
  });

  it('shares no bytes with the records that it was read from, which the card wipes', () => {
    const records = recordsOf(full);
    const state = codec.decode(records);
    for (const record of records.values()) record.fill(0);
    expect(state).toEqual(full);
  });

  it('shares no bytes with the state that it was made of, which stays after the records are wiped', () => {
    const before = structuredClone(full);
    for (const record of recordsOf(full).values()) record.fill(0);
    expect(full).toEqual(before);
  });

  it.each<[string, string, Uint8Array | undefined]>([
    ['no life-cycle state', 'life-cycle', undefined],
    ['a life-cycle state that is none', 'life-cycle', Uint8Array.of(0x0e)],
    ['a blank card that has a PIN', 'life-cycle', Uint8Array.of(0x07)],
    ['no PIN', 'pin', undefined],
    ['four tries', 'pin', encodeCbor([new Uint8Array(8), 4, new Uint8Array(8)])],
    ['a PIN of 7 bytes', 'pin', encodeCbor([new Uint8Array(7), 3, new Uint8Array(8)])],
    ['a duress PIN of 7 bytes', 'pin', encodeCbor([new Uint8Array(8), 3, new Uint8Array(7)])],
    ['eleven tries of the PUK', 'puk', encodeCbor([new Uint8Array(8), 11])],
    ['a key without its counter', 'counter/2', undefined],
    ['a counter without its key', 'key/2', undefined],
    ['a counter of 11 bytes', 'counter/2', new Uint8Array(11)],
    ['no key set', 'key-set/0', undefined],
    ['a head of the log that is too short', 'log/head', new Uint8Array(67)],
    ['an entry of the log missing', 'log/5', undefined],
    [
      'a key of another curve',
      'key/2',
      encodeCbor(['P-384', 'identity', 3, new Uint8Array(0), 'generated', random(32), random(65), null]),
    ],
    ['a record that is no CBOR', 'attestation-key', Uint8Array.of(0xff)],
  ])('is refused with %s', (_, name, value) => {
    expect(() => codec.decode(withRecord(name, value))).toThrow(notRead);
  });

  it('is read or refused, whatever the bytes of a record', () => {
    const records = recordsOf(full);
    const names = [...records.keys()];
    fc.assert(
      fc.property(
        fc.nat(names.length - 1),
        fc.nat(2000),
        fc.nat(255),
        fc.nat(2000),
        (n, at, value, length) => {
          const name = names[n] as string;
          const bytes = (records.get(name) as Uint8Array).slice(0, length);
          if (at < bytes.length) bytes[at] = value;
          try {
            codec.decode(withRecord(name, bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(EmulatorError);
          }
        },
      ),
    );
  });
});

describe('the ring of the log', () => {
  it('keeps the last 64 events, and a base that leads from them to the head', () => {
    const log = decodeSecurityLog(logBytes(events));
    expect(log.entries.map(({ sequence }) => sequence)).toEqual(slots64(events.sequence));
    expect(checkLog(log, { sequence: BigInt(events.sequence), head: events.head })).toBe('intact');
  });
});

const slots64 = (last: number): readonly number[] => Array.from({ length: 64 }, (_, i) => last - 63 + i);
