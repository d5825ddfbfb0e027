// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import type { CardSession, Rule } from './card-session.ts';

const OPEN = '00 70 00 00 01';
const SELECT = 'A4 04 00 07 F0 42 53 49 4D 01 00 00';
const SELECT_CARD_MANAGER = 'A4 04 00 08 A0 00 00 01 51 00 00 00 00';
const VERIFY = '20 00 01 08 31 32 33 34 FF FF FF FF';
const WRONG_PIN = '20 00 01 08 39 39 39 39 FF FF FF FF';
const ASK = '20 00 01';
const CHOOSE = '22 41 B6 03 84 01 01';
const CHOOSE_ED25519 = '22 41 B6 03 84 01 03';
const HASH = '2A 90 80 03 61 62 63';
const SIGN = '2A 9E 9A 00';
const READ_KEY = '47 81 00 05 B6 03 84 01 01';
const abc = { key: 'P-256 key', message: '61 62 63' };

/** The second channel of a card, with key custody selected on both. */
async function two({ bring, run }: CardSession, state: string): Promise<void> {
  await bring(state);
  await run(OPEN, '9000', '01');
  await run(`01 ${SELECT}`, '9000');
}

/** The answer as it comes: nothing is fetched, nothing repeated. */
const bare = async ({ card }: CardSession, send: string): Promise<string> =>
  toUpperHex(await card.exchange(fromHex(send)));

/** What holds between logical channels. */
export function channelRules(rule: Rule): void {
  rule('keeps the PIN that was verified on one channel from the others', async (session) => {
    await two(session, 'verified');
    await session.run(`01 ${ASK}`, '63C3');
    await session.run('01 CA FF 22 00', '6982');
    await session.run('00 CA FF 22 00', '9000');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run('01 CA FF 22 00', '9000', '08 09 10 10 00 00 00 00 10');
  });

  rule('keeps the key that was chosen on one channel from the others', async (session) => {
    await two(session, 'verified with keys');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run(`00 ${CHOOSE}`, '9000');
    await session.run(`01 ${HASH}`, '6985');
    await session.run(`01 ${CHOOSE_ED25519}`, '9000');
    await session.run(`00 ${HASH}`, '9000');
    await session.play({ send: `00 ${SIGN}`, sw: '9000', data: '*64', signature: abc });
  });

  rule('has an application of its own selected on each channel', async ({ bring, run }) => {
    await bring('blank');
    await run(OPEN, '9000', '01');
    await run('01 CA FF 20 00', '6D00');
    await run(`01 ${SELECT_CARD_MANAGER}`, '9000');
    await run('81 CA 00 E0 00', '9000');
    await run('80 CA 00 E0 00', '6D00');
    await run('00 CA FF 21 00', '9000', '');
    await run('01 CA FF 21 00', '6D00');
  });

  rule('counts the tries of a PIN over all channels', async (session) => {
    await two(session, 'personalised');
    await session.run(`00 ${WRONG_PIN}`, '63C2');
    await session.run(`01 ${WRONG_PIN}`, '63C1');
    await session.run(`00 ${ASK}`, '63C1');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run(`00 ${ASK}`, '63C3');
  });

  rule('ends the session of one channel with its SELECT, and of no other', async (session) => {
    await two(session, 'verified');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run(`00 ${SELECT}`, '9000');
    await session.run('00 CA FF 22 00', '6982');
    await session.run('01 CA FF 22 00', '9000');
  });

  rule(
    'ends the session of a channel that is closed, and selects nothing when it is opened again',
    async (session) => {
      await two(session, 'verified');
      await session.run(`01 ${VERIFY}`, '9000');
      await session.run('00 70 80 01', '9000');
      await session.run('01 CA FF 22 00', '6881');
      await session.run(OPEN, '9000', '01');
      await session.run('01 CA FF 22 00', '6D00');
      await session.run(`01 ${SELECT}`, '9000');
      await session.run('01 CA FF 22 00', '6982');
      await session.run('00 CA FF 22 00', '9000');
    },
  );

  rule('closes every channel but the first with a reset', async ({ bring, run, play }) => {
    await bring('blank');
    for (const number of ['01', '02', '03']) await run(OPEN, '9000', number);
    await play({ reset: true });
    for (const cla of ['01', '02', '03']) await run(`${cla} ${SELECT}`, '6881');
    await run(OPEN, '9000', '01');
  });

  rule('ends the hash of one channel when another begins one', async (session) => {
    await two(session, 'verified with keys');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run(`00 ${CHOOSE}`, '9000');
    await session.run(`01 ${CHOOSE}`, '9000');
    await session.run('10 2A 90 80 01 61', '9000');
    await session.run('11 2A 90 80 01 61', '9000');
    await session.run('10 2A 90 80 01 62', '6985');
    await session.run('01 2A 90 80 02 62 63', '9000');
    await session.play({ send: `01 ${SIGN}`, sw: '9000', data: '*64', signature: abc });
  });

  rule('ends the digest kept for one channel when another hashes', async (session) => {
    await two(session, 'verified with keys');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run(`00 ${CHOOSE}`, '9000');
    await session.run(`01 ${CHOOSE}`, '9000');
    await session.run(`00 ${HASH}`, '9000');
    await session.run('01 2A 90 80 01 64', '9000');
    await session.run(`00 ${SIGN}`, '6985');
    await session.play({
      send: `01 ${SIGN}`,
      sw: '9000',
      data: '*64',
      signature: { key: 'P-256 key', message: '64' },
    });
  });

  rule(
    'keeps the digest of one channel through commands of another that need no such room',
    async (session) => {
      await two(session, 'verified with keys');
      await session.run(`00 ${CHOOSE}`, '9000');
      await session.run('10 2A 90 80 01 61', '9000');
      await session.run('01 84 00 00 20', '9000', '*32');
      await session.run('00 2A 90 80 02 62 63', '9000');
      await session.run('01 CA FF 20 00', '9000');
      await session.play({ send: `00 ${SIGN}`, sw: '9000', data: '*64', signature: abc });
    },
  );

  rule('lets another channel delete a chosen key, which then signs no more', async (session) => {
    await two(session, 'verified administrator with keys');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.run(`01 ${CHOOSE}`, '9000');
    await session.runSecure('80 E4 00 00 05 B6 03 84 01 01', '9000');
    await session.run(`01 ${HASH}`, '6985');
  });

  rule('blocks the card on every channel', async (session) => {
    await two(session, 'verified administrator');
    await session.run(`01 ${VERIFY}`, '9000');
    await session.runSecure('00 04 00 00', '9000');
    await session.run('00 CA FF 22 00', '6985');
    await session.run('01 CA FF 22 00', '6985');
    await session.run(`01 ${VERIFY}`, '6985');
  });

  rule('opens no channel for who does not ask for its number, and says so', async (session) => {
    expect(await bare(session, '00 70 00 00')).toBe('6C01');
    expect(await bare(session, '01 84 00 00 20')).toBe('6881');
    await session.run('00 C0 00 00 00', '6985');
    for (const number of ['01', '02', '03']) await session.run(OPEN, '9000', number);
    expect(await bare(session, '00 70 00 00')).toBe('6A84');
  });

  rule(
    'keeps a response that waits over what the card answers itself, and over the security domain',
    async (session) => {
      await session.bring('blank with keys');
      await session.run(OPEN, '9000', '01');
      await session.run(`01 ${SELECT_CARD_MANAGER}`, '9000');
      expect(await bare(session, `00 ${READ_KEY}`)).toBe('6146');
      await session.run('00 84 00 00 05 01', '6700');
      await session.run('A0 84 00 00 20', '6E00');
      await session.run('02 84 00 00 20', '6881');
      await session.run(OPEN, '9000', '02');
      await session.run('02 FE 00 00', '6D00');
      await session.run('81 CA 00 E0 00', '9000');
      await session.run('00 70 80 02', '9000');
      await session.run('00 70 80 01', '9000');
      expect(await bare(session, '00 C0 00 00 46')).toMatch(/^7F494386.*9000$/);
    },
  );

  const droppedBy: readonly (readonly [string, string, string])[] = [
    ['GET RESPONSE on another channel', '01 C0 00 00 46', '6985'],
    ['another command on another channel', '01 84 00 00 20', '9000'],
    ['an unknown instruction on another channel', '01 FE 00 00', '6D00'],
    ['the selection of its application on another channel', '02 A4 04 00 00', '9000'],
    ['its deselection on another channel', `01 ${SELECT_CARD_MANAGER}`, '9000'],
    ['the closing of a channel on which it is selected', '00 70 80 01', '9000'],
  ];
  for (const [title, send, sw] of droppedBy)
    rule(`drops a response that waits with ${title}`, async (session) => {
      await two(session, 'blank with keys');
      await session.run(OPEN, '9000', '02');
      expect(await bare(session, `00 ${READ_KEY}`)).toBe('6146');
      await session.run(send, sw);
      await session.run('00 C0 00 00 46', '6985');
    });

  rule('answers on the channel that was asked, parts of long answers too', async (session) => {
    await two(session, 'blank with keys');
    await session.run('01 CA FF 21 10', '9000', '*190');
    await session.run('01 47 81 00 05 B6 03 84 01 01', '9000', '7F 49 43 86 41 04 *64');
  });
}
