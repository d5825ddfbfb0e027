// SPDX-License-Identifier: Apache-2.0
import { type Access, type AnyCommand, caseOf, commonStatusWords } from '../../protocol/command.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import { BLOCKCHAIN_SIM_AID } from '../../protocol/identifiers/aid.ts';
import { generatedFrom, table } from './markdown.ts';

const applications = {
  card: {
    title: 'The card',
    about: 'Answered whichever application is selected. Logical channel 0 only.',
  },
  'blockchain-sim': {
    title: 'Key custody',
    about: `Answered while the application with AID \`${BLOCKCHAIN_SIM_AID}\` is selected.`,
  },
} as const;

const access: Readonly<Record<Access, string>> = {
  always: 'always',
  'not-personalised': 'blank card',
  personalised: 'personalised card',
  pin: 'PIN verified, or blank card',
};

/** docs/apdu.md: every command of the catalogue. */
export function apduPage(): string {
  const sections = Object.entries(catalogue).map(([application, commands]) => {
    const { title, about } = applications[application as keyof typeof applications];
    return `## ${title}\n\n${about}\n\n${commandTable(Object.values(commands as Readonly<Record<string, AnyCommand>>))}`;
  });
  return `${[
    '# Commands',
    generatedFrom('protocol/commands'),
    `Every command that card and host exchange. Emulator, host client, this page and the checks of the conformance suite
come from the same values in \`protocol/commands/\`. What a card does with them, step by step, is in \`docs/card.md\`.`,
    `**Data and response.** \`A ‖ B\`: one behind the other. \`(8)\`: length in bytes. \`[…]\`: may be absent.
\`7F49 {86 …}\`: BER-TLV, a template with its data objects; they are written in this order and read in any. *masked*:
left out of traces.`,
    `**Case** of ISO/IEC 7816-4: 1 neither data nor response, 2 response, 3 data, 4 both. *chain*: longer data comes as a
command chain (CLA bit 10), 255 bytes at most a command.`,
    ...sections,
    `## Status words of every command\n\n${table(['SW', 'Meaning'], statusRows(commonStatusWords))}`,
  ].join('\n\n')}\n`;
}

function commandTable(commands: readonly AnyCommand[]): string {
  const rows = commands.map((command) => [
    `**${command.name}**<br>${command.summary}`,
    `\`${headerOf(command)}\``,
    `${caseOf(command)}${command.chaining === true ? ', chain' : ''}`,
    fieldOf(command.data.text, command.secret === 'data'),
    fieldOf(command.response.text, command.secret === 'response'),
    access[command.access],
    statusRows(command.statusWords)
      .map(([word, meaning]) => `${word} ${meaning}`)
      .join('<br>'),
    command.source,
  ]);
  const head = ['Command', 'CLA INS P1 P2', 'Case', 'Data', 'Response', 'Access', 'Status words', 'Source'];
  return table(head, rows);
}

const headerOf = ({ cla, ins, p1, p2 }: AnyCommand): string =>
  [cla, ins, p1, p2].map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

const fieldOf = (text: string, secret: boolean): string => (secret ? `${text} *masked*` : text);

/** In the order of the status words: JavaScript would put those that look like integers first. */
const statusRows = (words: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(words)
    .toSorted(([a], [b]) => rank(a).localeCompare(rank(b), 'en'))
    .map(([word, meaning]) => [`\`${word}\``, meaning] as const);

const rank = (word: string): string => (word === '9000' ? '0' : word);
