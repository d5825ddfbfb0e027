// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { fromHex, toUpperHex } from '../../protocol/bytes.ts';
import { type CardSession, complete, type Rule } from './card-session.ts';
import { derive, staticKeys } from './scp03-host.ts';

const BEGIN = '50 30 00 08 01 02 03 04 05 06 07 08 00';
/** AIDs; the card manager's is in GlobalPlatform Card Specification 2.3.1 §H.1.3. */
const APPLICATIONS = { 'key custody': 'F0 42 53 49 4D 01 00', 'the card manager': 'A0 00 00 01 51 00 00 00' };

/** What holds for how a secure channel is opened. */
export function authenticationRules(rule: Rule): void {
  rule(
    'opens only where EXTERNAL AUTHENTICATE follows INITIALIZE UPDATE directly, whoever answers what comes between',
    async ({ bring, run }) => {
      await bring('blank');
      await run('00 70 00 00 01', '9000', '01');
      const authenticate = `84 82 33 00 10 ${'00'.repeat(16)}`;
      const between = [
        ['A0 84 00 00 20', '6E00'],
        ['03 84 00 00 20', '6881'],
        ['00 84 00 00 05 01', '6700'],
        ['00 70 00 01', '6A86'],
        ['01 FE 00 00', '6D00'],
        ['00 FE 00 00', '6D00'],
      ] as const;
      for (const [send, sw] of between) {
        await run(`80 ${BEGIN}`, '9000');
        await run(send, sw);
        await run(authenticate, '6985');
      }
      // GET RESPONSE, and an EXTERNAL AUTHENTICATE of which nothing is compared, are nothing between.
      await run(`80 ${BEGIN}`, '9000');
      await run('00 C0 00 00 00', '6985');
      await run('84 82 02 00', '6A86');
      await run(authenticate, '6300');
    },
  );

  for (const [application, aid] of Object.entries(APPLICATIONS))
    rule(`derives its challenge from the sequence counter and the AID of ${application}`, async (session) => {
      const length = toUpperHex(Uint8Array.of(fromHex(aid).length));
      await session.run(`00 A4 04 00 ${length} ${aid} 00`, '9000');
      const first = await beginning(session);
      expect(await beginning(session)).toEqual(first);
      await session.play({ secureChannel: { level: '01' } });
      await session.run(`00 A4 04 00 ${length} ${aid} 00`, '9000');
      const second = await beginning(session);
      expect(second.counter).toBe(first.counter + 1);
      for (const { counter, challenge } of [first, second]) {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(counter);
        const context = Buffer.concat([bytes.subarray(1), fromHex(aid)]);
        expect(challenge).toBe(toUpperHex(derive(staticKeys().enc, 0x02, context, 8)));
      }
    });

  rule(
    'never gives the same random challenge twice',
    async (session) => {
      await session.bring('blank');
      const challenges = new Set<string>();
      for (let i = 0; i < 3; i++) {
        const answer = await complete(session.card, fromHex(`80 ${BEGIN}`));
        expect(answer).toHaveLength(31);
        challenges.add(toUpperHex(answer.subarray(13, 21)));
      }
      expect(challenges.size).toBe(3);
    },
    ['random challenge'],
  );
}

/** Sequence counter and card challenge of an INITIALIZE UPDATE with the pseudo-random challenge, in mode S8. */
async function beginning({ card }: CardSession): Promise<{ counter: number; challenge: string }> {
  const answer = await complete(card, fromHex(`80 ${BEGIN}`));
  expect(answer).toHaveLength(34);
  return {
    challenge: toUpperHex(answer.subarray(13, 21)),
    counter: Buffer.from(answer).readUIntBE(29, 3),
  };
}
