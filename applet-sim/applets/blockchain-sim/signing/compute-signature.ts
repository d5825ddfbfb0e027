// SPDX-License-Identifier: Apache-2.0
import { concat, wipe } from '../../../../protocol/bytes.ts';
import { hasFlag } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SIGNED_BYTES_MAX } from '../../../../protocol/commands/blockchain-sim/security-operation.ts';
import { cardHash, cardHashes } from '../../../../protocol/crypto/card-hash.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { Stream } from '../../../dispatch.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { confirmationOf } from '../confirmation.ts';
import type { Context } from '../context.ts';
import { chosenKey, requireStillChosen, signWith } from '../key-use.ts';
import type { ChosenKey } from '../session.ts';
import { digestFor } from './kept-digest.ts';
import { transactionPrefix } from './transaction-prefix.ts';

/** Longest digest. */
const DIGEST_MAX = 64;

/**
 * COMPUTE DIGITAL SIGNATURE: of a digest, of a message for Ed25519, or, without data, of what waits in the workspace: a
 * digest of PSO hash, or a transaction that its holder confirmed. Throws {@link StatusFault} 6700, 6A80 or 6985.
 */
export function computeSignature(context: Context): Stream<Uint8Array> {
  const { workspace, session } = context;
  const choice = chosenKey('signature', context);
  const most = choice.hash === undefined ? SIGNED_BYTES_MAX : DIGEST_MAX;
  const parts: Uint8Array[] = [];
  let length = 0;
  const operation = { channel: session.channel, wipe: () => wipe(...parts) };
  return {
    write: (part) => {
      if (length + part.length > most) throw new StatusFault(SW.wrongLength);
      if (part.length === 0) return;
      // Only now: without data the workspace holds what is to be signed.
      if (length === 0) workspace.begin(operation);
      if (workspace.operation !== operation) throw new StatusFault(SW.wrongState);
      length += part.length;
      parts.push(new Uint8Array(part));
    },
    end: () => {
      if (length > 0 && workspace.operation !== operation) throw new StatusFault(SW.wrongState);
      requireStillChosen(choice, context);
      const signature =
        length > 0 ? signData(choice, concat(...parts), context) : signWaiting(choice, context);
      // Where it throws, the command fails, which ends the operation too.
      workspace.endOf(session.channel);
      return signature;
    },
  };
}

function signData(choice: ChosenKey, data: Uint8Array, context: Context): Uint8Array {
  const { stored, hash } = choice;
  if (hash === undefined) return signMessage(choice, data, context);
  if (!hasFlag(stored.policy, 'digests')) throw new StatusFault(SW.wrongState);
  if (data.length !== cardHashes[hash].length) throw new StatusFault(SW.badData);
  return signWith(choice, data, { event: 'digest-signed', hash: data }, context);
}

function signMessage(choice: ChosenKey, message: Uint8Array, context: Context): Uint8Array {
  const isTransaction = transactionPrefix(choice.pair).matches(message);
  if (isTransaction || !hasFlag(choice.stored.policy, 'messages')) throw new StatusFault(SW.wrongState);
  return signWith(choice, message, { event: 'message-signed', hash: cardHash('SHA-256', message) }, context);
}

function signWaiting(choice: ChosenKey, context: Context): Uint8Array {
  const confirmation = confirmationOf(context);
  if (confirmation?.stage === 'confirmed' && confirmation.choice === choice) {
    const { toSign, hash, spent } = confirmation;
    return signWith(choice, toSign, { event: 'transaction-signed', hash, spent }, context);
  }
  const kept = digestFor(choice, context.workspace);
  if (kept !== undefined)
    return signWith(choice, kept.digest, { event: 'message-signed', hash: kept.digest }, context);
  throw new StatusFault(SW.wrongState);
}
