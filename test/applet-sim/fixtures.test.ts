// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../protocol/bytes.ts';
import { type AnyCommand, findCommand } from '../../protocol/command.ts';
import { blockchainSimCommands } from '../../protocol/commands/blockchain-sim/index.ts';
import { cardCommands } from '../../protocol/commands/card/index.ts';
import {
  apduFileNames,
  isPlayed,
  kinds,
  type Requirement,
  readApduFile,
  requirementsOf,
  type SendStep,
  type Sequence,
  type Step,
  states,
} from '../conformance/apdu-fixtures.ts';
import { everyCommand, fixtureCommands } from '../conformance/card.ts';

const commands = Object.entries(fixtureCommands);
const { getResponse, openChannel, select } = cardCommands;

it('has one APDU file for each command of every application, and no other', () => {
  expect(apduFileNames).toEqual(commands.map(([name]) => `${name}.json`).toSorted());
});

it('brings a card into every state by a way of its own', () => {
  const ways = Object.values(states).map((steps) => JSON.stringify(steps));
  expect(new Set(ways).size).toBe(ways.length);
});

describe.each(commands)('the sequences of %s', (name, command) => {
  const file = readApduFile(`${name}.json`);

  it('name command and source', () => {
    expect(file.command).toBe(command.name);
    expect(file.source).toMatch(/ISO\/IEC|GlobalPlatform|ETSI|proprietary/);
  });

  it('start in a state that is described, each under a title of its own and a kind that there is', () => {
    const titles = file.sequences.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { from, kind } of file.sequences) {
      expect(states).toHaveProperty([from]);
      expect(kinds).toContain(kind);
    }
  });

  it.each([
    ['that has all', []],
    ['without Ed25519, SM2 and SM3', ['Ed25519', 'SM2', 'SM3']],
  ] as const)(
    'reach every status word of the command, a wrong length and wrong P1-P2 on a card %s',
    (_, lacks) => {
      const badParameters = command.ins === 0xca ? '6A88' : '6A86';
      const words = ['6700', badParameters, ...Object.keys(command.statusWords)];
      const lacking: readonly Requirement[] = lacks;
      const own = file.sequences
        .filter((sequence) => requirementsOf(file, sequence).every((each) => !lacking.includes(each)))
        .flatMap(({ steps }) =>
          statusWordsTo(
            command,
            steps.filter((step) => isPlayed(step, lacking)),
          ),
        );
      const missing = words.filter((word) => !own.some((found) => isLike(word, found)));
      expect(missing.filter((word) => !(tornOnly[name] ?? []).includes(word))).toEqual([]);
    },
  );

  it('try it where it is not allowed', () => {
    const { states: allowed, access } = command;
    const wanted = [
      ...(allowed.includes('terminated') || !isOfKeyCustody(command) ? [] : ['state']),
      ...(access === 'anyone' ? [] : ['access']),
      ...(allowed.includes('blocked') || !isOfKeyCustody(command) ? [] : ['blocked']),
    ];
    const found = new Set(file.sequences.map(({ kind }) => kind));
    expect(wanted.filter((kind) => !found.has(kind as Sequence['kind']))).toEqual([]);
  });

  it('say of each requirement only what a card can be asked', () => {
    const known = ['terminal', 'S16', 'random challenge', 'installed', 'new card', 'fragments'];
    const curves = ['P-256', 'secp256k1', 'Ed25519', 'SM2', 'brainpoolP256r1'];
    const hashes = ['SHA-256', 'SHA-512', 'Keccak-256', 'SM3'];
    for (const sequence of file.sequences) {
      for (const required of requirementsOf(file, sequence))
        expect([...known, ...curves, ...hashes]).toContain(required);
      // How a card is made is asked before anything is sent to it.
      for (const { requires = [], lacks = [] } of sequence.steps)
        for (const each of [...requires, ...lacks]) expect([...curves, ...hashes]).toContain(each);
    }
  });
});

/** Status words that come after a loss of power only, at the instant named; test/applet-sim/tearing.test.ts has them. */
const tornOnly: Readonly<Record<string, readonly string[]>> = {
  // The last try of the PUK is spent, and the card is not blocked yet.
  'reset-retry-counter': ['6983'],
  'set-duress-pin': ['6983'],
};

/** What the steps get to the command, and to bytes that are none but have its instruction. */
function statusWordsTo(command: AnyCommand, steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    if ('secureChannel' in step) return isOpening(command) ? ['9000'] : [];
    if (!('send' in step)) return [];
    // What is learnt from the card stands in the data field, whose bytes do not matter here.
    const apdu = fromHex(step.send.replaceAll(/<[^>]+>/g, '00'));
    // GET RESPONSE that succeeds is sent by whoever plays the steps, for a response left without Le.
    if (command === getResponse && isWithoutLe(step)) return [step.sw];
    // As is MANAGE CHANNEL that 6C01 answered.
    if (command === openChannel && apdu[1] === openChannel.ins && apdu.length === 4) return ['6C01', step.sw];
    const found = findCommand(everyCommand, apdu);
    return found === command || (found === undefined && apdu[1] === command.ins) ? [step.sw] : [];
  });
}

const isLike = (word: string, found: string): boolean =>
  new RegExp(`^${word.replaceAll('X', '.')}$`).test(found);
/** The life cycle that commands name is that of key custody. */
const isOfKeyCustody = (command: AnyCommand): boolean =>
  Object.values<AnyCommand>(blockchainSimCommands).includes(command);
const isOpening = ({ name }: AnyCommand): boolean =>
  name === everyCommand.initializeUpdate?.name || name === everyCommand.externalAuthenticate?.name;

function isWithoutLe({ send }: SendStep): boolean {
  const apdu = fromHex(send);
  return apdu[1] === select.ins && apdu.length === 5 + (apdu[4] ?? 0);
}
