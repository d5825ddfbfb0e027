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
import {
  type CardSession,
  type ConnectedCard,
  complete,
  everyCommand,
  openCardSession,
  type Rule,
} from './card-session.ts';
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
  const left = new Map(lacks.map((lacking) => [lacking, 0]));
  const rule: Rule = (title, work, requires = []) => {
    const lacking = lacks.filter((each) => requires.includes(each));
    for (const each of lacking) left.set(each, (left.get(each) ?? 0) + 1);
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
        for (const { kind, title, from, steps, requires } of file.sequences)
          rule(
            `${kind}: ${title}`,
            async (session) => {
              await session.bring(from);
              for (const step of steps) await session.play(step);
            },
            requires,
          );
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
      for (const [lacking, count] of left)
        rule(`is not judged by ${count} tests, because it has no ${lacking}`, (session) =>
          expectLack(session, lacking, count),
        );
      if (lacks.length === 0) it('lacks nothing', () => expect(left.size).toBe(0));
    });
  });
}

/** A lack that no test minds is none to be declared, and the card itself says which curves and hashes it has. */
async function expectLack(session: CardSession, lacking: Requirement, count: number): Promise<void> {
  expect(count).toBeGreaterThan(0);
  const isDeclared = [...cardCurveNames, ...cardHashNames].some((each) => each === lacking);
  if (!isDeclared) return;
  await session.bring('blank');
  const answer = await complete(session.card, fromHex('00 CA FF 20 00'));
  const { algorithms, hashes } = getApplicationInformation.response.decode(answer.subarray(0, -2));
  expect([...algorithms, ...hashes]).not.toContain(lacking);
}
