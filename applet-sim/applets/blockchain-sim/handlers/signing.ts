// SPDX-License-Identifier: Apache-2.0
import { equalBytes, wipe } from '../../../../protocol/bytes.ts';
import type { blockchainSimCommands } from '../../../../protocol/commands/blockchain-sim/index.ts';
import { KEY_USAGE } from '../../../../protocol/commands/blockchain-sim/key-role.ts';
import { cardCurves } from '../../../../protocol/crypto/card-curve.ts';
import { cardHash, hashStream } from '../../../../protocol/crypto/card-hash.ts';
import { internalAuthenticateMessage } from '../../../../protocol/statements.ts';
import { SW } from '../../../../protocol/status-word.ts';
import type { HandlersOf } from '../../../dispatch.ts';
import { type AgreementCurve, agree, smPrefix, x963Kdf } from '../../../runtime/crypto.ts';
import { StatusFault } from '../../../runtime/status-fault.ts';
import { confirmationOf, endConfirmation } from '../confirmation.ts';
import { type Context, log } from '../context.ts';
import { chosenKey, signWith } from '../key-use.ts';
import type { ChosenKey } from '../session.ts';
import { computeSignature } from '../signing/compute-signature.ts';
import { hashMessage } from '../signing/hash-message.ts';
import { readTransaction } from '../signing/read-transaction.ts';
import { tryPin } from './pin.ts';

type SigningCommands = Pick<
  typeof blockchainSimCommands,
  | 'hash'
  | 'computeDigitalSignature'
  | 'signTransaction'
  | 'confirmWithPin'
  | 'internalAuthenticate'
  | 'generalAuthenticate'
>;

/** Bytes that the KDF gives. */
const DERIVED_LENGTH = 32;

/** Handlers of the commands that use keys. */
export const signingHandlers: HandlersOf<
  SigningCommands,
  Context,
  'hash' | 'computeDigitalSignature' | 'signTransaction'
> = {
  hash: hashMessage,
  computeDigitalSignature: computeSignature,
  signTransaction: readTransaction,

  confirmWithPin: ({ pin, hash }, context) => {
    const confirmation = confirmationOf(context);
    try {
      if (confirmation?.stage !== 'pin') throw new StatusFault(SW.wrongState);
      if (!equalBytes(confirmation.hash, hash)) {
        endConfirmation(context);
        throw new StatusFault(SW.wrongState);
      }
      // Whichever PIN it is confirms, and the session stays whose it was: what waits has been shown already.
      const { verified } = context.session;
      tryPin(pin, context);
      log(context, 'pin-verified');
      context.memory.commit();
      context.session.verified = verified;
      confirmation.stage = 'confirmed';
    } finally {
      wipe(pin);
    }
  },

  internalAuthenticate: (challenge, context) => {
    const choice = chosenKey('authentication', context);
    const message = internalAuthenticateMessage(challenge);
    const toSign = digestOf(choice, message);
    return signWith(
      choice,
      toSign,
      { event: 'authentication-signed', hash: cardHash('SHA-256', message) },
      context,
    );
  },

  generalAuthenticate: ({ point, sharedInfo }, context) => {
    const { reference, stored, pair } = chosenKey('agreement', context);
    const needed = sharedInfo === undefined ? KEY_USAGE.agreement : KEY_USAGE.derivedAgreement;
    if ((stored.usage & needed) === 0) throw new StatusFault(SW.wrongState);
    const shared = agree(pair.curve as AgreementCurve, pair.secret, point);
    if (shared === undefined) throw new StatusFault(SW.badData);
    log(context, 'agreement', { reference });
    if (sharedInfo === undefined) return { secret: shared };
    const secret = x963Kdf(shared, sharedInfo, DERIVED_LENGTH);
    wipe(shared);
    return { secret };
  },
};

/** What a key signs for a message: its digest, or the message itself for Ed25519. */
function digestOf({ pair, hash }: ChosenKey, message: Uint8Array): Uint8Array {
  if (hash === undefined || cardCurves[pair.curve].signs === 'message') return message;
  const stream = hashStream(hash);
  if (pair.curve === 'SM2') stream.update(smPrefix(pair.point));
  stream.update(message);
  return stream.digest();
}
