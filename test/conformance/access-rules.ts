// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { encodeCommandApdu } from '../../protocol/apdu.ts';
import { toUpperHex } from '../../protocol/bytes.ts';
import { type Access, type AnyCommand, caseOf } from '../../protocol/command.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import type { LifeCycleState } from '../../protocol/life-cycle.ts';
import type { Rule } from './card-session.ts';

/** A state of fixtures/apdu/states in each life-cycle state, and the same inside a secure channel. */
const lifeCycle = {
  selectable: ['blank with keys', 'administrator with keys'],
  personalised: ['personalised with keys', 'personalised administrator with keys'],
  blocked: ['blocked', 'blocked administrator'],
  terminated: ['terminated', 'terminated administrator'],
} as const satisfies Readonly<Partial<Record<LifeCycleState, readonly [string, string]>>>;

const commands: readonly AnyCommand[] = Object.values(blockchainSimCommands);
type Place = keyof typeof lifeCycle;
const places = Object.keys(lifeCycle) as readonly Place[];

/** Who may not use a command there: outside of a secure channel with the PIN not verified, and the other two. */
const refused: Readonly<
  Record<'nobody' | 'holder' | 'administrator', (access: Access, place: Place) => boolean>
> = {
  nobody: (access) => access !== 'anyone',
  holder: (access) => access === 'administrator' || access === 'administrator-with-holder',
  administrator: (access, place) =>
    place !== 'selectable' && (access === 'holder' || access === 'administrator-with-holder'),
};

/** Life cycle and access as the catalogue gives them, for every command of key custody. */
export function accessRules(rule: Rule): void {
  for (const place of places) {
    const [plain, administrator] = lifeCycle[place];
    const outside = commands.filter(({ states }) => !states.includes(place));
    const inside = commands.filter(({ states }) => states.includes(place));
    // TERMINATE DF is for ever.
    const requires = place === 'terminated' ? (['new card'] as const) : [];

    rule(
      `answers 6985 to the ${outside.length} commands that are not for a card that is ${place}`,
      async ({ bring, run }) => {
        await bring(plain);
        for (const command of outside) await run(shortest(command), '6985');
      },
      requires,
    );

    rule(
      `answers 6985 to them in a secure channel too, when the card is ${place}`,
      async ({ bring, runSecure }) => {
        await bring(administrator);
        for (const command of outside) await runSecure(shortest(command), '6985');
      },
      requires,
    );

    const notTheirs = inside.filter(({ access }) => refused.nobody(access, place));
    const notTheAdministrators = inside.filter(({ access }) => refused.administrator(access, place));

    rule(
      `answers 6982 to whoever is neither holder nor administrator of a card that is ${place}`,
      async ({ bring, run }) => {
        await bring(plain);
        expect(notTheirs.length).toBeGreaterThan(0);
        for (const command of notTheirs) await run(shortest(command), '6982');
      },
      requires,
    );

    // A blank card has no holder, and one out of use is nobody's to use.
    if (notTheAdministrators.length === 0) continue;
    rule(
      `answers 6982 to the administrator in what is the holder's of a card that is ${place}`,
      async ({ bring, runSecure }) => {
        await bring(administrator);
        for (const command of notTheAdministrators) await runSecure(shortest(command), '6982');
      },
      requires,
    );
  }

  rule(
    'answers 6982 to the holder in what is the administrator’s, with a secure channel open beside it',
    async ({ bring, run }) => {
      await bring('verified administrator with keys');
      const theirs = commands.filter(
        ({ access, states }) => states.includes('personalised') && refused.holder(access, 'personalised'),
      );
      expect(theirs.length).toBeGreaterThan(0);
      for (const command of theirs) await run(shortest(command), '6982');
    },
  );

  for (const level of ['01', '11'])
    rule(
      `answers 6982 to secrets of the administrator in a secure channel of level ${level}, which does not encrypt them`,
      async ({ bring, play, runSecure }) => {
        await bring('blank');
        await play({ secureChannel: { level } });
        const secrets = commands.filter(
          ({ access, secret }) => secret === 'data' && access.startsWith('administrator'),
        );
        expect(secrets.length).toBeGreaterThan(0);
        for (const command of secrets) await runSecure(shortest(command), '6982');
        await runSecure('00 CA FF 21 00', '9000', '');
      },
    );
}

/** The command with as few data as its length allows, all zero: what is refused before its data is looked at. */
function shortest(command: AnyCommand): string {
  const { cla, ins, p1, p2, data, parameter } = command;
  const length = Math.max(0, data.min - (parameter === undefined ? 0 : 1));
  const hasResponse = caseOf(command) === 2 || caseOf(command) === 4;
  const le = hasResponse ? { le: 256 } : {};
  return toUpperHex(encodeCommandApdu({ cla, ins, p1, p2, data: new Uint8Array(length), ...le }));
}
