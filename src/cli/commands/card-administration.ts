// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { type CardManager, openCardManager } from '../../../host/clients/card-manager.ts';
import { fromUtf8, wipe } from '../../../protocol/bytes.ts';
import { encodeIccid, parseIccid } from '../../../protocol/identifiers/iccid.ts';
import { parseImsi } from '../../../protocol/identifiers/imsi.ts';
import { noPinRules, PIN_RULE, type PinRules } from '../../../protocol/pin-rules.ts';
import { DIVERSIFICATION_LENGTH, wipeKeySet } from '../../../protocol/scp03/key-set.ts';
import { hexByte, keyVersionOf, makeKeySet, makeMasterKey, readAdminKeys } from '../admin-keys.ts';
import {
  type AdministratorOptions,
  adminKeysFile,
  diversificationOf,
  openAsAdministrator,
  openWith,
  withAdministratorOptions,
} from '../administrator.ts';
import type { Context, OpenCard } from '../context.ts';
import { requireAgreement } from '../holder-terminal.ts';
import { badOption, integerOption, someOf } from '../options.ts';
import { facts } from '../print.ts';
import { readNamedFile } from '../read-file.ts';
import { action } from '../run.ts';
import { imsiSource, newPukSource, pinSource, withSecrets } from '../secret-input.ts';

type PersonaliseOptions = AdministratorOptions & {
  readonly iccid: string;
  readonly imsiFile?: string;
  readonly pinFile?: string;
  readonly pukFile?: string;
  readonly pinRules?: readonly (keyof typeof PIN_RULE)[];
  readonly pinMinimum: number;
  readonly forbiddenPins?: string;
};
type ForeverOptions = AdministratorOptions & { readonly yes?: true };
type NewKeysOptions = { readonly kvn?: number; readonly aes: '128' | '192' | '256'; readonly keySet?: true };
type RotateOptions = AdministratorOptions & { readonly newKeys: string };

/** The verbs of `bsim card` for the administrator of cards. */
export function addAdministrationVerbs(card: Command): void {
  addPersonalise(card);
  addLifeCycle(card);
  addKeys(card);
}

function addPersonalise(card: Command): void {
  const command = card
    .command('personalise')
    .description('give a blank card its ICCID, IMSI, PIN and PUK; bsim provision does it for whole orders')
    .requiredOption('--iccid <iccid>', 'ICCID of the card')
    .option('--imsi-file <file>', 'file whose first line is the IMSI (or BSIM_IMSI, or a prompt)')
    .option('--pin-file <file>', 'file whose first line is the PIN (or BSIM_PIN, or a prompt)')
    .option('--puk-file <file>', 'file whose first line is the PUK (or BSIM_PUK, or a prompt)')
    .option(
      '--pin-rules <list>',
      'PINs that it refuses from then on: noRepetition (0000), noSequence (1234)',
      someOf('--pin-rules', Object.keys(PIN_RULE) as (keyof typeof PIN_RULE)[]),
    )
    .option('--pin-minimum <digits>', 'fewest digits of a PIN', integerOption('--pin-minimum', 4, 8), 4)
    .option('--forbidden-pins <file>', 'file of up to 16 more PINs that it refuses, one a line');
  withAdministratorOptions(command).action(
    action((context, options: PersonaliseOptions) => personalise(context, options)),
  );
}

async function personalise(
  { print, withAdministrator }: Context,
  options: PersonaliseOptions,
): Promise<void> {
  const iccid = parseIccid(options.iccid);
  const forbiddenPins = options.forbiddenPins === undefined ? [] : readPins(options.forbiddenPins);
  const sources = [
    imsiSource(options.imsiFile),
    { ...pinSource(options.pinFile), title: 'PIN for the card (4 to 8 digits)', confirm: true },
    newPukSource(options.pukFile),
  ] as const;
  try {
    await withSecrets(sources, async (imsi, pin, puk) => {
      const rules = rulesOf(options);
      // A master key makes a blank card's own keys from the ICCID that it is to have.
      await withAdministrator({ cardIccid: iccid, ...options }, ({ sim }) =>
        sim.storeData({
          ...{ iccid, imsi: parseImsi(fromUtf8(imsi)), pin, puk },
          ...(rules === undefined ? {} : { pinRules: rules }),
          ...(forbiddenPins.length === 0 ? {} : { forbiddenPins }),
        }),
      );
    });
  } finally {
    wipe(...forbiddenPins);
  }
  print.result({ iccid, lifeCycle: 'personalised' }, () => `card ${iccid} personalised`);
  if (adminKeysFile(options) === undefined)
    print.note('anybody can administer it by public test keys: bsim card keys rotate --new-keys FILE');
}

function rulesOf({ pinRules = [], pinMinimum }: PersonaliseOptions): PinRules | undefined {
  const flags = pinRules.reduce((sum, name) => sum | PIN_RULE[name], 0);
  return flags === noPinRules.flags && pinMinimum === noPinRules.minimumLength
    ? undefined
    : { flags, minimumLength: pinMinimum };
}

function readPins(file: string): readonly Uint8Array[] {
  const bytes = readNamedFile(file);
  const pins: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    const line = bytes.slice(at, end < 0 ? bytes.length : end);
    const isReturned = line.at(-1) === 0x0d;
    if (line.length > (isReturned ? 1 : 0)) pins.push(isReturned ? line.slice(0, -1) : line);
    at += line.length + 1;
  }
  wipe(bytes);
  if (pins.length > 16) throw badOption('--forbidden-pins', `${pins.length} lines`, 'at most 16');
  return pins;
}

function addLifeCycle(card: Command): void {
  withAdministratorOptions(
    card
      .command('block')
      .description('take a card out of use, such as one that was lost; activate takes it back'),
  ).action(
    action(({ print, withAdministrator }, options: AdministratorOptions) =>
      withAdministrator(options, async ({ sim }) => {
        await sim.block();
        print.result({ lifeCycle: 'blocked' }, () => 'card blocked');
      }),
    ),
  );
  withAdministratorOptions(card.command('activate').description('take a blocked card into use again')).action(
    action(({ print, withAdministrator }, options: AdministratorOptions) =>
      withAdministrator(options, async ({ sim }) => {
        await sim.activate();
        print.result({ lifeCycle: 'personalised' }, () => 'card in use again');
      }),
    ),
  );
  forever(card, 'terminate', 'erase all keys and the PIN and end the card for ever', {
    question: 'Erase all keys and end this card for ever?',
    done: 'card terminated',
    lifeCycle: 'terminated',
    work: ({ sim }) => sim.terminate(),
  });
  forever(
    card,
    'reset',
    'make a blank card of it: all keys, certificates, PIN and personal data are erased',
    {
      question: 'Erase all keys and make this card blank?',
      done: 'card blank again; the keys of its administrator stay, so note its ICCID for --card-iccid',
      lifeCycle: 'selectable',
      work: ({ sim }) => sim.factoryReset(),
    },
  );
}

/** A verb that cannot be undone. */
function forever(
  card: Command,
  verb: string,
  description: string,
  {
    question,
    done,
    lifeCycle,
    work,
  }: {
    readonly question: string;
    readonly done: string;
    readonly lifeCycle: string;
    readonly work: (card: OpenCard) => Promise<void>;
  },
): void {
  const command = card.command(verb).description(description).option('--yes', 'do it without asking');
  withAdministratorOptions(command).action(
    action(async ({ print, withAdministrator }, options: ForeverOptions) => {
      await requireAgreement(options.yes, `card ${verb}`, question);
      await withAdministrator(options, work);
      print.result({ lifeCycle }, () => done);
    }),
  );
}

function addKeys(card: Command): void {
  const keys = card
    .command('keys')
    .description('keys of the secure channel, with which cards are administered');
  keys
    .command('new')
    .description(
      'make a master key, from which each card gets keys of its own, in a new file that its owner alone reads',
    )
    .argument('<file>', 'new file')
    .option(
      '--kvn <version>',
      'key version number of the keys, two hexadecimal digits from 01 to 7F (default: 31)',
      kvnOption,
    )
    .option('--aes <bits>', 'length of the keys: 128, 192 or 256', aesOption, '256')
    .option(
      '--key-set',
      'make the key set of one card instead, as emulator run --key-set and --admin-keys take it',
    )
    .action(
      action(async ({ print }, options: NewKeysOptions, file: string) => {
        const { kvn: version = 0x31, aes, keySet = false } = options;
        const make = keySet ? makeKeySet : makeMasterKey;
        make(file, { version, bytes: (Number(aes) / 8) as 16 | 24 | 32 });
        print.result({ file, kvn: hexByte(version), aes: Number(aes), keySet }, () =>
          facts([
            [keySet ? 'key set' : 'master key', `${file}, readable by its owner only`],
            ['key version', hexByte(version)],
            ['AES', `${aes} bits`],
          ]),
        );
        print.note(
          keySet
            ? 'keep a copy in a safe: who has it administers the card, and without it nobody does'
            : 'keep a copy in a safe: who has it administers every card, and without it nobody does',
        );
      }),
    );

  const rotate = keys
    .command('rotate')
    .description(
      "put new keys into the card in place of those it has (PUT KEY in the card's security domain)",
    )
    .requiredOption('--new-keys <file>', 'the new keys: a master key, or a key set');
  withAdministratorOptions(rotate).action(
    action((context, options: RotateOptions) => rotateKeys(context, options)),
  );
}

async function rotateKeys({ print, withCard }: Context, options: RotateOptions): Promise<void> {
  const next = readAdminKeys(options.newKeys, print);
  try {
    await withCard(async (card) => {
      const { lifeCycle } = await card.sim.applicationInformation();
      const isNamed = lifeCycle === 'personalised' || lifeCycle === 'blocked';
      const named = isNamed ? encodeIccid(await card.sim.iccid()) : new Uint8Array(DIVERSIFICATION_LENGTH);
      const set = next.keySetOf(diversificationOf(next, named, options.cardIccid));
      const manager: CardManager = await openCardManager(card.transport);
      try {
        const replacing = await openAsAdministrator(card, manager, options, print);
        await manager.putKey(set, { replacing });
      } finally {
        wipeKeySet(set);
      }
      // A card whose new keys nobody has would be lost: they are tried while this can still be told.
      await openWith(manager, next, options);
    });
  } finally {
    next.wipe();
  }
  print.result(
    { kvn: hexByte(next.version) },
    () => `the card has the keys of version ${hexByte(next.version)}`,
  );
}

function kvnOption(text: string): number {
  const version = keyVersionOf(text);
  if (version === undefined) throw badOption('--kvn', text, 'two hexadecimal digits from 01 to 7F');
  return version;
}

function aesOption(text: string): string {
  if (text === '128' || text === '192' || text === '256') return text;
  throw badOption('--aes', text, '128, 192 or 256');
}
