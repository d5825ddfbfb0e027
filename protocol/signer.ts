// SPDX-License-Identifier: Apache-2.0
import { encodeSign1, toBeSigned } from './cose.ts';
import type { PublicKey } from './crypto/public-key.ts';

/** `typ` of a COSE_Sign1 that is a transaction of the chain: cards read what they sign under it. */
export const TRANSACTION_TYPE = 'bsim-tx+cbor';

/** Whatever holds a key and signs with it: a card, a software key, a key in a test. */
export type Signer = {
  readonly publicKey: PublicKey;
  /**
   * Signs the message: ECDSA over its SHA-256 with low s, r ‖ s; or Ed25519 over the message itself. 64 bytes.
   *
   * A COSE Sig_structure comes with its `typ`, so that a signer can treat a transaction as one.
   */
  sign(message: Uint8Array, type?: string): Promise<Uint8Array>;
};

/** A COSE_Sign1 of that type over the payload by the signer; see {@link file://./cose.ts} for the profile. */
export async function signSign1(signer: Signer, type: string, payload: Uint8Array): Promise<Uint8Array> {
  const { curve } = signer.publicKey;
  const signature = await signer.sign(toBeSigned(curve, type, payload), type);
  return encodeSign1({ curve, type, payload, signature });
}
