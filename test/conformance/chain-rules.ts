// SPDX-License-Identifier: Apache-2.0
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { type Requirement, readApduFile, type SendStep } from './apdu-fixtures.ts';
import type { CardSession, Rule } from './card-session.ts';

const CHOOSE_P256 = '00 22 41 B6 03 84 01 01';
const ABC = '61 62 63';
const SIGN = '00 2A 9E 9A 00';
const signsAbc = { send: SIGN, sw: '9000', data: '*64', signature: { key: 'P-256 key', message: ABC } };

/** A data field as long as its command takes it. */
type LongField = {
  readonly name: string;
  readonly requires?: readonly Requirement[];
  readonly state: string;
  /** Before the chain. */
  readonly choose?: string;
  /** CLA, INS and P1-P2 of the last part. */
  readonly header: string;
  readonly bytes: Uint8Array;
  /** Bytes of each part but the last one. */
  readonly part: number;
  readonly secure?: true;
  /** What must come of the last part, where a response does. */
  readonly answer?: Pick<SendStep, 'data' | 'signature'>;
  /** What shows that the whole was taken. */
  readonly after?: SendStep;
};

const message = new Uint8Array(4096).fill(0x5a);
const certificates = new Uint8Array(2048).fill(0x30);
const transaction = longestTransaction();

const longFields: readonly LongField[] = [
  {
    name: 'a message of Ed25519',
    requires: ['Ed25519'],
    state: 'verified with keys',
    choose: '00 22 41 B6 03 84 01 03',
    header: '00 2A 9E 9A',
    bytes: message,
    part: 255,
    answer: { data: '*64', signature: { key: 'Ed25519 key', message: toUpperHex(message) } },
  },
  {
    name: 'a transaction',
    state: 'verified with wallets',
    choose: '00 22 41 B6 0D 84 01 01 94 08 80 00 00 00 00 00 00 01',
    header: '80 2A 9E 9A',
    bytes: transaction,
    part: 255,
    answer: { data: '*64', signature: { key: 'wallet secp256k1', message: toUpperHex(transaction) } },
  },
  {
    name: 'certificates',
    state: 'administrator',
    header: '00 DA FF 26',
    bytes: certificates,
    part: 200,
    secure: true,
    after: { send: '00 CA FF 26 00', sw: '9000', data: toUpperHex(certificates) },
  },
];

/** The transaction of 4,096 bytes that fixtures/apdu/sign-transaction.json signs, of the wallet in slot 1. */
function longestTransaction(): Uint8Array {
  const steps = readApduFile('sign-transaction.json').sequences.flatMap((sequence) => sequence.steps);
  const sent = steps.flatMap((step) => ('send' in step && step.sw === '9000' ? [step.send] : []));
  const found = sent.find((send) => send.startsWith('80 2A 9E 9A 00 10 00 ')) ?? '';
  return fromHex(found).slice(7, 7 + 4096);
}

/** What holds for data that comes in parts. */
export function chainRules(rule: Rule): void {
  for (const field of longFields) longFieldRules(rule, field);

  rule('streams a message of any length to the hash', async ({ bring, run, play }) => {
    await bring('verified with keys');
    await run(CHOOSE_P256, '9000');
    for (let i = 0; i < 40; i++) await run(`10 2A 90 80 FF ${'5A'.repeat(255)}`, '9000');
    await run(`00 2A 90 80 05 ${'5A'.repeat(5)}`, '9000');
    const signature = { key: 'P-256 key', message: '5A'.repeat(40 * 255 + 5) };
    await play({ send: '00 2A 9E 9A 00', sw: '9000', data: '*64', signature });
  });

  rule('takes parts of no bytes, and a last one of none', async ({ bring, run, play }) => {
    await bring('verified with keys');
    await run(CHOOSE_P256, '9000');
    await run('10 2A 90 80', '9000');
    await run(`10 2A 90 80 03 ${ABC}`, '9000');
    await run('00 2A 90 80', '9000');
    const signature = { key: 'P-256 key', message: ABC };
    await play({ send: '00 2A 9E 9A 00', sw: '9000', data: '*64', signature });
  });

  rule('takes parts in extended length', async ({ bring, run, play }) => {
    await bring('verified with keys');
    await run(CHOOSE_P256, '9000');
    await run(`10 2A 90 80 00 04 00 ${'5A'.repeat(1024)}`, '9000');
    await run('00 2A 90 80 01 5A', '9000');
    const signature = { key: 'P-256 key', message: '5A'.repeat(1025) };
    await play({ send: SIGN, sw: '9000', data: '*64', signature });
  });

  rule(
    'answers 6883 to another command in the middle, does not carry it out, and forgets the chain',
    async ({ bring, run, play }) => {
      await bring('verified with keys');
      await run(CHOOSE_P256, '9000');
      await run('10 2A 90 80 01 61', '9000');
      await run('00 22 41 B6 03 84 01 02', '6883');
      await run('00 CA FF 20 00', '9000');
      await run(`00 2A 90 80 03 ${ABC}`, '9000');
      await play(signsAbc);
    },
  );

  rule('goes on with a chain over what the card answers itself', async ({ bring, run, play }) => {
    await bring('verified with keys');
    await run(CHOOSE_P256, '9000');
    await run('10 2A 90 80 01 61', '9000');
    await run('00 84 00 00 05 01', '6700');
    await run('08 84 00 00 20', '6E00');
    await run('02 84 00 00 20', '6881');
    await run('00 70 00 00 01', '9000', '01');
    await run('01 FE 00 00', '6D00');
    await run('00 70 80 01', '9000');
    await run('00 2A 90 80 02 62 63', '9000');
    await play(signsAbc);
  });

  rule(
    'answers 6883 to a SELECT that finds nothing in the middle, and 6985 to GET RESPONSE',
    async ({ bring, run }) => {
      await bring('verified with keys');
      await run(CHOOSE_P256, '9000');
      for (const [send, sw] of [
        ['00 A4 04 00 01 01', '6883'],
        ['00 C0 00 00 00', '6985'],
      ] as const) {
        await run('10 2A 9E 9A 01 61', '9000');
        await run(send, sw);
        // The chain is over: what would have gone on with it is a chain of its own.
        await run('00 A4 04 00 01 01', '6A82');
      }
    },
  );

  rule(
    'takes a chain through the secure channel, each part with a MAC of its own',
    async ({ bring, runSecure, run }) => {
      await bring('administrator');
      const certificate = '30 03 02 01 05';
      await runSecure('10 DA FF 26 02 30 03', '9000');
      await runSecure('10 DA FF 26 02 02 01', '9000');
      await runSecure('00 DA FF 26 01 05', '9000');
      await run('00 CA FF 26 00', '9000', certificate);
    },
  );
}

/** What holds for a data field that is as long as it may be. */
function longFieldRules(rule: Rule, field: LongField): void {
  const { name, requires, state, choose, header, bytes, part, answer, after } = field;
  const at = bytes.length - (bytes.length % part);
  // Bit 5 of the class: not the last part.
  const chained = toUpperHex(fromHex(header).map((byte, index) => (index === 0 ? byte | 0x10 : byte)));
  const step = (head: string, data: Uint8Array, sw: string): SendStep => ({
    send: `${head} ${toUpperHex(Uint8Array.of(data.length, ...data))}`,
    sw,
    ...(field.secure === undefined ? {} : { secure: field.secure }),
  });

  const begin = async ({ bring, run }: CardSession): Promise<void> => {
    await bring(state);
    if (choose !== undefined) await run(choose, '9000');
  };
  const sendParts = async ({ play }: CardSession): Promise<void> => {
    for (let from = 0; from < at; from += part)
      await play(step(chained, bytes.slice(from, from + part), '9000'));
  };
  const finish = async ({ play }: CardSession): Promise<void> => {
    const last = step(header, bytes.slice(at), '9000');
    await play(answer === undefined ? last : { ...last, ...answer, send: `${last.send} 00` });
    if (after !== undefined) await play(after);
  };
  const refusals: readonly (readonly [string, SendStep])[] = [
    [
      'one byte more than the longest, in the last part',
      step(header, new Uint8Array(bytes.length - at + 1), '6700'),
    ],
    ['the part that goes beyond the longest', step(chained, new Uint8Array(part), '6700')],
  ];

  rule(
    `takes the longest data field of ${name} in parts`,
    async (session) => {
      await begin(session);
      await sendParts(session);
      await finish(session);
    },
    requires,
  );

  for (const [title, refused] of refusals)
    rule(
      `refuses ${title} data field of ${name}, and forgets the chain`,
      async (session) => {
        await begin(session);
        await sendParts(session);
        await session.play(refused);
        await sendParts(session);
        await finish(session);
      },
      requires,
    );
}
