// SPDX-License-Identifier: Apache-2.0
import { type CardPublicKey, isTransactionCurve } from '../../protocol/crypto/card-curve.ts';
import { addressOf, formatAddress } from '../chain/address.ts';

/** The address `bsim1…` of a card's key; undefined on a curve that transactions are not signed on. */
export function accountText({ curve, bytes }: CardPublicKey): string | undefined {
  return isTransactionCurve(curve) ? formatAddress(addressOf({ curve, bytes })) : undefined;
}
