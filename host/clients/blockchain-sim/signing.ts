// SPDX-License-Identifier: Apache-2.0
import { sha256 } from '@noble/hashes/sha2.js';
import { wipe } from '../../../protocol/bytes.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import { hasFlag } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import {
  type CardCurve,
  type CardPublicKey,
  uncompressedCardPublicKey,
} from '../../../protocol/crypto/card-curve.ts';
import type { CardHash } from '../../../protocol/crypto/card-hash.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { pinBlock } from '../../../protocol/pin.ts';
import { CardError } from '../../errors.ts';
import { sendStreamed } from '../../send.ts';
import { padded } from './pins.ts';
import type { Path, Session } from './session.ts';

/** Which key of a slot signs, and how. */
export type SigningOptions = {
  /** Of a wallet, the way to the key; its master key without one. */
  readonly path?: Path;
  /** The hash of ECDSA and SM2; that of the curve's facts where left out. Never for Ed25519. */
  readonly hash?: CardHash;
};

/** How a message is signed. */
export type MessageOptions = SigningOptions & {
  /** Spares the question for it where the curve of the slot is known. */
  readonly curve?: CardCurve;
};

/** How a transaction is signed. */
export type TransactionOptions = {
  readonly path?: Path;
  /**
   * Asked for the digits of the PIN where the key's policy has the holder confirm with it, after the transaction of that
   * SHA-256 was shown to the holder. The digits are wiped here. It must not use the client, which waits for it.
   */
  readonly confirm?: (hash: Uint8Array) => Promise<Uint8Array>;
};

/** What keys are used for. All throw `card/no-such-key`, `card/pin-required` and `card/not-allowed-by-policy`. */
export type SigningMethods = {
  /**
   * Hashes a message of any length on the card, for a {@link SigningMethods.computeDigitalSignature} without data. Throws
   * `card/hash-not-declared`.
   */
  hash(reference: number, message: Uint8Array, options?: SigningOptions): Promise<void>;
  /**
   * Signature of 64 bytes over a digest of the hash's length, over up to 4,096 bytes of message for Ed25519, or over what
   * {@link SigningMethods.hash} hashed just before. Not verified here: see `cardSigner`.
   */
  computeDigitalSignature(
    reference: number,
    data?: Uint8Array,
    options?: SigningOptions,
  ): Promise<Uint8Array>;
  /**
   * A message that the card hashes and signs in one turn, with Ed25519 1 to 4,096 bytes of it; throws
   * `protocol/bad-layout` for others. 64 bytes.
   */
  signMessage(reference: number, message: Uint8Array, options?: MessageOptions): Promise<Uint8Array>;
  /**
   * Signature of 64 bytes of a transaction, given as its Sig_structure of up to 4,096 bytes, which the card reads itself;
   * confirmed by the holder where the policy says so. Throws `card/not-confirmed`, `card/confirmation-needed`,
   * `card/terminal-needed`.
   */
  signTransaction(
    reference: number,
    toBeSigned: Uint8Array,
    options?: TransactionOptions,
  ): Promise<Uint8Array>;
  /** Signature of 64 bytes over the `internalAuthenticateMessage` of a challenge of 16 to 64 bytes. */
  internalAuthenticate(
    reference: number,
    challenge: Uint8Array,
    options?: { readonly path?: Path },
  ): Promise<Uint8Array>;
  /**
   * The secret of 32 bytes shared with the holder of another key on the same curve, or with `sharedInfo` (up to 64 bytes)
   * a key derived from it by X9.63 with SHA-256. The caller wipes it.
   */
  agree(
    reference: number,
    other: CardPublicKey,
    options?: { readonly sharedInfo?: Uint8Array },
  ): Promise<Uint8Array>;
  /**
   * COSE_Sign1 by the attestation key of what a key is, over a challenge of 16 to 64 bytes; see `verifyAttestation`.
   * Throws `card/not-possible` where there is no attestation key.
   */
  attest(reference: number, challenge: Uint8Array, options?: { readonly path?: Path }): Promise<Uint8Array>;
};

const NO_DATA = new Uint8Array(0);

/** The methods of this part. */
export function signingMethods(session: Session): SigningMethods {
  const { exclusively, one, choose } = session;
  const chooseForSignature = async (reference: number, { path, hash }: SigningOptions): Promise<void> => {
    if (hash !== undefined) {
      const { hashes } = await session.information();
      if (!hashes.includes(hash)) throw hashNotDeclared(reference, hash, hashes);
    }
    await choose('chooseSignatureKey', { reference, path, hash });
  };
  return {
    hash: (reference, message, options = {}) =>
      exclusively(async () => {
        await chooseForSignature(reference, options);
        await sendStreamed(session.top, commands.hash, message);
      }),
    computeDigitalSignature: (reference, data, options = {}) =>
      exclusively(async () => {
        // Choosing again would end the hash that waits to be signed.
        const waits = data === undefined && session.chosen('chooseSignatureKey')?.reference === reference;
        if (!waits) await chooseForSignature(reference, options);
        return one(commands.computeDigitalSignature, data ?? NO_DATA);
      }),
    signMessage: (reference, message, { curve, ...options } = {}) =>
      exclusively(async () => {
        const known = curve ?? (await session.curveOf(reference));
        await chooseForSignature(reference, options);
        if (known === 'Ed25519') {
          // Without data the command is the one for a transaction that was confirmed before.
          if (message.length === 0) throw emptyMessage();
          return one(commands.computeDigitalSignature, message);
        }
        await sendStreamed(session.top, commands.hash, message);
        return one(commands.computeDigitalSignature, NO_DATA);
      }),
    signTransaction: (reference, toBeSigned, options = {}) =>
      exclusively(() => signTransaction(session, reference, toBeSigned, options)),
    internalAuthenticate: (reference, challenge, { path } = {}) =>
      exclusively(async () => {
        await choose('chooseAuthenticationKey', { reference, path });
        return one(commands.internalAuthenticate, challenge);
      }),
    agree: (reference, other, { sharedInfo } = {}) =>
      exclusively(async () => {
        await choose('chooseAgreementKey', { reference });
        const point = uncompressedCardPublicKey(other);
        return (await one(commands.generalAuthenticate, { point, sharedInfo })).secret;
      }),
    attest: (reference, challenge, { path } = {}) =>
      session.run(commands.attest, { reference, path, challenge }),
  };
}

async function signTransaction(
  session: Session,
  reference: number,
  toBeSigned: Uint8Array,
  { path, confirm }: TransactionOptions,
): Promise<Uint8Array> {
  const { one, choose, terminal } = session;
  // A card that asks a terminal has to know of it before; one that asks for the PIN refuses the announcement.
  if (terminal !== undefined && (await session.information()).confirmation === 'terminal')
    await terminal.announce();
  await choose('chooseSignatureKey', { reference, path });
  const signature = await begin(session, reference, toBeSigned);
  if (signature !== undefined) return signature;
  if (terminal?.asked() === true) return confirmed(session);
  if (confirm === undefined)
    throw new CardError(
      'card/confirmation-needed',
      `transaction not signed by key ${reference}: found that its holder is to confirm it, expected somebody to ask`,
      { command: commands.signTransaction.name },
    );
  const hash = sha256(toBeSigned);
  const digits = await confirm(hash);
  try {
    await padded([[pinBlock, digits]], (pin) => one(commands.confirmWithPin, { pin, hash }));
  } finally {
    wipe(digits);
  }
  return one(commands.computeDigitalSignature, NO_DATA);
}

/** Hands the transaction over; says so where the refusal is for want of a terminal. */
async function begin(
  { one, information, terminal }: Session,
  reference: number,
  toBeSigned: Uint8Array,
): Promise<Uint8Array | undefined> {
  try {
    return await one(commands.signTransaction, toBeSigned);
  } catch (cause) {
    const refused = cause instanceof CardError && cause.code === 'card/not-allowed-by-policy';
    if (!refused || terminal !== undefined || (await information()).confirmation !== 'terminal') throw cause;
    const keys = await one(commands.getKeyDirectory, undefined);
    const policy = keys.find((key) => key.reference === reference)?.policy;
    if (policy === undefined || !hasFlag(policy, 'confirmation')) throw cause;
    throw new CardError(
      'card/terminal-needed',
      `transaction not signed by key ${reference}: found no terminal to show it on, expected one for the holder to confirm it`,
      { command: commands.signTransaction.name },
      { cause },
    );
  }
}

/** The signature that a terminal's yes released; without a yes the card has nothing to sign. */
async function confirmed({ one }: Session): Promise<Uint8Array> {
  try {
    return await one(commands.computeDigitalSignature, NO_DATA);
  } catch (cause) {
    if (!(cause instanceof CardError) || cause.code !== 'card/not-allowed-by-policy') throw cause;
    throw new CardError(
      'card/not-confirmed',
      'transaction not signed: found that its holder did not say yes, expected a confirmation',
      { command: commands.signTransaction.name },
      { cause },
    );
  }
}

const emptyMessage = (): ProtocolError<'protocol/bad-layout'> =>
  new ProtocolError(
    'protocol/bad-layout',
    'message not signed: found no bytes, expected 1 to 4,096 with Ed25519',
    { expected: 'a message of 1 to 4,096 bytes', length: 0 },
  );

const hashNotDeclared = (
  reference: number,
  hash: CardHash,
  declared: readonly CardHash[],
): CardError<'card/hash-not-declared'> =>
  new CardError(
    'card/hash-not-declared',
    `nothing signed by key ${reference}: found ${hash} asked for, expected one that the card declares: ${declared.join(', ') || 'it declares none'}`,
    { hash, declared },
  );
