// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import {
  defaultPolicy,
  flagNames,
  type KeyPolicy,
  MESSAGE_TYPE,
  POLICY_FLAG,
  type PolicyFlag,
  type SpendingLimit,
} from '../../protocol/commands/blockchain-sim/key-policy.ts';
import {
  KEY_USAGE,
  type KeyRole,
  type KeyUsage,
  keyRoleNames,
  usageNames,
} from '../../protocol/commands/blockchain-sim/key-role.ts';
import { formatAmount, parseAmount } from './amount.ts';
import { badOption, integerOption, oneOf, someOf } from './options.ts';

/** Options by which a new key is described. */
export type NewKeyOptions = {
  readonly role: KeyRole;
  readonly usage?: readonly KeyUsage[];
  readonly allow?: readonly Allowed[];
  readonly pinPerSignature?: true;
  readonly confirm?: true;
  readonly holderDeletes?: true;
  readonly messageTypes?: readonly string[];
  readonly currency?: string;
  readonly digits?: number;
  readonly perTransaction?: string;
  readonly cumulative?: string;
};

const allowed = ['digests', 'messages', 'transactions'] as const satisfies readonly PolicyFlag[];
type Allowed = (typeof allowed)[number];

/** Adds those options to a command. */
export const withNewKeyOptions = (command: Command, role: KeyRole): Command =>
  command
    .option(
      '--role <role>',
      `what it is: ${keyRoleNames.join(', ')}`,
      (text) => oneOf('--role', keyRoleNames, text),
      role,
    )
    .option(
      '--usage <list>',
      'what it is used for: signature,authentication or agreement,derivedAgreement; all of its role when left out',
      someOf('--usage', Object.keys(KEY_USAGE) as KeyUsage[]),
    )
    .option(
      '--allow <list>',
      'what it signs: messages,transactions when left out; digests is blind signing',
      someOf('--allow', allowed),
    )
    .option('--pin-per-signature', 'each signature needs the PIN again')
    .option('--confirm', 'the holder confirms each transaction')
    .option('--holder-deletes', 'the holder may delete the key')
    .option(
      '--message-types <list>',
      'transactions hold these messages only, such as money/transfer',
      messageTypes,
    )
    .option('--currency <code>', 'currency of the limits; it pays in no other')
    .option('--digits <number>', 'digits of its minor unit', integerOption('--digits', 0, 18))
    .option('--per-transaction <amount>', 'most that one transaction pays, such as 100.00')
    .option(
      '--cumulative <amount>',
      'most that all transactions pay, until the administrator begins the count anew',
    );

/** Usage and policy of a new key, as the options have them; what they leave out is for the card. */
export function newKeyOf(options: NewKeyOptions): {
  readonly role: KeyRole;
  readonly usage?: number;
  readonly policy?: KeyPolicy;
} {
  const { role, usage } = options;
  const policy = policyOf(options);
  return {
    role,
    ...(usage === undefined ? {} : { usage: usage.reduce((sum, name) => sum | KEY_USAGE[name], 0) }),
    ...(policy === undefined ? {} : { policy }),
  };
}

function policyOf(options: NewKeyOptions): KeyPolicy | undefined {
  const { allow, messageTypes: types = [] } = options;
  const limit = limitOf(options);
  const flags =
    (allow === undefined
      ? defaultPolicy.flags
      : allow.reduce<number>((sum, name) => sum | POLICY_FLAG[name], 0)) |
    (options.pinPerSignature === true ? POLICY_FLAG.pinPerSignature : 0) |
    (options.confirm === true ? POLICY_FLAG.confirmation : 0) |
    (options.holderDeletes === true ? POLICY_FLAG.holderDeletes : 0);
  const binds = limit !== undefined || types.length > 0 || options.confirm === true;
  const free = (flags & POLICY_FLAG.digests) !== 0 || (flags & POLICY_FLAG.transactions) === 0;
  if (binds && free)
    throw badOption(
      '--allow',
      (allow ?? []).join(),
      'transactions and no digests beside --confirm, --message-types and limits, which would bind nothing',
    );
  if (flags === defaultPolicy.flags && !binds) return undefined;
  return { flags, messageTypes: types, ...(limit === undefined ? {} : { limit }) };
}

function limitOf({ currency, digits, perTransaction, cumulative }: NewKeyOptions): SpendingLimit | undefined {
  if (perTransaction === undefined && cumulative === undefined) {
    if (currency !== undefined) throw badOption('--currency', currency, 'a limit beside it');
    if (digits !== undefined) throw badOption('--digits', String(digits), 'a limit beside it');
    return undefined;
  }
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency))
    throw badOption('--currency', currency ?? '', 'an ISO 4217 code of three capital letters beside a limit');
  if (digits === undefined) throw badOption('--digits', '', 'the digits of the minor unit beside a limit');
  return {
    currency,
    digits,
    ...(perTransaction === undefined
      ? {}
      : { perTransaction: parseAmount(perTransaction, digits, '--per-transaction') }),
    ...(cumulative === undefined ? {} : { cumulative: parseAmount(cumulative, digits, '--cumulative') }),
  };
}

function messageTypes(text: string): readonly string[] {
  const types = text.split(',').map((part) => part.trim());
  for (const type of types)
    if (!MESSAGE_TYPE.test(type))
      throw badOption('--message-types', type, 'module/verb, such as money/transfer');
  return [...new Set(types)];
}

const flagWords: Readonly<Record<PolicyFlag, string>> = {
  digests: 'digests',
  messages: 'messages',
  transactions: 'transactions',
  pinPerSignature: 'PIN each time',
  confirmation: 'confirmed',
  holderDeletes: 'holder deletes',
};

/** A policy in words, line by line, with what was spent of a cumulative limit where it is known. */
export function policyLines(policy: KeyPolicy, spent?: bigint): readonly string[] {
  const { messageTypes: types, limit } = policy;
  const flags = flagNames(policy).map((name) => flagWords[name]);
  const lines = [flags.length === 0 ? 'signs nothing' : flags.join(', ')];
  if (types.length > 0) lines.push(`only ${types.join(', ')}`);
  if (limit === undefined) return lines;
  const { currency, digits, perTransaction, cumulative } = limit;
  const most = (amount: bigint): string => `at most ${formatAmount(amount, digits)} ${currency}`;
  if (perTransaction !== undefined) lines.push(`${most(perTransaction)} each`);
  if (cumulative !== undefined)
    lines.push(
      `${most(cumulative)} in all${spent === undefined ? '' : `, ${formatAmount(spent, digits)} spent`}`,
    );
  return lines;
}

/** A usage in words. */
export const usageWords = (usage: number): string => usageNames(usage).join(', ');
