// SPDX-License-Identifier: Apache-2.0
import { type CardPublicKey, isTransactionCurve } from '../../protocol/crypto/card-curve.ts';
import type { PublicKey } from '../../protocol/crypto/public-key.ts';
import { type VerifySignature, verifySignature } from '../../protocol/crypto/verify.ts';
import { type Signer, TRANSACTION_TYPE } from '../../protocol/signer.ts';
import type { BlockchainSim, Path, TransactionOptions } from '../clients/blockchain-sim.ts';
import { CardError } from '../errors.ts';

/** How a key of a card is used as a signer. */
export type CardSignerOptions = {
  /** Of a wallet, the way to the key. */
  readonly path?: Path;
  /** The public key where it is known; without it, the card is asked. */
  readonly publicKey?: PublicKey;
  /** Asked for the PIN where the key's policy has the holder confirm transactions with it. */
  readonly confirm?: TransactionOptions['confirm'];
  /** How signatures are checked before they are handed out; portable code unless given. */
  readonly verify?: VerifySignature;
};

/**
 * A key of the card as a signer. Transactions go to the card whole, up to 4,096 bytes, and it signs what it has read;
 * any other message is hashed on the card, with Ed25519 signed as it is up to 4,096 bytes. So a card never signs a
 * digest of which it knows nothing. With a known public key, making the signer costs no command.
 *
 * Every signature is verified with the public key before it is handed out, so that a faulty card, or another program
 * that changes the key in between, never yields a bad transaction. That costs one verification (a few ms in portable
 * code, below 1 ms in OpenSSL) beside the 145 ms and more that a chip takes to sign.
 *
 * Throws `card/no-such-key`, and `card/algorithm-not-declared` for a key on a curve that the toolkit does not sign
 * with; signing throws `card/bad-signature` and what `signTransaction` and `signMessage` of the client throw.
 */
export async function cardSigner(
  sim: BlockchainSim,
  reference: number,
  options: CardSignerOptions = {},
): Promise<Signer> {
  const { verify = verifySignature, path, confirm } = options;
  const wallet = path === undefined ? {} : { path };
  const publicKey = options.publicKey ?? signingKey(reference, await sim.readPublicKey(reference, wallet));
  const { curve } = publicKey;
  return {
    publicKey,
    sign: async (message, type) => {
      const signature =
        type === TRANSACTION_TYPE
          ? await sim.signTransaction(reference, message, {
              ...wallet,
              ...(confirm === undefined ? {} : { confirm }),
            })
          : await sim.signMessage(reference, message, { ...wallet, curve });
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

/** Signers are of the curves that transactions are signed on. */
function signingKey(reference: number, { curve, bytes }: CardPublicKey): PublicKey {
  if (isTransactionCurve(curve)) return { curve, bytes };
  throw new CardError(
    'card/algorithm-not-declared',
    `key ${reference} not used as a signer: found ${curve}, expected P-256, secp256k1 or Ed25519`,
    { curve, declared: ['P-256', 'secp256k1', 'Ed25519'] },
  );
}
