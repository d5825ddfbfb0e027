// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { toUpperHex } from '../../protocol/bytes.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import type { Rule } from './card-session.ts';

const { 'card-manager': cardManager, ...ofKeyCustody } = catalogue;
/** EXTERNAL AUTHENTICATE comes with bit 04 always, so that its rules are those of secure messaging. */
const isPlain = ([name]: readonly [string, unknown]): boolean => name !== 'externalAuthenticate';
const commandsOf = (groups: object): readonly [string, Header][] =>
  Object.values(groups)
    .flatMap((group) => Object.entries(group as Record<string, Header>))
    .filter(isPlain);

type Header = { readonly cla: number; readonly ins: number; readonly p1: number; readonly p2: number };
const headerOf = ({ cla, ins, p1, p2 }: Header): string => toUpperHex(Uint8Array.of(cla, ins, p1, p2));

const applications = [
  ['key custody', 'blank', commandsOf(ofKeyCustody)],
  ['the card manager', 'card manager', commandsOf({ cardManager })],
] as const;

/** ISD; source: GlobalPlatform Card Specification 2.3.1 §H.1.3. */
const SELECT_CARD_MANAGER = '00 A4 04 00 08 A0 00 00 01 51 00 00 00 00';

/** What holds for every command, whatever it does. */
export function commandRules(rule: Rule): void {
  rule('answers 6E00 to classes other than 0X and 8X, and to bit 08 in them', async ({ bring, run }) => {
    await bring('blank');
    const classes = ['08', '0C', '18', '20', '28', '40', '44', '48', '60', '70', '7F', '88', '8C', '98'];
    for (const cla of [...classes, 'A0', 'A4', 'B0', 'C0', 'D0', 'E0', 'F0', 'FE'])
      await run(`${cla} CA FF 20 00`, '6E00');
  });

  rule('answers 6881 to channels that are not open, whatever else is wrong', async ({ bring, run }) => {
    await bring('blank');
    for (const cla of ['01', '02', '03', '11', '81', '82', '83', '85', '05']) {
      await run(`${cla} CA FF 20 00`, '6881');
      await run(`${cla} FE 77 77 01 01`, '6881');
    }
  });

  rule(
    'answers 6D00 to instructions that it has not, and to those of the other class',
    async ({ bring, run }) => {
      await bring('blank');
      const interindustry = ['00', '0E', '10', '12', '14', '48', '50', '82', 'B0', 'B2', 'CB', 'D6', 'D8'];
      for (const ins of [...interindustry, 'E2', 'E4', 'FA', 'FE']) await run(`00 ${ins} 00 00`, '6D00');
      const proprietary = ['04', '22', '24', '44', '70', '84', '86', 'A4', 'C0', 'CA', 'D8', 'DA', 'E6'];
      for (const ins of [...proprietary, 'E8', 'F0', 'F2', 'FE']) await run(`80 ${ins} 00 00`, '6D00');
      await run(SELECT_CARD_MANAGER, '9000');
      for (const ins of ['04', '20', '22', '24', '2A', '2C', '44', '47', '84', '86', '88', 'CA', 'DA', 'E6'])
        await run(`00 ${ins} 00 00`, '6D00');
      for (const ins of ['10', '12', '14', '20', '2A', '2C', '47', '48', '88', 'E2', 'E4', 'FA'])
        await run(`80 ${ins} 00 00`, '6D00');
    },
  );

  for (const [application, state, commands] of applications)
    rule(
      `answers 6700 to broken length fields of every command of ${application}`,
      async ({ bring, run }) => {
        await bring('blank');
        if (state === 'card manager') await run(SELECT_CARD_MANAGER, '9000');
        expect(commands.length).toBeGreaterThan(0);
        for (const [, command] of commands)
          for (const rest of brokenLengths) await run(`${headerOf(command)} ${rest}`, '6700');
      },
    );

  rule(
    'answers 6700 to broken length fields before class, channel and whether anything is selected',
    async ({ run }) => {
      for (const header of [
        'FF FF FF FF',
        '08 CA FF 20',
        '04 A4 04 00',
        '03 CA FF 20',
        '84 82 33 00',
        '00 70 00 01',
      ])
        for (const rest of brokenLengths) await run(`${header} ${rest}`, '6700');
      // More than a Java Card takes, whose lengths end there.
      await run(`08 CA FF 20 00 80 00 ${'00'.repeat(0x8000)}`, '6700');
      await run(`08 CA FF 20 00 7F FF ${'00'.repeat(0x7fff)}`, '6E00');
    },
  );

  rule('answers by itself where nothing is selected, and knows no other instruction', async ({ run }) => {
    await run('00 C0 00 00 00', '6985');
    await run('00 C0 00 01 00', '6A86');
    await run('10 C0 00 00', '6884');
    await run('00 C0 00 00 01 01', '6700');
    await run('00 A4 00 00 02 3F 00', '6A86');
    await run('10 A4 04 00 01 F0', '6884');
    await run(`00 A4 04 00 11 ${'00'.repeat(17)}`, '6700');
    await run('00 A4 04 00 01 00', '6A82');
    await run('00 A4 04 02 01 00', '6A82');
    const unknown = [
      '00 CA FF 20 00',
      '10 DA FF 26 01 30',
      '80 A4 04 00 00',
      '80 70 00 00 01',
      '80 C0 00 00 00',
    ];
    for (const send of [...unknown, '04 CA FF 20 08 01 02 03 04 05 06 07 08', '84 82 33 00', '84 FE 00 00'])
      await run(send, '6D00');
  });

  for (const [application, state, commands] of applications)
    rule(
      `answers 6884 to the part of a chain of every command of ${application} that takes none`,
      async ({ bring, run }) => {
        await bring('blank');
        if (state === 'card manager') await run(SELECT_CARD_MANAGER, '9000');
        const unchained = commands.filter(([, command]) => !('chaining' in command));
        expect(unchained.length).toBeGreaterThan(0);
        for (const [, command] of unchained)
          await run(headerOf({ ...command, cla: command.cla | 0x10 }), '6884');
      },
    );

  rule(
    'answers 6700 to fewer than four bytes, whatever they are',
    async ({ bring, run }) => {
      await bring('blank');
      for (const start of ['00', 'FF', '00 20', '04 20', '00 20 00', '01 20 00', 'A0 FE 00'])
        await run(start, '6700');
    },
    ['fragments'],
  );

  rule(
    'checks length fields, class, channel, instruction, P1-P2, chaining, length, life cycle, access and data in that order',
    async ({ bring, run }) => {
      await bring('blank');
      await run('09 FE 77 77 05 01', '6700');
      await run('09 FE 77 77 01 01', '6E00');
      await run('01 FE 77 77 01 01', '6881');
      await run('00 FE 77 77 01 01', '6D00');
      await run('10 20 77 77 01 01', '6A86');
      await run('10 CA 77 77 01 01', '6A88');
      await run('80 82 77 77 01 01', '6A86');
      await run('90 82 33 00 01 01', '6E00');
      await run('94 82 33 00 01 01', '6884');
      await run('10 20 00 01 01 01', '6884');
      await run('00 20 00 01 01 01', '6700');
      await run('00 20 00 01 08 01 02 03 04 05 06 07 08', '6985');
      await run('80 FA 00 00 01 00', '6700');
      await run('00 47 80 00 08 01 02 03 04 05 06 07 08 00', '6982');
    },
  );

  rule(
    'checks life cycle before access, access before data, and data before what it refers to',
    async ({ bring, run, runSecure }) => {
      await bring('personalised administrator with keys');
      await run('00 44 00 00', '6985');
      await runSecure('00 44 00 00', '6985');
      await run('80 48 00 00 1A B6 18 84 01 11 80 01 09 C5 10 000102030405060708090A0B0C0D0E0F 00', '6982');
      await run('80 E4 00 00 05 B6 03 85 01 11', '6982');
      await runSecure('80 E4 00 00 05 B6 03 85 01 11', '6A80');
      await runSecure('80 E4 00 00 05 B6 03 84 01 11', '6A88');
    },
  );

  rule('takes the same command in extended length', async ({ bring, run, play }) => {
    await bring('personalised with keys');
    await run('00 84 00 00 00 00 20', '9000', '*32');
    await run('00 20 00 01 00 00 08 31 32 33 34 FF FF FF FF', '9000');
    await run('00 CA FF 22 00 00 00', '9000', '08 09 10 10 00 00 00 00 10');
    await play({ reset: true });
    await run('00 A4 04 00 00 00 07 F0 42 53 49 4D 01 00 00 00', '9000');
    await run('00 47 81 00 00 00 05 B6 03 84 01 01 00 00', '9000', '7F 49 43 86 41 04 *64');
  });

  rule(
    'gives a long answer whole in one extended response, and in parts in short ones',
    async ({ bring, run }) => {
      await bring('blank with keys');
      for (const le of ['00', '10', '00 00 00', '00 01 00']) await run(`00 CA FF 21 ${le}`, '9000', '*190');
    },
  );
}

/** What follows a header where the length fields do not fit the bytes. */
const brokenLengths = [
  '05 01',
  '02 01 02 03 04',
  '00 00',
  '00 00 00 00',
  '00 00 05 01',
  '00 00 01 01 00 00 00',
];
