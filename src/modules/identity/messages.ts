// SPDX-License-Identifier: Apache-2.0
import { equalBytes } from '../../../protocol/bytes.ts';
import { asBytes, asMap, asText, type CborMap, type CborValue } from '../../../protocol/cbor.ts';
import { type PublicKey, publicKeyFromCose, publicKeyToCose } from '../../../protocol/crypto/public-key.ts';
import { addressOf } from '../../chain/address.ts';
import { type Did, didOf, didParts, parseDid } from '../../chain/did.ts';
import type { MessageContext, SignatureClaim } from '../../chain/module.ts';
import type { Message } from '../../chain/transaction.ts';
import { IdentityError } from './errors.ts';
import { decodePossession, type Possession } from './possession.ts';

/** Name of the message that creates a DID. */
export const CREATE = 'identity/create';

/** Name of the message that deactivates a DID for good. */
export const DEACTIVATE = 'identity/deactivate';

/** `identity/create`: a DID for a key whose holder agrees; the sender becomes its controller. */
export type Create = { readonly key: PublicKey; readonly possession: Possession };

/** `identity/deactivate`: by the controller only. */
export type Deactivate = { readonly did: Did };

/** The message that creates the DID of a key: {1: COSE_Key, 2: proof of possession}. */
export const createMessage = (key: PublicKey, proof: Uint8Array): Message => ({
  name: CREATE,
  body: new Map<number, CborValue>([
    [1, publicKeyToCose(key)],
    [2, proof],
  ]),
});

/** The message that deactivates a DID: {1: DID}. */
export const deactivateMessage = (did: Did): Message => ({ name: DEACTIVATE, body: new Map([[1, did]]) });

/** Reads the body of a creation. Throws `protocol/bad-cbor`, `protocol/bad-cose` or `protocol/bad-key`. */
export function decodeCreate(body: CborMap): Create {
  const map = asMap(body, CREATE, [1, 2]);
  return {
    key: publicKeyFromCose(map.get(1)),
    possession: decodePossession(asBytes(map.get(2), 'proof of possession')),
  };
}

/** Throws `identity/bad-possession` unless the proof speaks of this key, chain and sender. */
export function validateCreate({ key, possession }: Create, { chainId, sender }: MessageContext): void {
  const did = didOf(chainId, addressOf(key));
  if (possession.curve !== key.curve)
    throw badPossession(`an algorithm of ${possession.curve}, expected one of ${key.curve}`);
  if (possession.chainId !== chainId) throw badPossession(`another chain, expected ${chainId}`);
  if (possession.did !== did) throw badPossession(`another DID, expected ${did}`);
  if (!equalBytes(possession.sender, sender))
    throw badPossession('another sender, expected that of the transaction');
}

/** The proof's signature, to be verified with that of the transaction. */
export const claimsOfCreate = ({ key, possession }: Create): readonly SignatureClaim[] => [
  {
    key,
    message: possession.signedBytes,
    signature: possession.signature,
    refuse: () => badPossession('a signature that is not valid'),
  },
];

/** Reads the body of a deactivation. Throws `protocol/bad-cbor` or `identity/bad-did`. */
export function decodeDeactivate(body: CborMap): Deactivate {
  const text = asText(asMap(body, DEACTIVATE, [1]).get(1), 'DID');
  try {
    return { did: parseDid(text) };
  } catch (cause) {
    throw badDid('a text of another form', { cause });
  }
}

/** Throws `identity/bad-did` for a DID of another chain. */
export function validateDeactivate({ did }: Deactivate, { chainId }: MessageContext): void {
  if (didParts(did).chainId !== chainId) throw badDid('a DID of another chain');
}

const badPossession = (reason: string): IdentityError =>
  new IdentityError('identity/bad-possession', `proof of possession not valid: found ${reason}`, { reason });

const badDid = (reason: string, options: { readonly cause?: unknown } = {}): IdentityError =>
  new IdentityError(
    'identity/bad-did',
    `DID not valid: found ${reason}, expected one of this chain`,
    { reason },
    options,
  );
