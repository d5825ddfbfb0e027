// SPDX-License-Identifier: Apache-2.0
import type { AnyCommand } from '../../../protocol/command.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import type { KeyPolicy } from '../../../protocol/commands/blockchain-sim/key-policy.ts';
import type { KeyRole } from '../../../protocol/commands/blockchain-sim/key-role.ts';
import {
  type CardCurve,
  type CardPublicKey,
  parseCardPublicKey,
} from '../../../protocol/crypto/card-curve.ts';
import { CardError } from '../../errors.ts';
import type { Path, Session } from './session.ts';

/** What a new key is; what is left out is for the card to say: an identity key of the default policy. */
export type NewKeyOptions = {
  readonly role?: KeyRole;
  /** Sum of `KEY_USAGE`; all that the role allows, unless given. */
  readonly usage?: number;
  readonly policy?: KeyPolicy;
};

/** Which key of a slot is read. */
export type ReadKeyOptions = {
  /** Of a wallet, the way to the key; its master key without one. */
  readonly path?: Path;
  /** Spares the question for it where the curve of the slot is known. */
  readonly curve?: CardCurve;
};

/** A key of a wallet and what its children are derived from; fits `encodeExtendedPublicKey`. */
export type ExtendedKey = {
  readonly publicKey: CardPublicKey;
  readonly path: Path;
  /** The point as the card gives it: 04 ‖ X ‖ Y, or the Ed25519 key. */
  readonly point: Uint8Array;
  /** 32 bytes. */
  readonly chainCode: Uint8Array;
  /** Point of the key one level up; there is none for the master key. */
  readonly parent?: Uint8Array;
};

/** What is done with the slots. */
export type KeyMethods = {
  /**
   * A new key pair, or a new wallet with its master key, in an empty slot (1–16). The card is asked once which curves it
   * has: another is refused with `card/algorithm-not-declared` before anything is sent. Throws `card/slot-taken`,
   * `card/no-such-key` or `card/pin-required`.
   */
  generateKeyPair<C extends CardCurve>(
    reference: number,
    curve: C,
    options?: NewKeyOptions,
  ): Promise<CardPublicKey<C>>;
  /** The public key of a slot. Throws `card/no-such-key`, and for a wallet `card/pin-required`. */
  readPublicKey(reference: number, options?: ReadKeyOptions): Promise<CardPublicKey>;
  /** What an `xpub` is made of. Throws `card/pin-required`, `card/not-possible` for what is no wallet. */
  readExtendedPublicKey(reference: number, options?: ReadKeyOptions): Promise<ExtendedKey>;
  /**
   * Puts an agreement key (32 bytes) or the seed of a wallet (16–64 bytes) into an empty slot; inside an encrypted secure
   * channel, on a personalised card with the PIN verified too. The secret stays the caller's to wipe. Throws as
   * {@link KeyMethods.generateKeyPair}, and `card/administrator-required`.
   */
  importKey<C extends CardCurve>(
    reference: number,
    curve: C,
    secret: Uint8Array,
    options?: NewKeyOptions,
  ): Promise<CardPublicKey<C>>;
  /** Erases a key for ever. Throws `card/no-such-key` or `card/pin-required`. */
  deleteKey(reference: number): Promise<void>;
  /** Begins the count of a key's cumulative limit anew. Throws `card/administrator-required`, `card/not-possible`. */
  resetLimit(reference: number): Promise<void>;
};

/** The methods of this part. */
export function keyMethods(session: Session): KeyMethods {
  const { exclusively, one, learn } = session;
  const requireDeclared = async (reference: number, curve: CardCurve): Promise<void> => {
    const { algorithms } = await session.information();
    if (!algorithms.includes(curve)) throw notDeclared(reference, curve, algorithms);
  };
  return {
    generateKeyPair: (reference, curve, { role, usage, policy } = {}) =>
      exclusively(async () => {
        await requireDeclared(reference, curve);
        const { point } = await one(commands.generateKeyPair, { reference, curve, role, usage, policy });
        learn(reference, curve);
        return publicKeyOf(commands.generateKeyPair, curve, point);
      }),
    readPublicKey: (reference, { path, curve } = {}) =>
      exclusively(async () => {
        const known = curve ?? (await session.curveOf(reference));
        const { point } = await one(commands.readPublicKey, { reference, path });
        return publicKeyOf(commands.readPublicKey, known, point);
      }),
    readExtendedPublicKey: (reference, { path, curve } = {}) =>
      exclusively(async () => {
        const known = curve ?? (await session.curveOf(reference));
        const read = await one(commands.readExtendedPublicKey, { reference, path });
        const { point, chainCode, parent } = read;
        const publicKey = publicKeyOf(commands.readExtendedPublicKey, known, point);
        return { publicKey, path: path ?? [], point, chainCode, ...(parent === undefined ? {} : { parent }) };
      }),
    importKey: (reference, curve, secret, { role, usage, policy } = {}) =>
      exclusively(async () => {
        await requireDeclared(reference, curve);
        const { point } = await one(commands.importKey, { reference, curve, role, usage, policy, secret });
        learn(reference, curve);
        return publicKeyOf(commands.importKey, curve, point);
      }),
    deleteKey: (reference) =>
      exclusively(async () => {
        await one(commands.deleteKey, { reference });
        learn(reference);
      }),
    resetLimit: (reference) => session.run(commands.resetLimit, { reference }),
  };
}

/** A point that is none of the curve is a fault of the card, like any response that is not the command's. */
export function publicKeyOf<C extends CardCurve>(
  command: AnyCommand,
  curve: C,
  point: Uint8Array,
): CardPublicKey<C> {
  try {
    return parseCardPublicKey(curve, point);
  } catch (cause) {
    throw new CardError(
      'card/malformed-response',
      `response of ${command.name} not read: found ${point.length} bytes that are no point of ${curve}, expected its public key`,
      { command: command.name, length: point.length },
      { cause },
    );
  }
}

function notDeclared(
  reference: number,
  curve: CardCurve,
  declared: readonly CardCurve[],
): CardError<'card/algorithm-not-declared'> {
  return new CardError(
    'card/algorithm-not-declared',
    `key ${reference} not made: found ${curve} asked for, expected one that the card declares: ${declared.join(', ') || 'it declares none'}`,
    { curve, declared },
  );
}
