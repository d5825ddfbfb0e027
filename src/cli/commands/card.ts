// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { AttestationError } from '../../../host/attestation/errors.ts';
import { fromHex, toUpperHex } from '../../../protocol/bytes.ts';
import { PIN_RULE, type PinRules } from '../../../protocol/pin-rules.ts';
import {
  checkLog,
  checkLogContinues,
  LOG_HEAD_LENGTH,
  type LogContinuity,
  type LogState,
} from '../../../protocol/security-log.ts';
import { withAdministratorOptions } from '../administrator.ts';
import { logText } from '../attestation-words.ts';
import type { Context, HolderOptions } from '../context.ts';
import { eventRows, eventsJson, stateOf } from '../log-words.ts';
import { badOption } from '../options.ts';
import { facts, table } from '../print.ts';
import { action } from '../run.ts';
import { addAdministrationVerbs } from './card-administration.ts';

type LogOptions = HolderOptions & { readonly since?: LogState };

/** `bsim card`: the card itself. */
export function registerCard(program: Command): void {
  const card = program.command('card').description('the card in the reader');
  card
    .command('info')
    .description('show what the card is, can and holds; needs no PIN')
    .action(action((context) => showCard(context)));

  const log = card
    .command('log')
    .description(
      'show the log of security events and check that it is whole; for the holder or the administrator',
    )
    .option(
      '--since <state>',
      'SEQUENCE:HEAD of an earlier log or attestation, which must lie in it',
      stateOption,
    )
    .option('--pin-file <file>', 'file whose first line is the PIN');
  withAdministratorOptions(log).action(action((context, options: LogOptions) => showLog(context, options)));

  addAdministrationVerbs(card);
}

async function showCard({ print, withCard }: Context): Promise<void> {
  await withCard(async ({ sim, transport }) => {
    const information = await sim.applicationInformation();
    const keys = await sim.keyDirectory();
    const isNamed = information.lifeCycle === 'personalised' || information.lifeCycle === 'blocked';
    const iccid = isNamed ? await sim.iccid() : null;
    const certificates = await sim.certificates();
    const value = {
      reader: transport.name,
      atr: transport.atr ?? null,
      iccid,
      version: [...information.version].join('.'),
      lifeCycle: information.lifeCycle,
      algorithms: information.algorithms,
      hashes: information.hashes,
      confirmation: information.confirmation,
      keySlots: information.keySlots,
      keys,
      pinTries: information.pinTries,
      pukTries: information.pukTries,
      pinRules: information.pinRules,
      hasCertificate: certificates !== undefined,
    };
    print.result(value, () =>
      facts([
        ['reader', value.reader],
        ['ATR', value.atr === null ? 'not shown by this reader' : toUpperHex(value.atr)],
        [
          'ICCID',
          iccid ?? `none: the card is ${value.lifeCycle === 'selectable' ? 'blank' : value.lifeCycle}`,
        ],
        ['application', `Blockchain SIM ${value.version}, ${value.lifeCycle}`],
        ['algorithms', value.algorithms.join(', ')],
        ['hashes', value.hashes.join(', ')],
        ['confirmation', value.confirmation === 'pin' ? 'by the PIN once more' : "on the handset's screen"],
        ['keys', `${keys.length} of ${value.keySlots} slots`],
        ['certificate', value.hasCertificate ? 'present: its keys can be attested' : 'none'],
        ['PIN tries left', `${value.pinTries}`],
        ['PUK tries left', `${value.pukTries}`],
        ['PIN rules', rulesWords(value.pinRules)],
      ]),
    );
  });
}

function rulesWords({ flags, minimumLength }: PinRules): string {
  const rules = [`${minimumLength} to 8 digits`];
  if ((flags & PIN_RULE.noRepetition) !== 0) rules.push('no digit again and again');
  if ((flags & PIN_RULE.noSequence) !== 0) rules.push('no counting up or down');
  return rules.join(', ');
}

async function showLog({ print, withEither }: Context, options: LogOptions): Promise<void> {
  const { since } = options;
  const log = await withEither(options, ({ sim }) => sim.log());
  const state = stateOf(log);
  const check = checkLog(log, state);
  if (check !== 'intact') throw contradiction(`a log with the fault ${check}`);
  const continuity = since === undefined ? undefined : checkLogContinues(log, since);
  if (continuity === 'contradicts')
    throw contradiction(`a log that does not lead through ${logText(since as LogState)}`);
  print.result(
    { events: eventsJson(log), sequence: state.sequence, head: state.head, since: continuity ?? null },
    () =>
      [
        table(['number', 'event', 'about', 'SHA-256'], eventRows(log)),
        ...(continuity === undefined ? [] : [sinceWords[continuity]]),
        `the log stands at ${logText(state)}`,
      ].join('\n'),
  );
  if (since === undefined)
    print.note('keep that text: bsim card log --since shows later that nothing was cut off');
}

const sinceWords: Readonly<Record<Exclude<LogContinuity, 'contradicts'>, string>> = {
  continues: 'it continues the earlier log: nothing was cut off or rewritten since',
  'too-old': 'the card no longer keeps the events next to the earlier log: nothing can be said of it',
};

function stateOption(text: string): LogState {
  const [, sequence, head] = /^([0-9]{1,10}):([0-9A-Fa-f]+)$/.exec(text) ?? [];
  if (sequence === undefined || head?.length !== 2 * LOG_HEAD_LENGTH)
    throw badOption('--since', text, 'SEQUENCE:HEAD as bsim card log prints it');
  return { sequence: BigInt(sequence), head: fromHex(head) };
}

const contradiction = (reason: string): AttestationError =>
  new AttestationError('attestation/log-contradicts', `security log not accepted: found ${reason}`, {
    reason,
  });
