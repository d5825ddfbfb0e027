// SPDX-License-Identifier: Apache-2.0
import { concat, wipe } from '../../../../protocol/bytes.ts';
import { hasFlag } from '../../../../protocol/commands/blockchain-sim/key-policy.ts';
import { SIGNED_BYTES_MAX } from '../../../../protocol/commands/blockchain-sim/security-operation.ts';
import { isTransactionCurve, parseCardPublicKey } from '../../../../protocol/crypto/card-curve.ts';
import { hashStream } from '../../../../protocol/crypto/card-hash.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { Stream } from '../../../dispatch.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { newConfirmation } from '../confirmation.ts';
import type { Context } from '../context.ts';
import { announceProactive } from '../handlers/toolkit.ts';
import { chosenKey, counterOf, requireStillChosen, signWith } from '../key-use.ts';
import type { ChosenKey } from '../session.ts';
import { confirmationText } from '../transaction/confirmation-text.ts';
import { checkTransaction } from '../transaction/signing-policy.ts';
import { transactionReader } from '../transaction/transaction-reader.ts';
import type { TransactionSummary } from '../transaction/transaction-summary.ts';

/**
 * Reads a transaction part by part, checks it against the key's policy, and signs the very bytes that it read, or has
 * them confirmed first. Throws {@link StatusFault} 6700, 6A80 or 6985.
 */
export function readTransaction(context: Context): Stream<Uint8Array | undefined> {
  const { workspace, session } = context;
  const choice = chosenKey('signature', context);
  const { pair, stored } = choice;
  const { curve } = pair;
  if (!isTransactionCurve(curve) || !hasFlag(stored.policy, 'transactions'))
    throw new StatusFault(SW.wrongState);
  const reader = transactionReader({ publicKey: parseCardPublicKey(curve, pair.point) });
  const stream = hashStream('SHA-256');
  // PureEdDSA goes over its message twice: only a card with room for the whole offers it.
  const whole: Uint8Array[] = [];
  let length = 0;
  const operation = {
    channel: session.channel,
    wipe: () => {
      stream.destroy();
      wipe(...whole);
    },
  };
  workspace.begin(operation);
  const requireOwn = (): void => {
    if (workspace.operation !== operation) throw new StatusFault(SW.wrongState);
  };
  return {
    write: (part) => {
      requireOwn();
      length += part.length;
      if (length > SIGNED_BYTES_MAX) throw new StatusFault(SW.wrongLength);
      reader.write(part);
      stream.update(part);
      if (curve === 'Ed25519') whole.push(new Uint8Array(part));
    },
    end: () => {
      requireOwn();
      requireStillChosen(choice, context);
      const summary = reader.end();
      const hash = stream.digest();
      const toSign = curve === 'Ed25519' ? concat(...whole) : hash;
      const spent = checkTransaction(stored.policy, counterOf(choice.reference, context).spent, summary);
      workspace.end();
      if (hasFlag(stored.policy, 'confirmation'))
        return askHolder(choice, summary, { hash, toSign: toSign.slice(), spent }, context);
      return signWith(choice, toSign, { event: 'transaction-signed', hash, spent }, context);
    },
  };
}

type Read = { readonly hash: Uint8Array; readonly toSign: Uint8Array; readonly spent: bigint };

function askHolder(choice: ChosenKey, summary: TransactionSummary, read: Read, context: Context): undefined {
  const { workspace, session, confirmation: how } = context;
  if (how === 'terminal' && !session.terminal) throw new StatusFault(SW.wrongState);
  const text = confirmationText(summary, choice.stored.policy.limit, read.hash);
  const stage = how === 'terminal' ? 'show' : 'pin';
  const confirmation = newConfirmation({ channel: session.channel, choice, ...read, text, stage });
  workspace.begin(confirmation);
  if (how === 'terminal') announceProactive(confirmation, context);
  return undefined;
}
