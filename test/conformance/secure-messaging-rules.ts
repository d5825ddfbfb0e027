// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { securityLevels } from '../../protocol/scp03/secure-messaging.ts';
import { type CardSession, complete, type Rule } from './card-session.ts';

const SELECT = '00 A4 04 00 07 F0 42 53 49 4D 01 00 00';
const GENERATE = '00 47 80 00 08 B6 06 84 01 01 80 01 01 00';
const POINT = '7F 49 43 86 41 04 *64';
const BEGIN = '50 30 00 08 01 02 03 04 05 06 07 08 00';

/** What holds inside a secure channel and around it. */
export function secureMessagingRules(rule: Rule): void {
  const answerTo = async ({ card }: CardSession, apdu: Uint8Array): Promise<string> =>
    toUpperHex(await complete(card, apdu));

  for (const level of securityLevels.map((each) => toUpperHex(Uint8Array.of(each))))
    rule(
      `carries commands and answers of all four cases at level ${level}`,
      async ({ bring, play, runSecure, run }) => {
        await bring('blank');
        await play({ secureChannel: { level } });
        await runSecure(GENERATE, '9000', POINT);
        await runSecure('00 CA FF 21 00', '9000', '*38');
        await runSecure('00 47 81 00 05 B6 03 84 01 02 00', '6A88');
        await runSecure('80 E4 00 00 05 B6 03 84 01 01', '9000', '');
        await runSecure('80 FA 00 00', '9000', '');
        await runSecure('00 CA FF 21 00', '9000', '');
        await run('00 CA FF 21 00', '9000', '');
      },
    );

  rule(
    'takes the longest command that the level leaves room for in a short one',
    async ({ bring, runSecure, run }) => {
      await bring('administrator');
      const data = toUpperHex(new Uint8Array(239).fill(0x30));
      await runSecure(`00 DA FF 26 EF ${data}`, '9000');
      await run('00 CA FF 26 00', '9000', data);
    },
  );

  rule('answers 6700 to extended length before it looks at the MAC, and goes on', async (session) => {
    await session.bring('administrator');
    const short = session.wrapped(GENERATE);
    const extended = Uint8Array.of(...short.subarray(0, 4), 0, 0, ...short.subarray(4, -1), 0, 0);
    expect(await answerTo(session, extended)).toBe('6700');
    expect(await answerTo(session, fromHex(`04 FE 00 00 00 01 00 ${'00'.repeat(256)}`))).toBe('6700');
    expect(await answerTo(session, short)).toMatch(/9000$/);
  });

  rule(
    'answers 6982 to bit 04 without a secure channel, whatever the instruction',
    async ({ bring, run }) => {
      await bring('blank');
      for (const command of ['84 FE 00 00', '04 CA FF 20 00', '84 E4 00 00 08 01 02 03 04 05 06 07 08'])
        await run(command, '6982');
      await run('04 CA FF 20 00 00 08 01 02 03 04 05 06 07 08', '6700');
      await run('04 CA FF 20 00 00 00', '6982');
    },
  );

  rule(
    'answers 6E00 to bit 04 with SELECT, MANAGE CHANNEL and GET RESPONSE, and keeps the secure channel',
    async ({ bring, run, runSecure }) => {
      await bring('administrator');
      await run('04 A4 04 00 07 F0 42 53 49 4D 01 00 00', '6E00');
      await run('04 70 00 00 01', '6E00');
      await run('04 C0 00 00 00', '6E00');
      await runSecure('00 CA FF 21 00', '9000', '');
    },
  );

  rule(
    'closes the secure channel at a wrong MAC, before anything else about the command',
    async (session) => {
      for (const send of [GENERATE, '00 FE 00 00', '00 CA 77 77 00', '00 20 00 01 01 01']) {
        await session.bring('administrator');
        const apdu = session.wrapped(send);
        const at = 4 + (apdu[4] ?? 0);
        apdu[at] = (apdu[at] ?? 0) ^ 0x01;
        expect(await answerTo(session, apdu)).toBe('6982');
        await session.runSecure('00 CA FF 21 00', '6982');
      }
      await session.run('00 CA FF 21 00', '9000', '');
    },
  );

  rule('closes the secure channel at a command that was sent before', async (session) => {
    await session.bring('administrator');
    const apdu = session.wrapped('00 84 00 00 20');
    await complete(session.card, apdu);
    expect(await answerTo(session, apdu)).toBe('6982');
    await session.runSecure('00 CA FF 21 00', '6982');
  });

  rule(
    'keeps the secure channel through commands that it refuses with a right MAC',
    async ({ bring, runSecure }) => {
      await bring('administrator');
      await runSecure('00 FE 00 00', '6D00');
      await runSecure('00 20 77 77', '6A86');
      await runSecure('10 20 00 01', '6884');
      await runSecure('00 20 00 01 01 01', '6700');
      await runSecure('00 20 00 01', '6985');
      await runSecure('80 E4 00 00 05 B6 03 85 01 01', '6A80');
      await runSecure('80 E4 00 00 05 B6 03 84 01 01', '6A88');
      await runSecure(GENERATE, '9000', POINT);
    },
  );

  rule(
    'gives the administrator’s rights to the command that came inside, and to none beside it',
    async ({ bring, run, runSecure }) => {
      await bring('administrator');
      await run(GENERATE, '6982');
      await run('80 FA 00 00', '6982');
      await runSecure(GENERATE, '9000', POINT);
      await run('00 47 81 00 05 B6 03 84 01 01 00', '9000', POINT);
      await runSecure('80 E4 00 00 05 B6 03 84 01 01', '9000');
    },
  );

  rule(
    'verifies the PIN through the secure channel for plain commands of the same logical channel',
    async ({ bring, run, runSecure }) => {
      await bring('personalised administrator');
      await runSecure('00 20 00 01 08 39 39 39 39 FF FF FF FF', '63C2');
      await runSecure('00 20 00 01 08 31 32 33 34 FF FF FF FF', '9000');
      await run('00 CA FF 22 00', '9000', '08 09 10 10 00 00 00 00 10');
      await runSecure('00 CA FF 22 00', '9000', '08 09 10 10 00 00 00 00 10');
    },
  );

  const endings: readonly (readonly [string, readonly string[]])[] = [
    ['SELECT on its channel', [SELECT]],
    ['INITIALIZE UPDATE on its channel', [`80 ${BEGIN}`]],
    ['INITIALIZE UPDATE on another channel', ['00 70 00 00 01', '01 A4 04 00 00', `81 ${BEGIN}`]],
  ];
  for (const [title, commands] of endings)
    rule(`ends with ${title}`, async ({ bring, run, runSecure }) => {
      await bring('administrator');
      for (const command of commands) await run(command, '9000');
      await runSecure('00 CA FF 21 00', '6982');
    });

  rule('ends with a reset', async ({ bring, play, run, runSecure }) => {
    await bring('administrator');
    await play({ reset: true });
    await run(SELECT, '9000');
    await runSecure('00 CA FF 21 00', '6982');
  });

  rule('ends when its logical channel is closed', async ({ bring, play, run, runSecure }) => {
    await bring('blank');
    await run('00 70 00 00 01', '9000', '01');
    await run('01 A4 04 00 00', '9000');
    await play({ secureChannel: { level: '33', channel: 1 } });
    await runSecure('01 CA FF 21 00', '9000', '');
    await run('00 70 80 01', '9000');
    await run('00 70 00 00 01', '9000', '01');
    await run('01 A4 04 00 00', '9000');
    await runSecure('01 CA FF 21 00', '6982');
  });

  rule(
    'belongs to one logical channel, though the MAC does not cover it',
    async ({ bring, run, runSecure }) => {
      await bring('administrator');
      await run('00 70 00 00 01', '9000', '01');
      await run('01 A4 04 00 00', '9000');
      await runSecure('01 CA FF 21 00', '6982');
    },
  );

  rule(
    'outlasts SELECT on another channel, a SELECT that finds nothing, and plain commands that fail',
    async ({ bring, run, runSecure }) => {
      await bring('administrator');
      await run('00 70 00 00 01', '9000', '01');
      await run('01 A4 04 00 00', '9000');
      await run('00 A4 04 00 05 A0 00 00 00 87 00', '6A82');
      await run('00 FE 00 00', '6D00');
      await run('00 47 81 00 05 B6 03 84 01 01 00', '6A88');
      await run('00 70 80 01', '9000');
      await runSecure(GENERATE, '9000', POINT);
    },
  );
}
