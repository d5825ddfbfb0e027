// SPDX-License-Identifier: Apache-2.0
import { fromUtf8, utf8 } from '../../bytes.ts';
import { byte, bytes, type Layout, mapped, optional, tlvs, uint } from '../../layout.ts';
import { badRequest } from './bad-request.ts';

/** Bits of a policy's flags. */
export const POLICY_FLAG = {
  /** Digests are signed whatever they are the digest of: the card cannot know what it signs. */
  digests: 0x01,
  /** Messages that the card hashes itself are signed, unless they are transactions. */
  messages: 0x02,
  /** Transactions that the card reads itself are signed. */
  transactions: 0x04,
  /** Each signature uses up the PIN's verification. */
  pinPerSignature: 0x08,
  /** Each transaction is shown to the holder, who agrees to it or not. */
  confirmation: 0x10,
  /** The holder may delete the key; the administrator always may. */
  holderDeletes: 0x20,
} as const;

/** One of the bits of {@link POLICY_FLAG}. */
export type PolicyFlag = keyof typeof POLICY_FLAG;

/** Limits on what transactions of a key may pay. */
export type SpendingLimit = {
  /** ISO 4217 code; payments in any other currency are refused. */
  readonly currency: string;
  /** Digits of the minor unit, 0 to 18, for showing amounts. */
  readonly digits: number;
  /** Most minor units that one transaction may pay. */
  readonly perTransaction?: bigint;
  /** Most minor units that all transactions may pay, until the administrator resets the count. */
  readonly cumulative?: bigint;
};

/** What a key may sign; set when the key is made, and never changed. */
export type KeyPolicy = {
  /** Sum of {@link POLICY_FLAG}. */
  readonly flags: number;
  /**
   * Messages that a transaction may hold, `module/verb`. Empty: those that the card understands. A message that is
   * named here and that the card does not understand is signed, and counts as no payment.
   */
  readonly messageTypes: readonly string[];
  readonly limit?: SpendingLimit;
};

/** Policy of a key when nobody gives one: messages and transactions, no digests, no limits. */
export const defaultPolicy: KeyPolicy = {
  flags: POLICY_FLAG.messages | POLICY_FLAG.transactions,
  messageTypes: [],
};

/** Whether a policy has the flag. */
export const hasFlag = ({ flags }: KeyPolicy, flag: PolicyFlag): boolean => (flags & POLICY_FLAG[flag]) !== 0;

/** Names of a policy's flags. */
export const flagNames = (policy: KeyPolicy): readonly PolicyFlag[] =>
  (Object.keys(POLICY_FLAG) as PolicyFlag[]).filter((flag) => hasFlag(policy, flag));

/** Longest list of message types, in bytes with a byte between two. */
const MESSAGE_TYPES_MAX = 96;
/** Form of a message type. */
export const MESSAGE_TYPE = /^(?=.{3,32}$)[a-z0-9-]+\/[a-z0-9-]+$/;
const ALL_FLAGS = Object.values(POLICY_FLAG).reduce((sum, flag) => sum | flag, 0);
const DIGITS_MAX = 18;

const messageTypes: Layout<readonly string[]> = mapped(
  bytes('message types, ASCII, 2C between two', 3, MESSAGE_TYPES_MAX),
  (value) => {
    const names = fromUtf8(value).split(',');
    if (!names.every((name) => MESSAGE_TYPE.test(name)) || new Set(names).size !== names.length)
      throw badRequest('message types', 'module/verb, each once');
    return names;
  },
  (names) => utf8(names.join(',')),
);

const fields = tlvs({
  flags: [0x80, byte('flags')],
  messageTypes: [0x81, optional(messageTypes)],
  currency: [0x82, optional(mapped(bytes('currency', 3), fromUtf8, utf8))],
  digits: [0x83, optional(byte('digits of its minor unit'))],
  perTransaction: [0x84, optional(uint('most of one transaction', 8))],
  cumulative: [0x85, optional(uint('most of all', 8))],
});

/**
 * The policy of a key. Refused: flags without meaning; a limit without its currency and digits, or the reverse;
 * confirmation, message types or a limit beside `digests` or without `transactions`, for they would bind nothing.
 */
export const keyPolicy: Layout<KeyPolicy> = {
  ...mapped(
    fields,
    ({ flags, messageTypes = [], currency, digits, perTransaction, cumulative }): KeyPolicy => {
      const policy: KeyPolicy = { flags, messageTypes };
      const limits = perTransaction !== undefined || cumulative !== undefined;
      if (flags > ALL_FLAGS) throw badRequest('flags', 'known bits');
      if (limits !== (currency !== undefined) || limits !== (digits !== undefined))
        throw badRequest('limit', 'currency, digits and one limit at least, or none of them');
      const binds = limits || messageTypes.length > 0 || hasFlag(policy, 'confirmation');
      if (binds && (hasFlag(policy, 'digests') || !hasFlag(policy, 'transactions')))
        throw badRequest('policy', 'transactions allowed and digests not, where transactions are bound');
      if (currency === undefined || digits === undefined) return policy;
      if (!/^[A-Z]{3}$/.test(currency) || digits > DIGITS_MAX)
        throw badRequest('limit', 'three capital letters and 0 to 18 digits');
      return {
        ...policy,
        limit: {
          currency,
          digits,
          ...(perTransaction === undefined ? {} : { perTransaction }),
          ...(cumulative === undefined ? {} : { cumulative }),
        },
      };
    },
    ({ flags, messageTypes, limit }) => ({
      flags,
      messageTypes: messageTypes.length === 0 ? undefined : messageTypes,
      currency: limit?.currency,
      digits: limit?.digits,
      perTransaction: limit?.perTransaction,
      cumulative: limit?.cumulative,
    }),
  ),
  text:
    '{80 flags: 01 digests, 02 messages, 04 transactions, 08 PIN per signature, 10 confirmation, 20 holder deletes (1), ' +
    '[81 message types, ASCII, 2C between two (3–96)], [82 currency (3)], [83 digits of its minor unit (1)], ' +
    '[84 most of one transaction (8)], [85 most of all (8)]}',
};
