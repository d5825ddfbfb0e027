// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { type AnyCommand, commonStatusWords, findCommand } from '../../protocol/command.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import { type ApduFile, type KeyRule, readStates, type Step } from './apdu-fixtures.ts';
import { type KnownKey, signatureFault } from './independent-signature.ts';

/** A card that is blank when it is connected, whatever it is made of. */
export type ConnectedCard = {
  /** Sends one C-APDU and gives the R-APDU as it comes, 61XX and 6CXX included. */
  exchange(apdu: Uint8Array): Promise<Uint8Array>;
  /** Resets the card; no application is selected then. */
  reset(): Promise<void>;
  close(): Promise<void>;
};

/** Every command, by the name of its fixture file. */
export const fixtureCommands: Readonly<Record<string, AnyCommand>> = Object.fromEntries(
  Object.entries({ ...cardCommands, ...blockchainSimCommands }).map(([name, command]) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    command as AnyCommand,
  ]),
);

const folder = new URL('../../fixtures/apdu/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
const states = readStates(new URL('states/states.json', folder));
const everyCommand = { ...cardCommands, ...blockchainSimCommands };

/** Bounds of the loops over a card's answers. */
const PARTS_MAX = 300;

/**
 * Judges a card by the APDU sequences of fixtures/apdu and by rules that hold for every command, accepting no status
 * word that the catalogue does not list. `connect` gives a blank card that nobody else uses.
 */
export function cardConformance(name: string, connect: () => Promise<ConnectedCard>): void {
  describe(`${name} as a card`, () => {
    let session: Session;
    beforeEach(async () => {
      session = openSession(await connect());
    });
    afterEach(() => session.card.close());

    describe.each(files)('%s', (file) => {
      const { sequences } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as ApduFile;
      const titled = sequences.map((sequence) => [`${sequence.kind}: ${sequence.title}`, sequence] as const);
      it.each(titled)('%s', async (_, { from, steps }) => {
        for (const step of states[from] ?? []) await play(session, step);
        for (const step of steps) await play(session, step);
      });
    });

    describe('for every command', () => everyCommandRules(() => session));
    describe('for chained data', () => chainRules(() => session));
  });
}

function everyCommandRules(session: () => Session): void {
  const run = (text: string, sw: string): Promise<void> => play(session(), { send: text, sw });

  it('answers 6E00 to classes other than 00 and 80, on other logical channels too', async () => {
    await run(SELECT, '9000');
    for (const cla of [
      '01',
      '02',
      '03',
      '04',
      '08',
      '0C',
      '20',
      '40',
      '60',
      '81',
      '84',
      'A0',
      'B0',
      'E0',
      'FE',
    ])
      await run(`${cla} CA FF 20 00`, '6E00');
  });

  it('answers 6D00 to instructions that it has not', async () => {
    await run(SELECT, '9000');
    for (const ins of [
      '00',
      '0E',
      '10',
      '12',
      '44',
      '50',
      '70',
      '82',
      '86',
      'B0',
      'B2',
      'CB',
      'D6',
      'DA',
      'E2',
      'FE',
    ])
      await run(`00 ${ins} 00 00`, '6D00');
    for (const ins of ['20', '22', '2A', '50', '82', 'CA', 'D8', 'E4', 'E6', 'E8', 'F0', 'F2'])
      await run(`80 ${ins} 00 00`, '6D00');
  });

  it.each(Object.entries(fixtureCommands))(
    'answers 6700 to a broken length field of %s',
    async (_, command) => {
      await run(SELECT, '9000');
      const header = toUpperHex(Uint8Array.of(command.cla, command.ins, command.p1, command.p2));
      for (const rest of [
        '05 01',
        '02 01 02 03 04',
        '00 00',
        '00 00 00 00',
        '00 00 05 01',
        '00 00 01 01 00 00 00',
      ])
        await run(`${header} ${rest}`, '6700');
    },
  );

  it('answers 6700 to fewer than four bytes', async () => {
    await run(SELECT, '9000');
    for (const start of ['00', '00 20', '00 20 00']) await run(start, '6700');
  });

  it('checks class before instruction, instruction before P1-P2, P1-P2 before length, length before access', async () => {
    await run(SELECT, '9000');
    await run('04 FE 00 00 05 01', '6E00');
    await run('00 FE 77 77 05 01', '6D00');
    await run('00 20 77 77 05 01', '6A86');
    await run('00 CA 77 77 05 01', '6A88');
    await run('00 20 00 01 05 01', '6700');
    await run('00 20 00 01 01 01', '6700');
    await run('00 20 00 01 08 01 02 03 04 05 06 07 08', '6985');
  });

  it('takes the same command in extended length', async () => {
    await run(SELECT, '9000');
    await play(session(), { send: '00 84 00 00 00 00 20', sw: '9000', data: '*32' });
    await run('00 A4 04 00 00 00 07 F0 42 53 49 4D 01 00 00 00', '9000');
    await run('00 47 80 00 00 00 08 B6 06 84 01 03 80 01 03 00 00', '9000');
  });
}

function chainRules(session: () => Session): void {
  // 16 parts of 255 bytes and one of 16 make the longest data field, 4,096 bytes.
  const part = `10 2A 90 80 FF ${'5A'.repeat(255)}`;
  const begin = async (): Promise<void> => {
    for (const step of states['verified with keys'] ?? []) await play(session(), step);
    await play(session(), { send: '00 22 41 B6 03 84 01 01', sw: '9000' });
    for (let i = 0; i < 16; i++) await play(session(), { send: part, sw: '9000' });
  };

  it('takes the longest data field in parts', async () => {
    await begin();
    await play(session(), { send: `00 2A 90 80 10 ${'5A'.repeat(16)}`, sw: '9000' });
    const message = '5A'.repeat(4096);
    await play(session(), {
      send: '00 2A 9E 9A 00',
      sw: '9000',
      data: '*64',
      signature: { key: 'P-256 key', message },
    });
  });

  it('refuses one byte more in the last part', async () => {
    await begin();
    await play(session(), { send: `00 2A 90 80 11 ${'5A'.repeat(17)}`, sw: '6700' });
    await play(session(), { send: '00 2A 9E 9A 00', sw: '6985' });
  });

  it('refuses the part that goes beyond the longest data field, and forgets the chain', async () => {
    await begin();
    await play(session(), { send: part, sw: '6700' });
    await play(session(), { send: '00 2A 90 80 03 61 62 63', sw: '9000' });
    const signature = { key: 'P-256 key', message: '61 62 63' };
    await play(session(), { send: '00 2A 9E 9A 00', sw: '9000', data: '*64', signature });
  });
}

const SELECT = '00 A4 04 00 07 F0 42 53 49 4D 01 00 00';

/** One card and what the steps so far learnt of it. */
type Session = {
  readonly card: ConnectedCard;
  readonly keys: Map<string, KnownKey>;
  readonly seen: Map<string, Set<string>>;
};

const openSession = (card: ConnectedCard): Session => ({ card, keys: new Map(), seen: new Map() });

async function play(session: Session, step: Step): Promise<void> {
  if ('reset' in step) return session.card.reset();
  const apdu = fromHex(step.send);
  const answer = await complete(session.card, apdu);
  const sw = toUpperHex(answer.subarray(-2));
  const data = answer.subarray(0, -2);
  expect(`${sw} to ${step.send}`).toBe(`${step.sw} to ${step.send}`);
  expect(isListed(apdu, sw), `${sw} is not in the catalogue for ${step.send}`).toBe(true);
  if (step.data !== undefined) expect(toUpperHex(data)).toMatch(patternOf(step.data));
  else if (sw !== '9000') expect(toUpperHex(data)).toBe('');
  if (step.fresh !== undefined) expectFresh(session, step.fresh, toUpperHex(data));
  if (step.key !== undefined) learnKey(session, step.key, data);
  if (step.signature !== undefined) {
    const { key, message } = step.signature;
    const known = session.keys.get(key);
    expect(known, `no step made ${key}`).toBeDefined();
    expect(signatureFault(known as KnownKey, fromHex(message), data)).toBeUndefined();
  }
}

/** The whole answer: parts after 61XX fetched, the command repeated after 6CXX. */
async function complete(card: ConnectedCard, apdu: Uint8Array): Promise<Uint8Array> {
  let answer = await card.exchange(apdu);
  let data = answer.subarray(0, -2);
  for (let parts = 0; parts < PARTS_MAX; parts++) {
    const [sw1, sw2] = answer.subarray(-2) as unknown as [number, number];
    if (sw1 === 0x6c) answer = await card.exchange(Uint8Array.of(...apdu.subarray(0, 4), sw2));
    else if (sw1 === 0x61) answer = await card.exchange(Uint8Array.of(0x00, 0xc0, 0x00, 0x00, sw2));
    else return Uint8Array.of(...data, ...answer.subarray(-2));
    data = Uint8Array.of(...data, ...answer.subarray(0, -2));
  }
  return answer;
}

/** Whether the catalogue lists the status word for the command; for what is no command, the words that say so. */
export function isListed(apdu: Uint8Array, sw: string): boolean {
  const command = findCommand(everyCommand, apdu);
  const listed =
    command === undefined
      ? ['6700', '6A86', '6A88', '6D00', '6E00']
      : [...Object.keys(commonStatusWords), ...Object.keys(command.statusWords)];
  return listed.some((known) => new RegExp(`^${known.replaceAll('X', '.')}$`).test(sw));
}

/** `*n` stands for n bytes of any value. */
function patternOf(data: string): RegExp {
  const parts = data
    .split(/\s+/)
    .map((part) => (part.startsWith('*') ? `[0-9A-F]{${2 * Number(part.slice(1))}}` : part));
  return new RegExp(`^${parts.join('')}$`);
}

function expectFresh(session: Session, name: string, value: string): void {
  const seen = session.seen.get(name) ?? new Set();
  expect(seen.has(value), `${name} was given before`).toBe(false);
  session.seen.set(name, seen.add(value));
}

function learnKey(session: Session, rule: KeyRule, data: Uint8Array): void {
  const key: KnownKey = { curve: rule.curve, point: data.slice(rule.curve === 'Ed25519' ? -32 : -65) };
  if (rule.same === true)
    expect(toUpperHex(key.point)).toBe(toUpperHex(session.keys.get(rule.name)?.point ?? data));
  else session.keys.set(rule.name, key);
}
