// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../../protocol/bytes.ts';
import type { RequestOf } from '../../../../protocol/command.ts';
import type { KeyOrigin } from '../../../../protocol/commands/blockchain-sim/get-data.ts';
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { defaultPolicy, hasFlag } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { KEY_SLOTS } from '../../../../protocol/commands/blockchain-sim/key-reference.ts';
import { usageOfRole } from '../../../../protocol/commands/blockchain-sim/key-role.ts';
import { isTransactionCurve } from '../../../../protocol/crypto/card-curve.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { generateKeyPair, isPrivateKey, publicPointOf } from '../../../runtime/crypto.ts';
import { decoySeed, masterKey, wipeHdKey } from '../../../runtime/hd-keys.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { presenceOf, requirePresence } from '../access.ts';
import { type Context, log, update } from '../context.ts';
import { counterOf, extendedPoint, keyAt, pointAt } from '../key-use.ts';
import type { Presence } from '../session.ts';
import { newCounter, type StoredKey, wipeKey } from '../stored-key.ts';

type Commands = typeof blockchainSimCommands;
type KeyCommands = Pick<
  Commands,
  'generateKeyPair' | 'readPublicKey' | 'readExtendedPublicKey' | 'importKey' | 'deleteKey' | 'resetLimit'
>;

/** Bytes of a seed that the card makes. Source: BIP-32, "Master key generation" (at most 512 bits). */
const SEED_LENGTH = 64;

/** Handlers of the commands that make, read, take and erase keys. */
export const keyHandlers: HandlersOf<KeyCommands, Context> = {
  generateKeyPair: (request, context) => {
    const attributes = attributesOf(request, 'generated', context);
    requireEmptySlot(request.reference, context);
    const { curve, role } = attributes;
    const pair =
      role === 'wallet'
        ? walletOf(curve, context.random(SEED_LENGTH))
        : generateKeyPair(curve, context.random);
    return putKey(request.reference, { ...attributes, ...pair }, 'key-generated', context);
  },

  readPublicKey: ({ reference, path }, context) => ({
    point: pointAt(keyAt(reference, context), path, presenceOf(context)),
  }),

  readExtendedPublicKey: ({ reference, path = [] }, context) =>
    extendedPoint(keyAt(reference, context), path, requirePresence(context)),

  importKey: ({ secret, ...request }, context) => {
    try {
      const attributes = attributesOf(request, 'imported', context);
      const { curve, role } = attributes;
      if (role === 'identity') throw new StatusFault(SW.wrongState);
      if (role === 'agreement' && !isPrivateKey(curve, secret)) throw new StatusFault(SW.badData);
      requireEmptySlot(request.reference, context);
      const kept = secret.slice();
      const pair =
        role === 'wallet'
          ? importedWallet(curve, kept, presenceOf(context))
          : { secret: kept, point: publicPointOf(curve, kept) };
      return putKey(request.reference, { ...attributes, ...pair }, 'key-imported', context);
    } finally {
      wipe(secret);
    }
  },

  deleteKey: ({ reference }, context) => {
    const key = keyAt(reference, context);
    const { memory, execution } = context;
    if (execution.level === 0 && !hasFlag(key.policy, 'holderDeletes'))
      throw new StatusFault(SW.notAuthorised);
    update(context, {
      keys: without(memory.state.keys, reference),
      counters: without(memory.state.counters, reference),
    });
    log(context, 'key-deleted', { reference });
    memory.commit();
    wipeKey(key);
  },

  resetLimit: ({ reference }, context) => {
    const { policy } = keyAt(reference, context);
    if (policy.limit?.cumulative === undefined) throw new StatusFault(SW.wrongState);
    const counter = { ...counterOf(reference, context), spent: 0n };
    update(context, { counters: new Map(context.memory.state.counters).set(reference, counter) });
    log(context, 'limit-reset', { reference });
  },
};

type Attributes = Omit<StoredKey, 'secret' | 'point' | 'decoy'>;

/** What a new key is to be. Throws {@link StatusFault} 6A80 for what does not go together. */
function attributesOf(
  { curve, role = 'identity', usage, policy = defaultPolicy }: RequestOf<Commands['generateKeyPair']>,
  origin: KeyOrigin,
  { algorithms }: Context,
): Attributes {
  const most = usageOfRole[role];
  const fits =
    algorithms.includes(curve) &&
    ((usage ?? most) & ~most) === 0 &&
    (role !== 'wallet' || isTransactionCurve(curve)) &&
    (role !== 'agreement' || (curve !== 'Ed25519' && curve !== 'SM2'));
  if (!fits) throw new StatusFault(SW.badData);
  return { curve, role, usage: usage ?? most, policy, origin };
}

function requireEmptySlot(reference: number, { memory }: Context): void {
  if (reference < 1 || reference > KEY_SLOTS) throw new StatusFault(SW.notFound);
  if (memory.state.keys.has(reference)) throw new StatusFault(SW.alreadyExists);
}

/** A wallet of a seed, which it keeps. Throws {@link StatusFault} 6A80 for one of the few seeds without a key. */
function walletOf(
  curve: StoredKey['curve'],
  seed: Uint8Array,
): Pick<StoredKey, 'secret' | 'point' | 'decoy'> {
  const decoy = decoySeed(seed);
  return {
    secret: seed,
    point: masterPoint(curve, seed),
    decoy: { secret: decoy, point: masterPoint(curve, decoy) },
  };
}

/** Under duress the seed that is known outside is that of the decoy: else the answer would show that there is one. */
function importedWallet(
  curve: StoredKey['curve'],
  seed: Uint8Array,
  presence: Presence | undefined,
): ReturnType<typeof walletOf> {
  const { secret, point, decoy } = walletOf(curve, seed);
  if (presence !== 'duress-pin' || decoy === undefined) return { secret, point, ...(decoy ? { decoy } : {}) };
  return { ...decoy, decoy: { secret, point } };
}

function masterPoint(curve: StoredKey['curve'], seed: Uint8Array): Uint8Array {
  const master = isTransactionCurve(curve) ? masterKey(curve, seed) : undefined;
  if (master === undefined) throw new StatusFault(SW.badData);
  const point = publicPointOf(curve, master.secret);
  wipeHdKey(master);
  return point;
}

function putKey(
  reference: number,
  key: StoredKey,
  event: 'key-generated' | 'key-imported',
  context: Context,
): { readonly point: Uint8Array } {
  const { keys, counters } = context.memory.state;
  update(context, {
    keys: inOrder([...keys, [reference, key]]),
    counters: inOrder([...counters, [reference, newCounter]]),
  });
  log(context, event, { reference });
  // A wallet made under duress shows at once what it will show under duress.
  const isDecoy = key.decoy !== undefined && presenceOf(context) === 'duress-pin';
  return { point: isDecoy ? (key.decoy?.point ?? key.point) : key.point };
}

const inOrder = <Value>(rows: readonly (readonly [number, Value])[]): ReadonlyMap<number, Value> =>
  new Map([...rows].sort(([a], [b]) => a - b));

const without = <Value>(map: ReadonlyMap<number, Value>, key: number): ReadonlyMap<number, Value> =>
  new Map([...map].filter(([each]) => each !== key));
