// SPDX-License-Identifier: Apache-2.0
import type { CardSession, Rule } from './card-session.ts';

/** Of 16 parts of 255 bytes and one of 16, which make the longest message of an Ed25519 key, 4,096 bytes. */
const PART = `10 2A 9E 9A FF ${'5A'.repeat(255)}`;
const CHOOSE_P256 = '00 22 41 B6 03 84 01 01';
const CHOOSE_ED25519 = '00 22 41 B6 03 84 01 03';
const ABC = '61 62 63';

/** What holds for data that comes in parts. */
export function chainRules(rule: Rule): void {
  const begin = async ({ bring, run }: CardSession): Promise<void> => {
    await bring('verified with keys');
    await run(CHOOSE_ED25519, '9000');
    for (let i = 0; i < 16; i++) await run(PART, '9000');
  };

  rule('takes the longest data field in parts', async (session) => {
    await begin(session);
    const signature = { key: 'Ed25519 key', message: '5A'.repeat(4096) };
    const send = `00 2A 9E 9A 10 ${'5A'.repeat(16)} 00`;
    await session.play({ send, sw: '9000', data: '*64', signature });
  });

  rule('refuses one byte more in the last part', async (session) => {
    await begin(session);
    await session.run(`00 2A 9E 9A 11 ${'5A'.repeat(17)} 00`, '6700');
    await signsAbc(session);
  });

  rule('refuses the part that goes beyond the longest data field, and forgets the chain', async (session) => {
    await begin(session);
    await session.run(PART, '6700');
    await signsAbc(session);
  });

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
    await run(CHOOSE_ED25519, '9000');
    await run(`10 2A 9E 9A 00 04 00 ${'5A'.repeat(1024)}`, '9000');
    const signature = { key: 'Ed25519 key', message: '5A'.repeat(1025) };
    await play({ send: '00 2A 9E 9A 01 5A 00', sw: '9000', data: '*64', signature });
  });

  rule(
    'answers 6883 to another command in the middle, does not carry it out, and forgets the chain',
    async (session) => {
      await session.bring('verified with keys');
      await session.run(CHOOSE_ED25519, '9000');
      await session.run('10 2A 9E 9A 01 61', '9000');
      await session.run('00 22 41 B6 03 84 01 01', '6883');
      await session.run('00 CA FF 20 00', '9000');
      await signsAbc(session);
    },
  );

  rule('goes on with a chain over what the card answers itself', async (session) => {
    const { bring, run, play } = session;
    await bring('verified with keys');
    await run(CHOOSE_ED25519, '9000');
    await run('10 2A 9E 9A 01 61', '9000');
    await run('00 84 00 00 05 01', '6700');
    await run('08 84 00 00 20', '6E00');
    await run('02 84 00 00 20', '6881');
    await run('00 70 00 00 01', '9000', '01');
    await run('01 FE 00 00', '6D00');
    await run('00 70 80 01', '9000');
    const signature = { key: 'Ed25519 key', message: ABC };
    await play({ send: '00 2A 9E 9A 02 62 63 00', sw: '9000', data: '*64', signature });
  });

  rule(
    'answers 6883 to a SELECT that finds nothing in the middle, and 6985 to GET RESPONSE',
    async ({ bring, run }) => {
      await bring('verified with keys');
      await run(CHOOSE_ED25519, '9000');
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

/** The chosen Ed25519 key still signs, and nothing of an older chain is before the message. */
const signsAbc = ({ play }: CardSession): Promise<void> =>
  play({
    send: `00 2A 9E 9A 03 ${ABC} 00`,
    sw: '9000',
    data: '*64',
    signature: { key: 'Ed25519 key', message: ABC },
  });
