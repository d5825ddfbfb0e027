// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { fromHex } from '../../protocol/bytes.ts';
import { type CborValue, encodeCbor } from '../../protocol/cbor.ts';
import { cardPublicKeyToCose, parseCardPublicKey } from '../../protocol/crypto/card-curve.ts';
import type { Curve } from '../../protocol/crypto/curve.ts';
import { sigStructure } from '../applet-sim/support/transaction-feed.ts';

/** What a transaction says, and the bytes that are signed. */
export type KnownTransaction = {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes. */
  readonly hash: Uint8Array;
  readonly curve: Curve;
  /** Public point in it, in hexadecimal. */
  readonly point: string;
  readonly names: readonly string[];
  readonly total?: { readonly currency: string; readonly amount: bigint };
};

type Message = {
  readonly name: string;
  readonly fields: CborValue;
  readonly pays?: readonly [string, bigint];
};

const payee = new Uint8Array(32).fill(0x42);
const transfer = (amount: bigint, currency = 'XTS'): Message => ({
  name: 'money/transfer',
  fields: new Map<number, CborValue>([
    [1, payee],
    [2, currency],
    [3, amount],
  ]),
  pays: [currency, amount],
});
const deactivate: Message = { name: 'identity/deactivate', fields: new Map([[1, 'did:bsim:x']]) };
/** Named by the policy of one prepared key, and understood by no card. */
const foreign: Message = { name: 'voting/cast', fields: new Map([[1, 7]]) };

/** What the transactions of the grammar hold; the limits of prepared keys lie between the amounts. */
export const variants: readonly (readonly Message[])[] = [
  [transfer(1n)],
  [transfer(40n)],
  [transfer(100n)],
  [transfer(101n)],
  [transfer(60n), transfer(30n)],
  [transfer(5n, 'EUR')],
  [deactivate],
  [deactivate, transfer(2n)],
  [foreign],
  [foreign, transfer(3n)],
];

const cache = new Map<string, readonly KnownTransaction[]>();
/** Most keys whose transactions are remembered. */
const REMEMBERED = 1000;

/** The transactions by the key whose public point that is, in hexadecimal: one of each variant. */
export function knownTransactions(curve: Curve, point: string): readonly KnownTransaction[] {
  const name = `${curve}/${point}`;
  const known = cache.get(name);
  if (known !== undefined) return known;
  if (cache.size > REMEMBERED) cache.clear();
  const key = cardPublicKeyToCose(parseCardPublicKey(curve, fromHex(point)));
  const made = variants.map((messages, variant) => make(curve, point, key, messages, variant));
  cache.set(name, made);
  return made;
}

function make(
  curve: Curve,
  point: string,
  key: CborValue,
  messages: readonly Message[],
  variant: number,
): KnownTransaction {
  const payload = encodeCbor(
    new Map<number, CborValue>([
      [1, 'bsim-fuzz-1'],
      [2, key],
      [3, 0],
      [4, variant],
      [5, 1000],
      [6, messages.map(({ name, fields }) => [name, fields])],
    ]),
  );
  const bytes = sigStructure(curve, new Uint8Array(payload));
  const paid = messages.flatMap(({ pays }) => (pays === undefined ? [] : [pays]));
  const total =
    paid[0] === undefined
      ? {}
      : { total: { currency: paid[0][0], amount: paid.reduce((sum, [, amount]) => sum + amount, 0n) } };
  const hash = new Uint8Array(createHash('sha256').update(bytes).digest());
  return { bytes, hash, curve, point, names: messages.map((each) => each.name), ...total };
}
