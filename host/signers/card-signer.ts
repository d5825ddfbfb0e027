// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { curves } from '../../protocol/crypto/curve.ts';
import { type VerifySignature, verifySignature } from '../../protocol/crypto/verify.ts';
import type { Signer } from '../../protocol/signer.ts';
import type { BlockchainSim } from '../clients/blockchain-sim.ts';
import { CardError } from '../errors.ts';

/** How a card's signatures are checked before they are handed out. */
export type CardSignerOptions = {
  /** Portable code unless given; on Node, OpenSSL verifies several times faster. */
  readonly verify?: VerifySignature;
};

/**
 * A key of the card as a signer. ECDSA: the message is hashed here and its SHA-256 goes to the card, so that a
 * message of any length costs one APDU. Ed25519: the message itself goes, up to 4,096 bytes.
 *
 * Every signature is verified with the public key read here before it is handed out, so that a faulty card, or
 * another program that changes the key in between, never yields a bad transaction. That costs one verification
 * (a few ms in portable code, below 1 ms in OpenSSL) beside the 145 ms and more that a chip takes to sign.
 *
 * Throws `card/no-such-key`; signing throws `card/bad-signature`, `card/pin-required`.
 */
export async function cardSigner(
  sim: BlockchainSim,
  reference: number,
  options: CardSignerOptions = {},
): Promise<Signer> {
  const { verify = verifySignature } = options;
  const publicKey = await sim.readPublicKey(reference);
  const { curve } = publicKey;
  return {
    publicKey,
    sign: async (message) => {
      const input = curves[curve].signs === 'digest' ? sha256(message) : message;
      const signature = await sim.computeDigitalSignature(reference, input);
      if (!verify(publicKey, message, signature)) {
        throw new CardError(
          'card/bad-signature',
          `signature of key ${reference} refused: found one that its public key does not verify, expected a valid ${curve} signature`,
          { reference, curve },
        );
      }
      return signature;
    },
  };
}
