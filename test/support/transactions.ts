// SPDX-License-Identifier: Apache-2.0
import { type CborValue, encodeCbor } from '../../protocol/cbor.ts';
import { toBeSigned } from '../../protocol/cose.ts';
import { type CardPublicKey, isTransactionCurve } from '../../protocol/crypto/card-curve.ts';
import { publicKeyToCose } from '../../protocol/crypto/public-key.ts';
import { TRANSACTION_TYPE } from '../../protocol/signer.ts';

/** What a test transfer pays, in minor units of XTS, the currency code for testing (ISO 4217). */
export type TestTransfer = { readonly amount?: bigint; readonly currency?: string; readonly count?: number };

/** The Sig_structure of a transaction of `money/transfer` messages by that key; fields as in docs/transaction.md. */
export function transferOf(
  { curve, bytes }: CardPublicKey,
  { amount = 100n, currency = 'XTS', count = 1 }: TestTransfer = {},
): Uint8Array {
  if (!isTransactionCurve(curve)) throw new RangeError(`no transactions on ${curve}`);
  const message: CborValue = [
    'money/transfer',
    new Map<number, CborValue>([
      [1, new Uint8Array(32).fill(7)],
      [2, currency],
      [3, amount],
    ]),
  ];
  const payload = encodeCbor(
    new Map<number, CborValue>([
      [1, 'bsim-test-1'],
      [2, publicKeyToCose({ curve, bytes })],
      [3, 0],
      [4, 0],
      [5, 1000],
      [6, Array.from({ length: count }, () => message)],
    ]),
  );
  return toBeSigned(curve, TRANSACTION_TYPE, payload);
}
