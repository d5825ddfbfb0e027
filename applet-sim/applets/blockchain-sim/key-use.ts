// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import { hasFlag } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { isTransactionCurve } from '../../../protocol/crypto/card-curve.ts';
import type { LogEvent } from '../../../protocol/security-log.ts';
import { SW } from '../../../protocol/status-word.ts';
import { type KeyPair, publicPointOf, sign } from '../../runtime/crypto.ts';
import { type DerivedKey, derivePath, type HdKey, wipeHdKey } from '../../runtime/hd-keys.ts';
import { StatusFault } from '../../runtime/status-fault.ts';
import { presenceOf } from './access.ts';
import { type Context, log, update } from './context.ts';
import type { ChosenKey, Presence, Purpose } from './session.ts';
import { type KeyCounter, SIGNATURES_MAX, type StoredKey } from './stored-key.ts';

/** The key in a slot. Throws {@link StatusFault} 6A88. */
export function keyAt(reference: number, { memory }: Context): StoredKey {
  const key = memory.state.keys.get(reference);
  if (key === undefined) throw new StatusFault(SW.notFound);
  return key;
}

/** The counter of a key that is there. */
export function counterOf(reference: number, { memory }: Context): KeyCounter {
  const counter = memory.state.counters.get(reference);
  if (counter === undefined) throw new StatusFault(SW.notFound);
  return counter;
}

/** The key chosen for that. Throws {@link StatusFault} 6985 when there is none, or it is not there any more. */
export function chosenKey(purpose: Purpose, context: Context): ChosenKey {
  const choice = context.session.chosen.get(purpose);
  const isGood =
    choice !== undefined &&
    context.memory.state.keys.get(choice.reference) === choice.stored &&
    presenceOf(context) === choice.presence;
  if (!isGood) throw new StatusFault(SW.wrongState);
  return choice;
}

/**
 * Asks again for the key that a chain of commands began with: between its parts other logical channels go on, and may
 * delete the key. Throws {@link StatusFault} 6985.
 */
export function requireStillChosen(choice: ChosenKey, context: Context): void {
  if (chosenKey('signature', context) !== choice) throw new StatusFault(SW.wrongState);
}

/** A key of a wallet at a path; the caller wipes secret and chain code. */
export type WalletKey = { readonly pair: KeyPair; readonly chainCode: Uint8Array };

/**
 * Derives a key of a wallet, under duress of its decoy. Throws {@link StatusFault} 6985 for a key that is no wallet,
 * 6A80 for a path that has no key.
 */
export function walletKey(key: StoredKey, path: readonly number[], presence: Presence): WalletKey {
  const { key: derived, parent } = derive(key, path, presence);
  if (parent !== undefined) wipeHdKey(parent);
  return { pair: pairOf(derived), chainCode: derived.chainCode };
}

/** What others need to follow a wallet from a path on. */
export type ExtendedPoint = {
  readonly point: Uint8Array;
  readonly chainCode: Uint8Array;
  /** Of the key one level up, for its fingerprint. */
  readonly parent: Uint8Array | undefined;
};

/** Public point and chain code of a wallet at a path. Throws as {@link walletKey}. */
export function extendedPoint(key: StoredKey, path: readonly number[], presence: Presence): ExtendedPoint {
  const { key: derived, parent } = derive(key, path, presence);
  const { point } = pairOf(derived);
  wipe(derived.secret);
  const parentPoint = parent && pairOf(parent).point;
  if (parent !== undefined) wipeHdKey(parent);
  return { point, chainCode: derived.chainCode, parent: parentPoint };
}

function derive(
  { curve, secret, decoy }: StoredKey,
  path: readonly number[],
  presence: Presence,
): DerivedKey {
  if (decoy === undefined || !isTransactionCurve(curve)) throw new StatusFault(SW.wrongState);
  const derived = derivePath(presence === 'duress-pin' ? decoy.secret : secret, curve, path);
  if (derived === undefined) throw new StatusFault(SW.badData);
  return derived;
}

const pairOf = ({ curve, secret }: HdKey): KeyPair => ({
  curve,
  secret,
  point: publicPointOf(curve, secret),
});

/** The public point of a key; of a wallet at the path. Throws as {@link walletKey}. */
export function pointAt(
  key: StoredKey,
  path: readonly number[] | undefined,
  presence: Presence | undefined,
): Uint8Array {
  if (key.role !== 'wallet') {
    if (path !== undefined) throw new StatusFault(SW.wrongState);
    return key.point;
  }
  if (presence === undefined) throw new StatusFault(SW.notAuthorised);
  if (path === undefined) return (presence === 'duress-pin' ? key.decoy : key)?.point ?? key.point;
  const { pair, chainCode } = walletKey(key, path, presence);
  wipe(pair.secret, chainCode);
  return pair.point;
}

/** What a signature is, for counter, log and policy. */
export type Signing = {
  readonly event: LogEvent;
  /** What the log keeps the first bytes of. */
  readonly hash: Uint8Array;
  /** Count towards the cumulative limit after it; the same as before when left out. */
  readonly spent?: bigint;
};

/**
 * Signs with a chosen key. Counter, limit and log are in the memory before there is a signature: cutting the power wins
 * none that is not counted. Throws {@link StatusFault} 6985 when the counter is at its end, and 6581.
 */
export function signWith(
  { reference, stored, pair }: Pick<ChosenKey, 'reference' | 'stored' | 'pair'>,
  digestOrMessage: Uint8Array,
  { event, hash, spent }: Signing,
  context: Context,
): Uint8Array {
  const { memory, random, session } = context;
  const counter = counterOf(reference, context);
  if (counter.signatures === SIGNATURES_MAX) throw new StatusFault(SW.wrongState);
  const next = { signatures: counter.signatures + 1n, spent: spent ?? counter.spent };
  update(context, { counters: new Map(memory.state.counters).set(reference, next) });
  // Of a wallet the log keeps no hash: by it anybody would find the wallet's payments on a public ledger, and under
  // duress see that there is another wallet.
  log(context, event, stored.role === 'wallet' ? { reference } : { reference, hash });
  memory.commit();
  if (hasFlag(stored.policy, 'pinPerSignature')) session.verified = undefined;
  return sign(pair, digestOrMessage, random);
}
