// SPDX-License-Identifier: Apache-2.0
import type { CborMap, CborValue } from '../../../protocol/cbor.ts';
import type { Address } from '../../chain/address.ts';
import type { Transfer } from './messages.ts';

/** Type of the event of a transfer. */
export const TRANSFERRED = 'transferred';

/** Attributes of `transferred`: from, to (addresses as bytes), currency, amount in minor units. */
export const transferred = (from: Address, transfer: Transfer): CborMap =>
  new Map<string, CborValue>([
    ['from', from],
    ['to', transfer.to],
    ['currency', transfer.currency],
    ['amount', transfer.amount],
  ]);
