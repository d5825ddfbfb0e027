// SPDX-License-Identifier: Apache-2.0
import { isTransactionCurve } from '../../../../protocol/crypto/card-curve.ts';
import type { KeyPair } from '../../../runtime/crypto.ts';
import { sigStructurePrefix } from '../transaction/transaction-steps.ts';

/** Tells whether a message that comes in parts begins as the Sig_structure of a transaction. */
export type TransactionPrefix = {
  /** Takes the next part; true once the beginning is that of a transaction. */
  matches(part: Uint8Array): boolean;
};

/**
 * Looks for the beginning of a transaction that this key could sign: what is one is signed whole or not at all, since
 * else a hash on the card would go past the key's policy.
 */
export function transactionPrefix({ curve }: KeyPair): TransactionPrefix {
  const prefix = isTransactionCurve(curve) ? sigStructurePrefix(curve) : undefined;
  let at = 0;
  let differs = prefix === undefined;
  return {
    matches: (part) => {
      for (const byte of part) {
        if (differs || prefix === undefined || at === prefix.length) break;
        differs = byte !== prefix[at];
        at++;
      }
      return !differs && at === prefix?.length;
    },
  };
}
