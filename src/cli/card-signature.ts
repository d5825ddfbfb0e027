// SPDX-License-Identifier: Apache-2.0

import { CardError } from '../../host/errors.ts';
import { type CardPublicKey, verifyCardSignature } from '../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../protocol/crypto/card-hash.ts';
import { cardEcdsaCurves } from '../../protocol/crypto/ec.ts';
import { sm2Verify } from '../../protocol/crypto/sm2.ts';

/** What a signature of a card is over: a message, by a hash, or a digest as it stands. */
export type Signed =
  | { readonly message: Uint8Array; readonly hash?: CardHash }
  | { readonly digest: Uint8Array };

/** Refuses a signature that the key does not verify. Throws `card/bad-signature`. */
export function requireSignature(
  reference: number,
  key: CardPublicKey,
  signed: Signed,
  signature: Uint8Array,
): void {
  const isValid =
    'digest' in signed
      ? isOfDigest(key, signed.digest, signature)
      : verifyCardSignature(key, signed.message, signature, signed);
  if (isValid) return;
  const { curve } = key;
  throw new CardError(
    'card/bad-signature',
    `signature of key ${reference} refused: found one that its public key does not verify, expected a valid ${curve} signature`,
    { reference, curve },
  );
}

function isOfDigest({ curve, bytes }: CardPublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  if (curve === 'Ed25519') return false;
  try {
    return curve === 'SM2'
      ? sm2Verify(bytes, digest, signature)
      : cardEcdsaCurves[curve].verify(signature, digest, bytes, { prehash: false, lowS: true });
  } catch {
    // No signature in form: not valid.
    return false;
  }
}
