// SPDX-License-Identifier: Apache-2.0
import {
  asBytes,
  asMap,
  asText,
  asUint,
  type CborValue,
  decodeCbor,
  encodeCbor,
} from '../../../protocol/cbor.ts';
import { decodeSign1, toBeSigned } from '../../../protocol/cose.ts';
import type { Curve } from '../../../protocol/crypto/curve.ts';
import { type Signer, signSign1 } from '../../../protocol/signer.ts';
import { ADDRESS_LENGTH, type Address, addressFromBytes, addressOf } from '../../chain/address.ts';
import type { ChainId } from '../../chain/chain-id.ts';
import { didOf } from '../../chain/did.ts';

/** COSE `typ` of a proof of possession. */
export const POSSESSION_TYPE = 'bsim-possession+cbor';

/** What the holder of a key says when a DID is to be created for it. */
export type PossessionFields = {
  readonly chainId: ChainId;
  /** Account that will send the transaction and control the DID. */
  readonly sender: Address;
  /** Last height at which the proof is good; at most the expiry window ahead. */
  readonly expiry: bigint;
};

/** A proof as it was read; its signature is not yet verified. */
export type Possession = {
  readonly chainId: string;
  readonly did: string;
  readonly sender: Address;
  readonly expiry: bigint;
  readonly curve: Curve;
  readonly signedBytes: Uint8Array;
  readonly signature: Uint8Array;
};

/**
 * Proof by the key that its holder agrees to a DID for it: COSE_Sign1 over CBOR
 * {1: chain id, 2: DID, 3: sender's address, 4: expiry height}.
 */
export const possessionProof = (signer: Signer, fields: PossessionFields): Promise<Uint8Array> =>
  signSign1(
    signer,
    POSSESSION_TYPE,
    encodeCbor(
      new Map<number, CborValue>([
        [1, fields.chainId],
        [2, didOf(fields.chainId, addressOf(signer.publicKey))],
        [3, fields.sender],
        [4, fields.expiry],
      ]),
    ),
  );

/** Reads a proof. Throws `protocol/bad-cose` or `protocol/bad-cbor`. */
export function decodePossession(bytes: Uint8Array): Possession {
  const { curve, payload, signature } = decodeSign1(bytes, POSSESSION_TYPE);
  const map = asMap(decodeCbor(payload), 'proof of possession', [1, 2, 3, 4]);
  return {
    chainId: asText(map.get(1), 'chain id'),
    did: asText(map.get(2), 'DID'),
    sender: addressFromBytes(asBytes(map.get(3), 'sender', ADDRESS_LENGTH)),
    expiry: asUint(map.get(4), 'expiry'),
    curve,
    signedBytes: toBeSigned(curve, POSSESSION_TYPE, payload),
    signature,
  };
}
