// SPDX-License-Identifier: Apache-2.0
import { concat } from '../../../protocol/bytes.ts';
import {
  asArray,
  asBytes,
  asMap,
  asText,
  asUint,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../../protocol/cbor.ts';
import { type PublicKey, publicKeyFromCose, publicKeyToCose } from '../../../protocol/crypto/public-key.ts';
import { ADDRESS_LENGTH, type Address, addressFromBytes } from '../../chain/address.ts';
import { type Did, didParts } from '../../chain/did.ts';

// Keys of the namespace `identity`:
//   01 ‖ address of the DID (32) → CBOR {1: format 1, 2: version, 3: controller's address, 4: [[fragment, COSE_Key]…],
//                                        5: [height, time] of creation, 6: the same of the last change, 7: deactivated}

/** When something was written: height, and time of that block in milliseconds since 1970-01-01 UTC. */
export type Moment = { readonly height: bigint; readonly time: bigint };

/** A public key of a DID under its fragment. */
export type IdentityKey = { readonly fragment: string; readonly key: PublicKey };

/** What the chain keeps of a DID. */
export type IdentityRecord = {
  /** 1 when created; each change adds 1. */
  readonly version: bigint;
  readonly controller: Address;
  readonly keys: readonly IdentityKey[];
  readonly created: Moment;
  readonly updated: Moment;
  readonly deactivated: boolean;
};

const FORMAT = 1;

/** State key of a DID, for reading it with a proof. Throws `chain/bad-did`. */
export const didKey = (did: Did): Uint8Array => concat(Uint8Array.of(1), didParts(did).address);

/** What every DID's key begins with. */
export const didPrefix: Uint8Array = Uint8Array.of(1);

/** Value of a DID's record. */
export const encodeIdentity = (record: IdentityRecord): Uint8Array =>
  encodeCbor(
    new Map<number, CborValue>([
      [1, FORMAT],
      [2, record.version],
      [3, record.controller],
      [4, record.keys.map(({ fragment, key }) => [fragment, publicKeyToCose(key)])],
      [5, [record.created.height, record.created.time]],
      [6, [record.updated.height, record.updated.time]],
      [7, record.deactivated],
    ]),
  );

/** The record of a stored or proven value. Throws `protocol/bad-cbor` or `protocol/bad-key`. */
export function decodeIdentity(value: Uint8Array): IdentityRecord {
  const map = asMap(decodeCbor(value), 'identity', [1, 2, 3, 4, 5, 6, 7]);
  if (map.get(1) !== FORMAT) asMap(map.get(1), 'identity of format 1', []);
  return {
    version: asUint(map.get(2), 'version'),
    controller: addressFromBytes(asBytes(map.get(3), 'controller', ADDRESS_LENGTH)),
    keys: asArray(map.get(4), 'keys').map((item) => {
      const [fragment, key] = asArray(item, 'key');
      return { fragment: asText(fragment, 'fragment'), key: publicKeyFromCose(key) };
    }),
    created: momentOf(map.get(5)),
    updated: momentOf(map.get(6)),
    deactivated: map.get(7) === true,
  };
}

function momentOf(value: CborValue | undefined): Moment {
  const [height, time] = asArray(value, 'moment');
  return { height: asUint(height, 'height'), time: asUint(time, 'time') };
}
