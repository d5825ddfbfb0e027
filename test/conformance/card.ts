// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';
import { getApplicationInformation } from '../../protocol/commands/blockchain-sim/get-data.ts';
import { cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../protocol/crypto/card-hash.ts';
import { accessRules } from './access-rules.ts';
import { apduFileNames, type Requirement, readApduFile, requirementsOf } from './apdu-fixtures.ts';
import { authenticationRules } from './authentication-rules.ts';
import { type ConnectedCard, complete, everyCommand, openCardSession, type Rule } from './card-session.ts';
import { chainRules } from './chain-rules.ts';
import { channelRules } from './channel-rules.ts';
import { commandRules } from './command-rules.ts';
import { secureMessagingRules } from './secure-messaging-rules.ts';

export { type ConnectedCard, everyCommand, isListed } from './card-session.ts';

/** Gives a blank card that nobody else uses, and that is or has what is required. */
export type ConnectCard = (requires: readonly Requirement[]) => Promise<ConnectedCard>;

/** What is known of an implementation before it is judged. */
export type ConformanceOptions = {
  /** What it is not or has not; what requires it is counted as not applicable. */
  readonly lacks?: readonly Requirement[];
};

/** Every command, by the name of its fixture file. */
export const fixtureCommands: Readonly<Record<string, AnyCommand>> = Object.fromEntries(
  Object.entries(everyCommand).map(([name, command]) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    command,
  ]),
);

const files = apduFileNames.map((name) => {
  const file = readApduFile(name);
  const sequences = file.sequences.map((sequence) => ({
    ...sequence,
    requires: requirementsOf(file, sequence),
  }));
  return { name, sequences };
});

/**
 * Judges a card by the APDU sequences of fixtures/apdu and by rules that hold for every command, accepting no status
 * word that the catalogue does not list.
 */
export function cardConformance(
  name: string,
  connect: ConnectCard,
  { lacks = [] }: ConformanceOptions = {},
): void {
  const left = new Map(lacks.map((lacking) => [lacking, { tests: 0, steps: 0 }]));
  const count = (lacking: Requirement, what: 'tests' | 'steps'): void => {
    const counted = left.get(lacking);
    if (counted !== undefined) counted[what]++;
  };
  const rule: Rule = (title, work, requires = []) => {
    const lacking = lacks.filter((each) => requires.includes(each));
    for (const each of lacking) count(each, 'tests');
    if (lacking.length > 0) return;
    it(title, async () => {
      const card = await connect(requires);
      try {
        await work(openCardSession(card, requires, lacks));
      } finally {
        await card.close();
      }
    });
  };

  describe(`${name} as a card`, () => {
    for (const file of files)
      describe(file.name, () => {
        for (const { kind, title, from, steps, requires } of file.sequences) {
          if (requires.every((each) => !lacks.includes(each)))
            for (const step of steps) for (const each of step.requires ?? []) count(each, 'steps');
          rule(
            `${kind}: ${title}`,
            async (session) => {
              await session.bring(from);
              for (const step of steps) await session.play(step);
            },
            requires,
          );
        }
        // A file of which nothing is applicable is no suite without tests.
        if (!file.sequences.some(({ requires }) => requires.every((each) => !lacks.includes(each))))
          it('is not applicable', () => expect(lacks).not.toEqual([]));
      });

    describe('for every command', () => commandRules(rule));
    describe('for life cycle and access', () => accessRules(rule));
    describe('for chained data', () => chainRules(rule));
    describe('for logical channels', () => channelRules(rule));
    describe('for opening secure channels', () => authenticationRules(rule));
    describe('for secure messaging', () => secureMessagingRules(rule));

    // A suite of its own: vitest reads suites one after the other, so that all is counted when it comes to this one.
    describe('for what it has not', () => {
      // A lack that nothing minds is none to be declared.
      for (const [lacking, { tests, steps }] of left)
        it(`is not judged by ${tests} tests and ${steps} steps of others, because it has no ${lacking}`, () =>
          expect(tests + steps).toBeGreaterThan(0));
      if (lacks.length === 0) it('lacks nothing', () => expect(left.size).toBe(0));
      rule('says of every curve and hash whether it has it', async ({ bring, card }) => {
        await bring('blank');
        const answer = await complete(card, fromHex('00 CA FF 20 00'));
        const { algorithms, hashes } = getApplicationInformation.response.decode(answer.subarray(0, -2));
        expect(algorithms).toEqual(cardCurveNames.filter((each) => !lacks.includes(each)));
        expect(hashes).toEqual(cardHashNames.filter((each) => !lacks.includes(each)));
      });
    });
  });
}
