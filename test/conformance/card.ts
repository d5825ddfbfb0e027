// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../protocol/bytes.ts';
import type { AnyCommand } from '../../protocol/command.ts';
import { getApplicationInformation } from '../../protocol/commands/blockchain-sim/get-data.ts';
import { cardCurveNames } from '../../protocol/crypto/card-curve.ts';
import { cardHashNames } from '../../protocol/crypto/card-hash.ts';
import { accessRules } from './access-rules.ts';
import { apduFileNames, type Requirement, readApduFile, requirementsOf } from './apdu-fixtures.ts';
import {
  type CardSession,
  type ConnectedCard,
  complete,
  everyCommand,
  type Judge,
  openCardSession,
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
  /** What it is not or has not; sequences that require it are named as not applicable. */
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
  const judge: Judge =
    (work, requires = []) =>
    async () => {
      const card = await connect(requires);
      try {
        await work(openCardSession(card, requires));
      } finally {
        await card.close();
      }
    };
  const isApplicable = ({ requires }: { readonly requires: readonly Requirement[] }): boolean =>
    !requires.some((required) => lacks.includes(required));

  describe(`${name} as a card`, () => {
    for (const file of files) {
      const sequences = file.sequences.filter(isApplicable);
      if (sequences.length === 0) continue;
      describe(file.name, () => {
        for (const { kind, title, from, steps, requires } of sequences)
          it(
            `${kind}: ${title}`,
            judge(async (session) => {
              await session.bring(from);
              for (const step of steps) await session.play(step);
            }, requires),
          );
      });
    }

    describe('for every command', () => commandRules(judge));
    describe('for life cycle and access', () => accessRules(judge));
    describe('for chained data', () => chainRules(judge));
    describe('for logical channels', () => channelRules(judge));
    describe('for secure messaging', () => secureMessagingRules(judge));

    for (const lacking of lacks) {
      const left = files.flatMap(({ sequences }) =>
        sequences.filter(({ requires }) => requires.includes(lacking)),
      );
      it(`is not judged by ${left.length} sequences, because it has no ${lacking} and says so`, () =>
        judge((session) => expectLack(session, lacking, left.length))());
    }
  });
}

/** A lack that no sequence minds is none to be declared, and the card itself says which curves and hashes it has. */
async function expectLack(session: CardSession, lacking: Requirement, left: number): Promise<void> {
  expect(left).toBeGreaterThan(0);
  const isDeclared = [...cardCurveNames, ...cardHashNames].some((each) => each === lacking);
  if (!isDeclared) return;
  await session.bring('blank');
  const answer = await complete(session.card, fromHex('00 CA FF 20 00'));
  const { algorithms, hashes } = getApplicationInformation.response.decode(answer.subarray(0, -2));
  expect([...algorithms, ...hashes]).not.toContain(lacking);
}
