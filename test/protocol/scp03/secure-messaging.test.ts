// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandApdu, decodeCommandApdu, encodeCommandApdu } from '../../../protocol/apdu.ts';
import { concat, fromHex, toHex, uint16 } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import {
  isSecurityLevel,
  secureChannelCard,
  secureChannelHost,
  securityLevels,
} from '../../../protocol/scp03/secure-messaging.ts';
import { deriveSessionKeys, hostCryptogram } from '../../../protocol/scp03/session-keys.ts';
import { commandsOn, openSession, type SessionPlan, sessionPlans, wrapped } from './session.ts';

const badMessage = expect.objectContaining({ code: 'protocol/bad-secure-message' });
const withCommands = (maxLength: number, count = 4) =>
  sessionPlans.chain((plan) =>
    fc.record({
      plan: fc.constant(plan),
      commands: fc.array(commandsOn(plan.channel, maxLength), { minLength: 1, maxLength: count }),
    }),
  );
/** One fixed session of a level. */
const planOf = (level: number, more: Partial<SessionPlan> = {}): SessionPlan => ({
  keys: {
    version: 0x30,
    enc: new Uint8Array(16).fill(1),
    mac: new Uint8Array(16).fill(2),
    dek: new Uint8Array(16).fill(3),
  },
  mode: 'S8',
  level,
  channel: 0,
  hostChallenge: fromHex('0001020304050607'),
  cardChallenge: fromHex('08090a0b0c0d0e0f'),
  ...more,
});
const storeData: CommandApdu = { cla: 0x80, ins: 0xe2, p1: 0x80, p2: 0, data: fromHex('010203'), le: 256 };

describe('a secure channel', () => {
  it('gives the card every command as the host had it, at every level, mode, length and channel', () => {
    fc.assert(
      fc.property(withCommands(60_000), ({ plan, commands }) => {
        const { host, card } = openSession(plan);
        for (const command of commands) expect(text(card.unwrap(wrapped(host, command)))).toBe(text(command));
      }),
      { numRuns: 150 },
    );
  });

  it('gives the host every answer as the card had it, and any error status word bare', () => {
    const statusWords = fc.oneof(
      fc.constantFrom(0x9000, 0x6200, 0x6310, 0x63c2, 0x6982, 0x6a88, 0x6f00, 0x6100),
      fc.integer({ min: 0x6000, max: 0x9fff }),
    );
    const answers = fc.record({
      data: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(60_000).fill(0x80))),
      sw: statusWords,
    });
    fc.assert(
      fc.property(sessionPlans, fc.array(answers, { minLength: 1, maxLength: 4 }), (plan, list) => {
        const { host, card } = openSession(plan);
        for (const { data, sw } of list) {
          const command = { ...storeData, cla: storeData.cla | plan.channel };
          expect(card.unwrap(wrapped(host, command))).toEqual(command);
          const answer = concat(card.wrap(data, sw), uint16(sw));
          const bare = (plan.level & 0x10) !== 0 && sw !== 0x9000 && sw >> 8 !== 0x62 && sw >> 8 !== 0x63;
          if (bare) expect(answer).toEqual(uint16(sw));
          expect(toHex(host.unwrap(answer))).toBe(toHex(bare ? uint16(sw) : concat(data, uint16(sw))));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('refuses a command of which any bit was changed, but for channel and Le, which no MAC covers', () => {
    fc.assert(
      fc.property(
        withCommands(300, 1),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        ({ plan, commands: [command = storeData] }, position, bit) => {
          const { host, card } = openSession(plan);
          const { le, ...covered } = wrapped(host, command);
          const bytes = encodeCommandApdu(covered);
          const at = position % bytes.length;
          fc.pre(at > 0 || bit > 1);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
          const changed = decoded(bytes);
          fc.pre(changed !== undefined);
          expect(card.unwrap(le === undefined ? changed : { ...changed, le })).toBeUndefined();
        },
      ),
      { numRuns: 400 },
    );
  });

  it('refuses an answer of which any bit was changed, whatever its length', () => {
    const levels = securityLevels.filter((level) => (level & 0x10) !== 0);
    fc.assert(
      fc.property(
        fc.constantFrom(...levels),
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (level, data, position, bit) => {
          const { host, card } = openSession(planOf(level));
          card.unwrap(wrapped(host, storeData));
          const sent = card.wrap(data, 0x9000);
          const at = position % sent.length;
          sent[at] = (sent[at] ?? 0) ^ (1 << bit);
          expect(() => host.unwrap(concat(sent, uint16(0x9000)))).toThrow(badMessage);
          expect(() => host.wrap(encodeCommandApdu(storeData))).toThrow(badMessage);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses an answer with another status word, one cut short, and that of another command', () => {
    const answerOf = (data: string): readonly [ReturnType<typeof openSession>, Uint8Array] => {
      const session = openSession(planOf(0x33));
      session.card.unwrap(wrapped(session.host, storeData));
      return [session, session.card.wrap(fromHex(data), 0x9000)];
    };
    const [first, sent] = answerOf('aabb');
    expect(() => first.host.unwrap(concat(sent, uint16(0x6310)))).toThrow(badMessage);
    const [second] = answerOf('aabb');
    expect(() => second.host.unwrap(concat(sent.slice(0, 7), uint16(0x9000)))).toThrow(badMessage);
    const [third] = answerOf('aabb');
    wrapped(third.host, storeData);
    expect(() => third.host.unwrap(concat(sent, uint16(0x9000)))).toThrow(badMessage);
  });

  it('refuses a command that is repeated, left out or overtaken, and every later one', () => {
    fc.assert(
      fc.property(sessionPlans, fc.constantFrom('repeated', 'left out', 'overtaken'), (plan, fault) => {
        const { host, card } = openSession(plan);
        const command = { ...storeData, cla: storeData.cla | plan.channel };
        const [first, second, third] = [1, 2, 3].map(() => wrapped(host, command));
        const sent = { repeated: [first, first], 'left out': [first, third], overtaken: [second] }[fault];
        const verdicts = sent.map((each) => each && card.unwrap(each));
        expect(verdicts.pop()).toBeUndefined();
        expect(verdicts).toEqual(verdicts.map(() => command));
        expect(card.level).toBe(0);
        expect(second && card.unwrap(second)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a command without secure messaging, or with that of ISO 7816-4, or on channel 4 and above', () => {
    for (const cla of [0x80, 0x00, 0x88, 0x8c, 0x0c, 0xc0, 0xe0, 0x44]) {
      const { host, card } = openSession(planOf(0x01));
      expect(card.unwrap({ ...wrapped(host, storeData), cla })).toBeUndefined();
    }
  });

  it('never throws on what a host may send, and takes none of it', () => {
    const anything = fc.record({
      cla: fc.integer({ min: 0, max: 255 }),
      ins: fc.integer({ min: 0, max: 255 }),
      p1: fc.integer({ min: 0, max: 255 }),
      p2: fc.integer({ min: 0, max: 255 }),
      data: fc.uint8Array({ maxLength: 80 }),
      le: fc.integer({ min: 1, max: 65_536 }),
    });
    const closed = { cla: 0x84, ins: 0x82, p1: 1, p2: 0, data: new Uint8Array(16) };
    fc.assert(
      fc.property(sessionPlans, fc.array(anything, { minLength: 1, maxLength: 5 }), (plan, commands) => {
        const { card } = openSession(plan);
        for (const command of commands) expect(card.unwrap(command)).toBeUndefined();
        const { keys, hostChallenge, cardChallenge, mode } = plan;
        for (const command of [...commands, closed]) {
          const session = deriveSessionKeys(keys, hostChallenge, cardChallenge);
          const fresh = secureChannelCard(session, mode);
          expect(fresh.acceptAuthentication(command, new Uint8Array(mode === 'S8' ? 8 : 16))).toBe(false);
          expect(fresh.unwrap(command)).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });

  it('takes a short command that came in extended form, as yubikit sends it', () => {
    const { host, card } = openSession(planOf(0x03));
    // The bytes of the same command with Lc in three bytes, and a MAC over that: an odd host.
    const twin = openSession(planOf(0x03));
    const long = wrapped(twin.host, { ...storeData, le: 65_536 });
    expect(card.unwrap({ ...long, le: 256 })).toEqual(storeData);
    expect(card.unwrap(wrapped(host, storeData))).toBeUndefined();
  });
});

describe('EXTERNAL AUTHENTICATE', () => {
  const plan = planOf(0x33);
  const derive = () => deriveSessionKeys(plan.keys, plan.hostChallenge, plan.cardChallenge);
  const cryptogram = hostCryptogram(derive(), plan.hostChallenge, plan.cardChallenge, 'S8');
  const sent = (): CommandApdu =>
    decodeCommandApdu(secureChannelHost(derive(), 'S8', 0x33).authenticate(cryptogram));

  it('opens the channel at the level of P1', () => {
    const card = secureChannelCard(derive(), 'S8');
    expect(card.level).toBe(0);
    expect(card.acceptAuthentication(sent(), cryptogram)).toBe(true);
    expect(card.level).toBe(0x33);
  });

  it.each<[string, Partial<CommandApdu>]>([
    ['another level', { p1: 0x13 }],
    ['the level 00', { p1: 0x00 }],
    ['a level that is none', { p1: 0x32 }],
    ['P2 other than 00', { p2: 0x01 }],
    ['another instruction', { ins: 0x84 }],
    ['a class without secure messaging', { cla: 0x80 }],
    ['no data', { data: new Uint8Array(0) }],
    ['data cut short', { data: new Uint8Array(15) }],
    ['another MAC', { data: concat(cryptogram, new Uint8Array(8)) }],
  ])('is refused with %s, and the channel stays closed', (_, change) => {
    const card = secureChannelCard(derive(), 'S8');
    expect(card.acceptAuthentication({ ...sent(), ...change }, cryptogram)).toBe(false);
    expect(card.acceptAuthentication(sent(), cryptogram)).toBe(false);
    expect(card.level).toBe(0);
  });

  it('is refused with the cryptogram of other challenges, though its MAC fits', () => {
    const card = secureChannelCard(derive(), 'S8');
    expect(
      card.acceptAuthentication(
        sent(),
        cryptogram.map((byte) => byte ^ 1),
      ),
    ).toBe(false);
    expect(card.level).toBe(0);
  });

  it('is refused a second time', () => {
    const card = secureChannelCard(derive(), 'S8');
    const command = sent();
    expect(card.acceptAuthentication(command, cryptogram)).toBe(true);
    expect(card.acceptAuthentication(command, cryptogram)).toBe(false);
    expect(card.level).toBe(0);
  });

  it('is refused inside an open channel, though protected there, so that no level rises', () => {
    const { host, card } = openSession(planOf(0x01));
    const again = wrapped(host, { cla: 0x80, ins: 0x82, p1: 0x33, p2: 0, data: cryptogram });
    expect(card.acceptAuthentication(again, cryptogram)).toBe(false);
    expect(card.level).toBe(0);
  });

  it('offers the five levels and no other', () => {
    const offered = Array.from({ length: 256 }, (_, level) => level).filter(isSecurityLevel);
    expect(offered).toEqual([0x01, 0x03, 0x11, 0x13, 0x33]);
  });
});

describe('the end of the host', () => {
  const keys = () => deriveSessionKeys(planOf(1).keys, new Uint8Array(8), new Uint8Array(8));

  it.each([0x00, 0x02, 0x10, 0x20, 0x23, 0x31, 0x81])('refuses the level %i', (level) => {
    expect(() => secureChannelHost(keys(), 'S8', level)).toThrow(badMessage);
  });

  it('wraps nothing before EXTERNAL AUTHENTICATE, and authenticates once', () => {
    const host = secureChannelHost(keys(), 'S8', 0x01);
    expect(() => host.wrap(encodeCommandApdu(storeData))).toThrow(badMessage);
    expect(() => host.unwrap(fromHex('9000'))).toThrow(badMessage);
    host.authenticate(new Uint8Array(8));
    expect(() => host.authenticate(new Uint8Array(8))).toThrow(badMessage);
  });

  it('refuses a cryptogram of the other mode, a channel above 3 and a command that is protected already', () => {
    const host = secureChannelHost(keys(), 'S16', 0x01);
    expect(() => host.authenticate(new Uint8Array(8))).toThrow(badMessage);
    expect(() => host.authenticate(new Uint8Array(16), 4)).toThrow(badMessage);
    host.authenticate(new Uint8Array(16), 3);
    expect(() => host.wrap(encodeCommandApdu({ ...storeData, cla: 0x84 }))).toThrow(badMessage);
    expect(() => host.wrap(encodeCommandApdu({ ...storeData, cla: 0xc1 }))).toThrow(badMessage);
  });

  it('stays in step after a command that it could not wrap', () => {
    const { host, card } = openSession(planOf(0x03));
    const tooLong = { ...storeData, data: new Uint8Array(65_535) };
    expect(() => wrapped(host, tooLong)).toThrow(ProtocolError);
    expect(() => host.wrap(fromHex('80'))).toThrow(ProtocolError);
    expect(card.unwrap(wrapped(host, storeData))).toEqual(storeData);
  });

  it.each([
    ['S8', 0x01],
    ['S8', 0x03],
    ['S16', 0x11],
    ['S16', 0x33],
  ] as const)('says in %s at level %i how much data still makes a short APDU', (mode, level) => {
    const challenge = new Uint8Array(mode === 'S8' ? 8 : 16);
    const plan = planOf(level, { mode, hostChallenge: challenge, cardChallenge: challenge });
    const lengthOf = (n: number): number => {
      const { host } = openSession(plan);
      const { le: _, ...command } = storeData;
      return host.wrap(encodeCommandApdu({ ...command, data: new Uint8Array(n) })).length;
    };
    const { dataMax } = openSession(plan).host;
    expect(lengthOf(dataMax)).toBeLessThanOrEqual(5 + 255);
    expect(lengthOf(dataMax + 1)).toBeGreaterThan(7 + 255);
  });

  it('leaves no key behind once wiped', () => {
    const session = keys();
    const host = secureChannelHost(session, 'S8', 0x01);
    host.authenticate(new Uint8Array(8));
    host.wipe();
    expect([session.enc, session.mac, session.rmac, session.dek].map(toHex)).toEqual(
      Array(4).fill('00'.repeat(16)),
    );
    expect(() => host.wrap(encodeCommandApdu(storeData))).toThrow(badMessage);
  });
});

/** A command as text, which compares faster than 60,000 numbers one by one. */
const text = (command: CommandApdu | undefined): string =>
  command === undefined ? 'refused' : toHex(encodeCommandApdu(command));

/** The command of the bytes, or undefined where they are none. */
function decoded(bytes: Uint8Array): CommandApdu | undefined {
  try {
    return decodeCommandApdu(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
