// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { type CborMap, type CborValue, encodeCbor } from '../../protocol/cbor.ts';
import {
  defaultPolicy,
  type KeyPolicy,
  POLICY_FLAG,
} from '../../protocol/commands/blockchain-sim/key-policy.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { type PublicKey, publicKeyToCose } from '../../protocol/crypto/public-key.ts';
import { DEFECT_KINDS, damage, encodeItem, parseItem } from '../applet-sim/support/loose-cbor.ts';
import { byteString, protectedHeader, sigStructure } from '../applet-sim/support/transaction-feed.ts';
import { testSigner } from '../support/chain.ts';
import type { ReaderCase } from './transaction-probe.ts';

const keys: readonly PublicKey[] = (['P-256', 'secp256k1'] as const).flatMap((curve: Curve) =>
  ['alice', 'bob', 'carol'].map((name) => testSigner(name, curve).publicKey),
);
const createdKeys: readonly CborMap[] = (['P-256', 'secp256k1', 'Ed25519'] as const).flatMap((curve) =>
  ['alice', 'bob', 'carol', 'dave'].map((name) => publicKeyToCose(testSigner(name, curve).publicKey)),
);

const NAMES = [
  'money/transfer',
  'identity/create',
  'identity/deactivate',
  'voting/cast',
  'a/b',
  `longest/${'n'.repeat(24)}`,
  'money/transfers',
  'money/transfe',
  'identity/creat',
] as const;
const name = fc.constantFrom(...NAMES);
const currency = fc.constantFrom('XTS', 'XTS', 'XTS', 'EUR', 'USD');
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
const amount = fc.oneof(
  fc.bigInt({ min: 1n, max: 300n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((each) => each >> (each % 64n)),
);

const transfer = (of: fc.Arbitrary<string>): fc.Arbitrary<CborValue> =>
  fc.record({ to: fc.uint8Array({ minLength: 32, maxLength: 32 }), currency: of, amount }).map((each) => [
    'money/transfer',
    new Map<number, CborValue>([
      [1, each.to],
      [2, each.currency],
      [3, each.amount],
    ]),
  ]);
const identity: fc.Arbitrary<CborValue> = fc.oneof(
  fc.tuple(fc.constantFrom(...createdKeys), fc.uint8Array({ maxLength: 300 })).map(
    ([key, proof]): CborValue => [
      'identity/create',
      new Map<number, CborValue>([
        [1, key],
        [2, proof],
      ]),
    ],
  ),
  fc
    .constantFrom(...fc.sample(fc.string({ unit: 'grapheme' }), { numRuns: 100 }))
    .map((did): CborValue => ['identity/deactivate', new Map([[1, did]])]),
);
const { value: freshValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(
      fc.integer(),
      uint64,
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(
        fc.tuple(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.string({ maxLength: 40 })), tie('value')),
        { selector: ([each]) => `${typeof each} ${each}`, maxLength: 4 },
      )
      .map((entries) => new Map(entries)),
  ),
}));
/** Making values costs more than reading them: transactions are put together from some. */
const anyValue = fc.constantFrom(...fc.sample(freshValue, { numRuns: 400 }));
const other: fc.Arbitrary<CborValue> = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: name }, { weight: 1, arbitrary: fc.string({ maxLength: 36 }) }),
    anyValue,
  )
  .map(([title, body]): CborValue => [title, body instanceof Map ? body : new Map([[1, body]])]);

const messages = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.oneof(transfer(fc.constant('XTS')), identity), { minLength: 1, maxLength: 1 }),
  },
  fc.array(fc.oneof(transfer(currency), identity), { minLength: 1, maxLength: 4 }),
  fc.array(fc.oneof(transfer(fc.constant('XTS')), other), { minLength: 1, maxLength: 16 }),
  fc.array(other, { minLength: 1, maxLength: 1 }),
);
const characters = fc.constantFrom(...'abcxyz01289-');
const chainId = fc.oneof(
  { weight: 9, arbitrary: fc.string({ unit: characters, minLength: 1, maxLength: 32 }) },
  fc.string({ maxLength: 34 }),
);
const payload = (key: PublicKey): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      chainId,
      lane: fc.oneof(
        { weight: 9, arbitrary: fc.nat(300) },
        { weight: 9, arbitrary: fc.nat(0xffff_ffff) },
        fc.constant(2 ** 32),
      ),
      sequence: uint64,
      expiry: uint64,
      messages,
    })
    .map((fields) =>
      encodeCbor(
        new Map<number, CborValue>([
          [1, fields.chainId],
          [2, publicKeyToCose(key)],
          [3, fields.lane],
          [4, fields.sequence],
          [5, fields.expiry],
          [6, fields.messages],
        ]),
      ),
    );

const limit = fc.record(
  { currency, digits: fc.nat(18), perTransaction: amount, cumulative: amount },
  { requiredKeys: ['currency', 'digits'] },
);
const policy: fc.Arbitrary<KeyPolicy> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(defaultPolicy) },
  fc.constant({ flags: POLICY_FLAG.transactions, messageTypes: NAMES.slice(0, 5) }),
  fc
    .record({
      flags: fc.constantFrom(
        POLICY_FLAG.transactions,
        POLICY_FLAG.transactions,
        POLICY_FLAG.messages,
        0x16,
        0x3e,
      ),
      messageTypes: fc.oneof(fc.constant([]), fc.uniqueArray(name, { minLength: 1, maxLength: 4 })),
      limit: fc.option(limit, { nil: undefined, freq: 3 }),
    })
    .map((each) => {
      const { perTransaction, cumulative } = each.limit ?? {};
      const bare = { flags: each.flags, messageTypes: each.messageTypes };
      const isBinding =
        perTransaction !== undefined || cumulative !== undefined || each.messageTypes.length > 0;
      // What binds transactions wants them allowed.
      const flags = isBinding ? each.flags | POLICY_FLAG.transactions : each.flags;
      if (each.limit === undefined || (perTransaction === undefined && cumulative === undefined))
        return { ...bare, flags };
      return { ...bare, flags, limit: each.limit };
    }),
);

const change = fc.record({ kind: fc.nat(7), at: fc.nat(), value: fc.nat(255) });

/** Does that to bytes: one is another, flipped in a bit, missing, or more; some are doubled; the end is missing. */
function changed(
  bytes: Uint8Array,
  { kind, at, value }: { kind: number; at: number; value: number },
): Uint8Array {
  const list = [...bytes];
  const place = at % Math.max(1, list.length);
  if (kind === 0) list[place] = value;
  else if (kind === 1) list[place] = (list[place] as number) ^ (1 << (value % 8));
  else if (kind === 2) list.splice(place, 1);
  else if (kind === 3) list.splice(place, 0, value);
  else if (kind === 4) list.splice(place, 0, ...list.slice(place, place + (value % 40)));
  else if (kind === 5) list.splice(place);
  else if (kind === 6) list.push(value);
  // Another length of the payload.
  else list.splice(33 + (value % 3), 1 + (value % 2), value & 3, at & 0xff);
  return Uint8Array.from(list);
}

/** The parts between cuts; with a cut twice there is an empty one. */
function partsOf(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, at) => bytes.subarray(from, places[at] ?? bytes.length));
}

const spent = fc.oneof(fc.constant(0n), uint64);
const cuts = fc.oneof(
  fc.constant<readonly number[]>([]),
  fc.array(fc.nat(), { maxLength: 20 }),
  fc.constant<readonly number[]>(Array.from({ length: 600 }, (_cut, at) => at)),
);
const key = fc.constantFrom(...keys);

const casesOf = (structure: (key: PublicKey) => fc.Arbitrary<Uint8Array>): fc.Arbitrary<ReaderCase> =>
  key.chain((publicKey) =>
    fc.record({ structure: structure(publicKey), policy, spent, cuts }).map((each) => ({
      publicKey,
      policy: each.policy,
      spent: each.spent,
      parts: partsOf(each.structure, each.cuts),
    })),
  );

/** Transactions, right in form but for a few values. */
export const wellFormed: fc.Arbitrary<ReaderCase> = casesOf((publicKey) =>
  payload(publicKey).map((bytes) => sigStructure(publicKey.curve, bytes)),
);

/** Transactions with one to three items of their payload damaged. */
export const damagedItems: fc.Arbitrary<ReaderCase> = casesOf((publicKey) =>
  fc
    .tuple(
      payload(publicKey),
      fc.array(fc.record({ kind: fc.nat(DEFECT_KINDS - 1), at: fc.nat(), value: fc.nat(255) }), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([bytes, defects]) => {
      const root = parseItem(bytes);
      for (const each of defects) damage(root, each);
      return sigStructure(publicKey.curve, encodeItem(root));
    }),
);

/** Transactions with one to three bytes changed. */
export const changedBytes: fc.Arbitrary<ReaderCase> = casesOf((publicKey) =>
  fc
    .tuple(payload(publicKey), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([bytes, changes]) => changes.reduce(changed, sigStructure(publicKey.curve, bytes))),
);

/** Structures about another key, for another purpose, or of another curve. */
export const strangers: fc.Arbitrary<ReaderCase> = casesOf((publicKey) =>
  fc
    .tuple(key.chain(payload), fc.constantFrom<Curve>('P-256', 'secp256k1', 'Ed25519'), fc.boolean())
    .map(([bytes, curve, isOther]) =>
      isOther
        ? sigStructure(publicKey.curve, bytes, protectedHeader(publicKey.curve, 'bsim-tx+cbod'))
        : sigStructure(curve, bytes),
    ),
);

/** Transactions about as long as the longest. */
export const longest: fc.Arbitrary<ReaderCase> = casesOf((publicKey) =>
  fc.tuple(fc.integer({ min: 3800, max: 4100 }), fc.boolean()).map(([length, isText]) => {
    const filler = isText ? 'é'.repeat(length / 2) : new Uint8Array(length);
    const map = new Map<number, CborValue>([
      [1, 'bsim-test-1'],
      [2, publicKeyToCose(publicKey)],
      [3, 0],
      [4, 0],
      [5, 9],
      [6, [['a/b', new Map([[1, filler]])]]],
    ]);
    return sigStructure(publicKey.curve, encodeCbor(map));
  }),
);

/** Any bytes, alone, behind the head of a transaction, and as its payload. */
export const anyBytes: fc.Arbitrary<ReaderCase> = casesOf((publicKey) =>
  fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.nat(2)).map(([bytes, kind]) => {
    if (kind === 0) return bytes;
    const whole = sigStructure(publicKey.curve, bytes);
    return kind === 1 ? whole : Uint8Array.from([...whole.subarray(0, -byteString(bytes).length), ...bytes]);
  }),
);
