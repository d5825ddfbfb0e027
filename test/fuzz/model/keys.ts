// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../../protocol/bytes.ts';
import type { RequestOf } from '../../../protocol/command.ts';
import type { blockchainSimCommands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { keyPolicy } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import { readExtendedPublicKey } from '../../../protocol/commands/blockchain-sim/keys.ts';
import { type CardCurve, cardCurveNames } from '../../../protocol/crypto/card-curve.ts';
import { SW } from '../../../protocol/status-word.ts';
import { type Call, presenceOf, type Rule, requirePresence } from './context.ts';
import { pointOf } from './known-keys.ts';
import { record } from './log.ts';
import { done, hold, type Outcome, refuse } from './outcome.ts';
import type { ModelKey, Presence } from './state.ts';

type Commands = typeof blockchainSimCommands;
type Attributes = Omit<RequestOf<Commands['generateKeyPair']>, 'reference'>;

const HARDENED = 0x8000_0000;
const walletCurves: readonly CardCurve[] = ['P-256', 'secp256k1', 'Ed25519'];
const agreementCurves: readonly CardCurve[] = ['P-256', 'secp256k1', 'brainpoolP256r1'];
const mostUsage = { identity: 0x03, wallet: 0x03, agreement: 0x0c } as const;
const templates = { 65: '7f49438641', 32: '7f49228620' } as const;

/** Bytes of a public key as the card gives it. */
export const pointLength = (curve: CardCurve): 65 | 32 => (curve === 'Ed25519' ? 32 : 65);

/** The key of a slot, 6A88 without. */
export const keyAt = (reference: number, { s }: Call): ModelKey =>
  s.keys.get(reference) ?? refuse(SW.notFound);

/** What is public of a key at a path; of a wallet another thing under duress. */
export const nameOf = (key: ModelKey, path: string, presence: Presence | undefined): string =>
  key.role === 'wallet' && presence === 'duress-pin' ? `decoy/${path}` : `true/${path}`;

/**
 * A public value of a key was seen: it is the one seen before, and what is true of a wallet is not what its decoy shows,
 * at any path. Throws {@link Finding}.
 */
export function see(key: ModelKey, name: string, value: string): void {
  const known = key.seen.get(name);
  hold(known === undefined || known === value, `${name}: found ${value}, expected ${known} as before`);
  if (known !== undefined) return;
  const side = name.slice(0, name.indexOf('/'));
  if (key.role === 'wallet')
    for (const [other, seen] of key.seen)
      hold(seen !== value || other.startsWith(side), `${name}: found what is ${other} too`);
  key.seen.set(name, value);
}

/** A response that is the public key template of the key. */
function template(key: ModelKey, name: string): Outcome {
  const length = pointLength(key.curve);
  return {
    length: length + 5,
    check: (data) => {
      hold(toHex(data.subarray(0, 5)) === templates[length], `${name}: found no public key template`);
      see(key, name, toHex(data.subarray(5)));
    },
  };
}

/** 6985 for a path of what is no wallet, 6A80 for a level that Ed25519 has not. */
export function requirePath(key: ModelKey, path: readonly number[] | undefined): string {
  if (path === undefined) return '';
  if (key.role !== 'wallet') refuse(SW.wrongState);
  if (key.curve === 'Ed25519' && path.some((level) => level < HARDENED)) refuse(SW.badData);
  return path.join('/');
}

function newKey(
  { curve, role = 'identity', usage, policy }: Attributes,
  origin: ModelKey['origin'],
  { s }: Call,
): ModelKey {
  const most = mostUsage[role];
  const fits =
    (s.kind.algorithms ?? cardCurveNames).includes(curve) &&
    ((usage ?? most) & ~most) === 0 &&
    (role !== 'wallet' || walletCurves.includes(curve)) &&
    (role !== 'agreement' || agreementCurves.includes(curve));
  if (!fits) refuse(SW.badData);
  return {
    curve,
    role,
    usage: usage ?? most,
    policy: policy ?? { flags: 0x06, messageTypes: [] },
    origin,
    signatures: 0n,
    spent: 0n,
    seen: new Map(),
  };
}

function put(reference: number, key: ModelKey, call: Call): Outcome {
  const { s } = call;
  if (reference < 1 || reference > 16) refuse(SW.notFound);
  if (s.keys.has(reference)) refuse(SW.alreadyExists);
  s.keys.set(reference, key);
  record(s.log, key.origin === 'generated' ? 'key-generated' : 'key-imported', { reference });
  return template(key, nameOf(key, '', presenceOf(call)));
}

const generateKeyPair: Rule<RequestOf<Commands['generateKeyPair']>> = ({ reference, ...attributes }, call) =>
  put(reference, newKey(attributes, 'generated', call), call);

/** What was seen of wallets that were imported: the same seed is the same tree, on every card. */
const trees = new Map<string, Map<string, string>>();

const importKey: Rule<RequestOf<Commands['importKey']>> = ({ reference, secret, ...attributes }, call) => {
  const key = newKey(attributes, 'imported', call);
  const { curve, role } = key;
  if (role === 'identity') refuse(SW.wrongState);
  if (role === 'wallet') {
    // Under duress what is brought is what duress shows.
    const name = `${presenceOf(call) === 'duress-pin'}/${curve}/${toHex(secret)}`;
    const seen = trees.get(name) ?? new Map<string, string>();
    if (trees.size < 1000) trees.set(name, seen);
    return put(reference, { ...key, seen }, call);
  }
  if (secret.length !== 32 || curve === 'Ed25519' || curve === 'SM2') return refuse(SW.badData);
  let point: string;
  try {
    point = pointOf(curve, secret);
  } catch {
    // OpenSSL takes no private key but 1 to n-1.
    return refuse(SW.badData);
  }
  const outcome = put(reference, key, call);
  see(key, 'true/', point);
  return outcome;
};

const readPublicKey: Rule<RequestOf<Commands['readPublicKey']>> = ({ reference, path }, call) => {
  const key = keyAt(reference, call);
  const presence = presenceOf(call);
  if (key.role !== 'wallet' && path !== undefined) refuse(SW.wrongState);
  if (key.role === 'wallet' && presence === undefined) refuse(SW.notAuthorised);
  return template(key, nameOf(key, requirePath(key, path), presence));
};

const readExtended: Rule<RequestOf<Commands['readExtendedPublicKey']>> = ({ reference, path }, call) => {
  const presence = requirePresence(call);
  const key = keyAt(reference, call);
  if (key.role !== 'wallet') refuse(SW.wrongState);
  const at = requirePath(key, path);
  return {
    check: (data) => {
      const { point, chainCode, parent } = readExtendedPublicKey.response.decode(data);
      see(key, nameOf(key, at, presence), toHex(point));
      see(key, `${nameOf(key, at, presence)} chain code`, toHex(chainCode));
      hold((parent !== undefined) === (path !== undefined), 'extended public key: found or missed a parent');
      const up = (path ?? []).slice(0, -1).join('/');
      if (parent !== undefined) see(key, nameOf(key, up, presence), toHex(parent));
    },
  };
};

const deleteKey: Rule<RequestOf<Commands['deleteKey']>> = ({ reference }, call) => {
  const { s, level } = call;
  const key = keyAt(reference, call);
  if (level === 0 && (key.policy.flags & 0x20) === 0) refuse(SW.notAuthorised);
  s.keys.delete(reference);
  record(s.log, 'key-deleted', { reference });
  return done;
};

const resetLimit: Rule<RequestOf<Commands['resetLimit']>> = ({ reference }, call) => {
  const key = keyAt(reference, call);
  if (key.policy.limit?.cumulative === undefined) refuse(SW.wrongState);
  key.spent = 0n;
  record(call.s.log, 'limit-reset', { reference });
  return done;
};

/** Rules of the commands that make, read and erase keys. */
export const keyRules = {
  generateKeyPair,
  importKey,
  readPublicKey,
  readExtendedPublicKey: readExtended,
  deleteKey,
  resetLimit,
};

/** Public point of a key at a path, or undefined while it was not seen. */
export const pointSeen = (key: ModelKey, path: string, presence: Presence): string | undefined =>
  key.seen.get(nameOf(key, path, presence));

/** Policy as the card attests it. */
export const policyBytes = ({ policy }: ModelKey): Uint8Array => keyPolicy.encode(policy);
