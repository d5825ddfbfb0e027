// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../protocol/bytes.ts';
import {
  type Access,
  type AnyCommand,
  caseOf,
  commonStatusWords,
  everyState,
  findCommand,
} from '../../protocol/command.ts';
import { catalogue } from '../../protocol/commands/index.ts';
import { BLOCKCHAIN_SIM_AID, CARD_MANAGER_AID } from '../../protocol/identifiers/aid.ts';
import { type LogEventFacts, logEventNames, logEvents } from '../../protocol/security-log.ts';
import { generatedFrom, table } from './markdown.ts';

const applications = {
  card: {
    title: 'The card',
    about:
      'Answered on every logical channel, whichever application is selected there; never inside a secure channel.',
  },
  'secure-channel': {
    title: 'Secure channel',
    about:
      'GlobalPlatform SCP03. Answered by both applications, with the key sets of the issuer security domain.',
  },
  'card-manager': {
    title: 'Card manager',
    about: `Answered while the issuer security domain, AID \`${CARD_MANAGER_AID}\`, is selected.`,
  },
  'blockchain-sim': {
    title: 'Key custody',
    about: `Answered while the application with AID \`${BLOCKCHAIN_SIM_AID}\` is selected.`,
  },
} as const;

const access: Readonly<Record<Access, string>> = {
  anyone: 'anyone',
  holder: 'holder',
  administrator: 'administrator',
  'holder-or-administrator': 'holder or administrator',
  'administrator-with-holder': 'administrator, with the holder',
};

/** docs/apdu.md: every command of the catalogue. */
export function apduPage(): string {
  const sections = Object.entries(catalogue).map(([application, commands]) => {
    const { title, about } = applications[application as keyof typeof applications];
    return `## ${title}\n\n${about}\n\n${commandTable(commands as Readonly<Record<string, AnyCommand>>)}`;
  });
  return `${[
    '# Commands',
    generatedFrom('protocol/commands'),
    `Every command that card and host exchange. Emulator, host client, this page and the checks of the conformance suite
come from the same values in \`protocol/commands/\`. What a card does with them, step by step, is in \`docs/card.md\`.`,
    `**Data and response.** \`A ‖ B\`: one behind the other. \`(8)\`: length in bytes. \`[…]\`: may be absent.
\`7F49 {86 …}\`: BER-TLV, a template with its data objects; they are written in this order and read in any. *masked*:
left out of traces.`,
    `**Case** of ISO/IEC 7816-4: 1 neither data nor response, 2 response, 3 data, 4 both. *chain*: the data may come as a
command chain (CLA bit 10), in parts of any length; *gathered* in the card until the last part, or *streamed*.

**e.g.** is an example from \`fixtures/apdu/\`, which has many more with their answers; inside a secure channel it is as it is
before wrapping.

**CLA** is shown for logical channel 0 and outside a secure channel: bits 01 to 03 name another channel, 04 says that the
command is wrapped by SCP03.

**Access.** *holder*: the PIN was verified in this session; on a blank card, which has none, the administrator.
*administrator*: the command came inside a secure channel, where it carries secrets one that encrypts (C-ENC).
**States** are those in which it is answered: S selectable, P personalised, B blocked, T terminated; 6985 in others.`,
    ...sections,
    `## Status words of every command\n\n${table(['SW', 'Meaning'], statusRows(commonStatusWords))}`,
    `## Events of the log\n\nAn entry is sequence (4) ‖ event (1) ‖ reference (1) ‖ detail (2) ‖ first 8 bytes of a hash, SHA-256
unless the table says another; what has no meaning for an event
is 0, and so is the hash of what a wallet signed.\n\n${eventTable()}`,
  ].join('\n\n')}\n`;
}

const eventTable = (): string =>
  table(
    ['Event', 'Meaning', 'Reference', 'Detail', 'Hash of'],
    logEventNames.map((name) => {
      const { id, meaning, reference = '', detail = '', hashOf = '' }: LogEventFacts = logEvents[name];
      return [`\`${hex(id)}\``, meaning, reference, detail, hashOf];
    }),
  );

function commandTable(commands: Readonly<Record<string, AnyCommand>>): string {
  const rows = Object.entries(commands).map(([key, command]) => [
    `**${command.name}**<br>${command.summary}`,
    `\`${headerOf(command)}\`${exampleOf(key, command)}`,
    `${caseOf(command)}${command.chaining === undefined ? '' : `, chain ${command.chaining}`}`,
    fieldOf(command.data.text, command.secret === 'data'),
    fieldOf(command.response.text, command.secret === 'response'),
    access[command.access],
    everyState.map((state) => (command.states.includes(state) ? initialOf(state) : '·')).join(' '),
    statusRows(command.statusWords)
      .map(([word, meaning]) => `${word} ${meaning}`)
      .join('<br>'),
    command.source,
  ]);
  const head = [
    'Command',
    'CLA INS P1 P2',
    'Case',
    'Data',
    'Response',
    'Access',
    'States',
    'Status words',
    'Source',
  ];
  return table(head, rows);
}

/** Longest example, in characters. */
const EXAMPLE_MAX = 48;

/** The first command of the fixtures that this one answers with 9000. */
function exampleOf(key: string, command: AnyCommand): string {
  const file = `${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.json`;
  const { sequences } = JSON.parse(readFileSync(join('fixtures/apdu', file), 'utf8')) as Fixture;
  const found = sequences
    .flatMap(({ steps }) => steps)
    .find(
      ({ send = '', sw }) =>
        sw === '9000' && !send.includes('<') && findCommand({ command }, fromHex(send)) === command,
    );
  if (found?.send === undefined) return '';
  const { send } = found;
  return `<br>e.g. \`${send.length > EXAMPLE_MAX ? `${send.slice(0, EXAMPLE_MAX - 1).trimEnd()}…` : send}\``;
}

type Fixture = {
  readonly sequences: readonly {
    readonly steps: readonly { readonly send?: string; readonly sw?: string }[];
  }[];
};

const initialOf = (state: string): string => state.slice(0, 1).toUpperCase();

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

/** The header; a parameter that is part of the request shows as its name. */
const headerOf = ({ cla, ins, p1, p2, parameter }: AnyCommand): string => {
  const named = (at: 'p1' | 'p2', value: number): string =>
    parameter?.at === at ? `‹${parameter.name}›` : hex(value);
  return [hex(cla), hex(ins), named('p1', p1), named('p2', p2)].join(' ');
};

const fieldOf = (text: string, secret: boolean): string => (secret ? `${text} *masked*` : text);

/** In the order of the status words: JavaScript would put those that look like integers first. */
const statusRows = (words: Readonly<Record<string, string>>): readonly (readonly [string, string])[] =>
  Object.entries(words)
    .toSorted(([a], [b]) => rank(a).localeCompare(rank(b), 'en'))
    .map(([word, meaning]) => [`\`${word}\``, meaning] as const);

const rank = (word: string): string => (word === '9000' ? '0' : word);
