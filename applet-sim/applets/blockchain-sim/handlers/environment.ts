// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../../protocol/bytes.ts';
import type { AnyCommand } from '../../../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { KEY_USAGE } from '../../../../protocol/commands/blockchain-sim/key-role.ts';
import { cardCurves } from '../../../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../../../protocol/crypto/card-hash.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import type { KeyPair } from '../../../runtime/crypto.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { requirePresence } from '../access.ts';
import type { Context } from '../context.ts';
import { keyAt, walletKey } from '../key-use.ts';
import { forgetChoice, type Presence, type Purpose } from '../session.ts';
import type { StoredKey } from '../stored-key.ts';

type EnvironmentCommands = Pick<
  typeof commands,
  'chooseSignatureKey' | 'chooseAuthenticationKey' | 'chooseAgreementKey'
>;

type Choice = {
  readonly reference: number;
  readonly path?: readonly number[] | undefined;
  readonly hash?: CardHash | undefined;
};

/** Handlers of MANAGE SECURITY ENVIRONMENT. */
export const environmentHandlers: HandlersOf<EnvironmentCommands, Context> = {
  chooseSignatureKey: (choice, context) => {
    context.workspace.endOf(context.session.channel);
    choose('signature', KEY_USAGE.signature, choice, context);
  },
  chooseAuthenticationKey: (choice, context) =>
    choose('authentication', KEY_USAGE.authentication, choice, context),
  chooseAgreementKey: (choice, context) =>
    choose('agreement', KEY_USAGE.agreement | KEY_USAGE.derivedAgreement, choice, context),
};

const purposes: ReadonlyMap<AnyCommand, Purpose> = new Map<AnyCommand, Purpose>([
  [commands.chooseSignatureKey, 'signature'],
  [commands.chooseAuthenticationKey, 'authentication'],
  [commands.chooseAgreementKey, 'agreement'],
]);

/**
 * Takes back the key chosen for what a command chooses one for, before its data is looked at: a choice that fails leaves
 * none, so that a host that overlooks the status word does not sign with the last one.
 */
export function forgetLastChoice(command: AnyCommand, { session }: Context): void {
  const purpose = purposes.get(command);
  if (purpose !== undefined) forgetChoice(session, purpose);
}

function choose(purpose: Purpose, usages: number, { reference, path, hash }: Choice, context: Context): void {
  const { session } = context;
  const stored = keyAt(reference, context);
  if ((stored.usage & usages) === 0) throw new StatusFault(SW.wrongState);
  const presence = requirePresence(context);
  const choice = { reference, stored, presence, hash: hashFor(stored, hash, context) };
  session.chosen.set(purpose, { ...choice, pair: pairOf(stored, path, presence) });
}

function pairOf(stored: StoredKey, path: readonly number[] | undefined, presence: Presence): KeyPair {
  if (stored.role !== 'wallet') {
    if (path !== undefined) throw new StatusFault(SW.wrongState);
    return { curve: stored.curve, secret: stored.secret, point: stored.point };
  }
  const { pair, chainCode } = walletKey(stored, path ?? [], presence);
  wipe(chainCode);
  return pair;
}

/** The hash of a key's messages: its curve's own where none is asked for. Throws {@link StatusFault} 6A80. */
function hashFor(
  { curve }: StoredKey,
  asked: CardHash | undefined,
  { hashes }: Context,
): CardHash | undefined {
  const { signs, hash } = cardCurves[curve];
  if (signs === 'message') {
    if (asked !== undefined) throw new StatusFault(SW.badData);
    return undefined;
  }
  if (asked === undefined) return hash;
  if (!hashes.includes(asked) || (curve === 'SM2' && asked !== hash)) throw new StatusFault(SW.badData);
  return asked;
}
