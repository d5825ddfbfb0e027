// SPDX-License-Identifier: Apache-2.0
import type { CborMap, CborValue } from '../../../protocol/cbor.ts';
import type { Address } from '../../chain/address.ts';
import type { Did } from '../../chain/did.ts';

/** Type of the event of a new DID. */
export const CREATED = 'created';

/** Type of the event of a DID that ended. */
export const DEACTIVATED = 'deactivated';

/** Attributes of `created` and `deactivated`: did (text), controller (address as bytes). */
export const identityEvent = (did: Did, controller: Address): CborMap =>
  new Map<string, CborValue>([
    ['did', did],
    ['controller', controller],
  ]);
