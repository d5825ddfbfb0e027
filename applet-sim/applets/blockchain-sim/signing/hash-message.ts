// SPDX-License-Identifier: Apache-2.0
import { hasFlag } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { hashStream } from '../../../../protocol/crypto/card-hash.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { Stream } from '../../../dispatch.ts';
import { smPrefix } from '../../../runtime/crypto.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import type { Context } from '../context.ts';
import { chosenKey } from '../key-use.ts';
import { keptDigest } from './kept-digest.ts';
import { transactionPrefix } from './transaction-prefix.ts';

/**
 * PSO hash: hashes a message part by part, and keeps the digest for one signature. Throws {@link StatusFault} 6985
 * without a key that signs messages by their hash, and for a transaction.
 */
export function hashMessage(context: Context): Stream<void> {
  const { workspace, session } = context;
  const choice = chosenKey('signature', context);
  const { stored, pair, hash } = choice;
  // Ed25519 signs messages; a digest kept for it would sign something else than the host believes.
  if (hash === undefined || !hasFlag(stored.policy, 'messages')) throw new StatusFault(SW.wrongState);
  const stream = hashStream(hash);
  if (pair.curve === 'SM2') stream.update(smPrefix(pair.point));
  const prefix = transactionPrefix(pair);
  const operation = { channel: session.channel, wipe: () => stream.destroy() };
  workspace.begin(operation);
  const requireOwn = (): void => {
    if (workspace.operation !== operation) throw new StatusFault(SW.wrongState);
  };
  return {
    write: (part) => {
      requireOwn();
      if (prefix.matches(part)) throw new StatusFault(SW.wrongState);
      stream.update(part);
    },
    end: () => {
      requireOwn();
      workspace.begin(keptDigest(session.channel, choice, stream.digest()));
    },
  };
}
