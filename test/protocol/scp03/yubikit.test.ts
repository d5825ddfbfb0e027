// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommandApdu, decodeCommandApdu, encodeCommandApdu } from '../../../protocol/apdu.ts';
import { concat, fromHex, toHex, uint16 } from '../../../protocol/bytes.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import type { Scp03KeySet } from '../../../protocol/scp03/key-set.ts';
import { decodePutKey, putKeyResponse } from '../../../protocol/scp03/put-key.ts';
import {
  type SecureChannelCard,
  type SecureChannelHost,
  secureChannelCard,
  secureChannelHost,
} from '../../../protocol/scp03/secure-messaging.ts';
import {
  cardCryptogram,
  deriveSessionKeys,
  hostCryptogram,
  pseudoRandomChallenge,
} from '../../../protocol/scp03/session-keys.ts';
import { projectRoot } from '../../support/architecture/project.ts';
import { type LineProcess, startProcess } from '../../support/line-process.ts';
import { strict } from '../../support/pcsc-namespace.ts';
import { pythonInterpreter, pythonUnavailable } from '../../support/python.ts';

const testKey = fromHex('404142434445464748494a4b4c4d4e4f');
const fixed: Scp03KeySet = { version: 0xff, enc: testKey, mac: testKey, dek: testKey };
const unavailable = pythonUnavailable();
const reason = unavailable === undefined ? '' : ` (${unavailable})`;
const AID = fromHex('a000000151000000');

/** How the card behaves: what it answers, and what is done to that on the way. */
type Behaviour = {
  /** Data and status word to a plain command, in the order in which they come. */
  answer(
    command: CommandApdu,
    channel: SecureChannelCard,
  ): { readonly data: Uint8Array; readonly sw: number };
  /** The answer as it arrives at the host. */
  tamper?(answer: Uint8Array): Uint8Array;
};

/** A card of the test's own around our end of the channel: INITIALIZE UPDATE, chaining, and the rest unwrapped. */
function cardOf(keys: Scp03KeySet, behaviour: Behaviour) {
  let counter = 0;
  let channel: SecureChannelCard | undefined;
  let expected = new Uint8Array(0) as Uint8Array;
  let chained = new Uint8Array(0) as Uint8Array;
  let host: SecureChannelHost | undefined;
  const plain: CommandApdu[] = [];
  /** Whether our own host would have sent the very same bytes. */
  const same: boolean[] = [];
  /** What our own host says of the answers that were changed. */
  const refused: string[] = [];

  const process = (apdu: Uint8Array): Uint8Array => {
    const part = decodeCommandApdu(apdu);
    if (part.ins === 0xa4) return fromHex('9000');
    if (part.ins === 0x50) {
      const challenge = pseudoRandomChallenge(keys, ++counter, AID, 'S8');
      const session = () => deriveSessionKeys(keys, part.data, challenge);
      channel = secureChannelCard(session(), 'S8');
      host = secureChannelHost(session(), 'S8', 0x33);
      expected = hostCryptogram(session(), part.data, challenge, 'S8');
      const cryptogram = cardCryptogram(session(), part.data, challenge, 'S8');
      return concat(
        new Uint8Array(10),
        Uint8Array.of(keys.version, 0x03, 0x70),
        challenge,
        cryptogram,
        Uint8Array.of(0, 0, counter),
        uint16(0x9000),
      );
    }
    if (channel === undefined || host === undefined) return uint16(0x6985);
    if ((part.cla & 0x10) !== 0) {
      chained = concat(chained, part.data);
      return uint16(0x9000);
    }
    const command = { ...part, data: concat(chained, part.data) };
    chained = new Uint8Array(0);
    if (command.ins === 0x82) {
      same.push(toHex(host.authenticate(expected)) === toHex(apdu));
      return uint16(channel.acceptAuthentication(command, expected) ? 0x9000 : 0x6300);
    }
    const clear = channel.unwrap(command);
    if (clear === undefined) return uint16(0x6982);
    plain.push(clear);
    same.push(toHex(host.wrap(encodeCommandApdu(clear))) === toHex(encodeCommandApdu(command)));
    const { data, sw } = behaviour.answer(clear, channel);
    const answer = concat(channel.wrap(data, sw), uint16(sw));
    const arrived = behaviour.tamper?.(answer) ?? answer;
    if (behaviour.tamper !== undefined) refused.push(verdict(host, arrived));
    return arrived;
  };
  return { process, plain, same, refused };
}

type Job = {
  readonly keys: Scp03KeySet;
  readonly commands?: readonly CommandApdu[];
  readonly extended?: boolean;
  readonly putKey?: Scp03KeySet;
};

const hexKeys = ({ version, enc, mac, dek }: Scp03KeySet) => ({
  version,
  enc: toHex(enc),
  mac: toHex(mac),
  dek: toHex(dek),
});

/** Lets yubikit do a job against a card; its last line, `done …` or `failed …`. */
async function yubikit(job: Job, card: { process(apdu: Uint8Array): Uint8Array }): Promise<string> {
  const { keys, putKey, commands = [], extended = false } = job;
  const host: LineProcess = startProcess(pythonInterpreter, [
    join(projectRoot, 'test/protocol/scp03/yubikit_host.py'),
  ]);
  try {
    host.send(
      JSON.stringify({
        keys: hexKeys(keys),
        extended,
        commands: commands.map((each) => ({ ...each, data: toHex(each.data) })),
        ...(putKey === undefined ? {} : { putKey: hexKeys(putKey) }),
      }),
    );
    for (;;) {
      const line = await host.line();
      const [kind, hex = ''] = line.split(' ');
      if (kind !== 'apdu') return line;
      host.send(toHex(card.process(fromHex(hex))));
    }
  } finally {
    host.endInput();
    await host.ended();
  }
}

const key = fc.uint8Array({ minLength: 16, maxLength: 16 });
const keySets = fc.record({ version: fc.integer({ min: 1, max: 127 }), enc: key, mac: key, dek: key });
const byte = fc.integer({ min: 0, max: 255 });
const commandsOf = (minLength: number, maxLength: number) =>
  fc.array(
    fc.record({
      cla: fc.constantFrom(0x00, 0x80),
      ins: byte.filter((ins) => ![0x50, 0x82, 0xa4].includes(ins)),
      p1: byte,
      p2: byte,
      data: fc.uint8Array({ minLength, maxLength, size: 'max' }),
    }),
    { minLength: 1, maxLength: 6 },
  );
/** A few jobs, another few with every run; the job is in the message where one fails. */
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number): T[] =>
  fc.sample(arbitrary, { numRuns: count });
const told = (job: Job): string =>
  JSON.stringify(job, (_, value) => (value instanceof Uint8Array ? toHex(value) : value));

const echo: Behaviour = { answer: ({ data }) => ({ data: data.toReversed(), sw: 0x9000 }) };

describe.skipIf(unavailable !== undefined && !strict)(`yubikit as the host${reason}`, () => {
  it.each([
    ['short APDUs, chained where long', false, 600],
    ['extended APDUs', true, 2900],
  ])('reads what our card answers and is read by it, in %s', async (_, extended, maxLength) => {
    for (const [keys, commands] of sample(fc.tuple(keySets, commandsOf(0, maxLength)), 4)) {
      const job = { keys, commands, extended };
      const card = cardOf(keys, echo);
      const said = await yubikit(job, card);
      expect(said, told(job)).toBe(
        `done ${pythonList(commands.map(({ data }) => toHex(data.toReversed())))}`,
      );
      const header = ({ cla, ins, p1, p2, data }: CommandApdu) => ({ cla, ins, p1, p2, data: toHex(data) });
      expect(card.plain.map(header)).toEqual(commands.map(header));
    }
  });

  it('sends the bytes that our host sends, for commands with data in short APDUs', async () => {
    for (const [keys, commands] of sample(fc.tuple(keySets, commandsOf(1, 239)), 4)) {
      const job = { keys, commands };
      const card = cardOf(keys, echo);
      expect(await yubikit(job, card), told(job)).toMatch(/^done/);
      expect(card.same, told(job)).toEqual([true, ...commands.map(() => true)]);
    }
  });

  it('gets an error status word of our card bare', async () => {
    const card = cardOf(fixed, { answer: () => ({ data: fromHex('0102'), sw: 0x6a88 }) });
    const job = {
      keys: fixed,
      commands: [{ cla: 0x80, ins: 0xca, p1: 0, p2: 0x66, data: new Uint8Array(0) }],
    };
    expect(await yubikit(job, card)).toBe(
      'failed ApduError: APDU error: SW=0x6a88 (REFERENCE_DATA_NOT_FOUND)',
    );
  });

  it('refuses an answer of our card with one bit changed, as our host does', async () => {
    const tamper = (answer: Uint8Array) => answer.with(3, (answer[3] ?? 0) ^ 0x10);
    const card = cardOf(fixed, { ...echo, tamper });
    const job = { keys: fixed, commands: [{ cla: 0x80, ins: 0xe2, p1: 0, p2: 0, data: fromHex('0102') }] };
    expect(await yubikit(job, card)).toBe('failed BadResponseError: Wrong MAC');
    expect(card.refused).toEqual(['protocol/bad-secure-message']);
  });

  it('refuses our card where it holds other keys', async () => {
    const card = cardOf({ ...fixed, mac: new Uint8Array(16) }, echo);
    expect(await yubikit({ keys: fixed, commands: [] }, card)).toBe(
      'failed ValueError: Incorrect SCP parameters',
    );
  });

  it('puts keys that our card reads, and takes the check values it answers', async () => {
    for (const [keys, putKey] of sample(fc.tuple(keySets, keySets), 3)) {
      const job = { keys, putKey };
      const read: Scp03KeySet[] = [];
      const card = cardOf(keys, {
        answer: (command) => {
          expect(command).toMatchObject({ cla: 0x80, ins: 0xd8, p1: keys.version, p2: 0x81 });
          const set = decodePutKey(command.data, keys.dek);
          read.push(set);
          return { data: putKeyResponse(set), sw: 0x9000 };
        },
      });
      expect(await yubikit(job, card), told(job)).toBe('done []');
      expect(read).toEqual([putKey]);
    }
  });
});

/** The code of the error with which our host refuses an answer. */
function verdict(host: SecureChannelHost, answer: Uint8Array): string {
  try {
    host.unwrap(answer);
    return 'taken';
  } catch (error) {
    return error instanceof ProtocolError ? error.code : String(error);
  }
}

/** A list of texts as Python's json writes it. */
const pythonList = (texts: readonly string[]): string => `[${texts.map((text) => `"${text}"`).join(', ')}]`;
