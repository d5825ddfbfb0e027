// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import { blockchainSimCommands as commands } from '../../../protocol/commands/blockchain-sim/index.ts';
import type { CardPublicKey } from '../../../protocol/crypto/card-curve.ts';
import type { Iccid } from '../../../protocol/identifiers/iccid.ts';
import type { Imsi } from '../../../protocol/identifiers/imsi.ts';
import { type PinBlock, pinBlock, pukBlock } from '../../../protocol/pin.ts';
import type { PinRules } from '../../../protocol/pin-rules.ts';
import type { KeySetChoice, SecureChannelOptions } from '../../layers/secure-channel.ts';
import { publicKeyOf } from './keys.ts';
import { padded } from './pins.ts';
import type { Session } from './session.ts';

/** What a blank card is given; PIN of 4 to 8 and PUK of 8 ASCII digits, which stay the caller's to wipe. */
export type Personalisation = {
  readonly iccid: Iccid;
  readonly imsi: Imsi;
  readonly pin: Uint8Array;
  readonly puk: Uint8Array;
  /** What PINs the card takes; any, unless given. */
  readonly pinRules?: PinRules;
  /** Up to 16 PINs that the card refuses, as digits. */
  readonly forbiddenPins?: readonly Uint8Array[];
};

/**
 * What the administrator does, inside a secure channel; all throw `card/administrator-required` outside of it, and
 * `card/wrong-life-cycle`.
 */
export type AdministrationMethods = {
  /**
   * Opens a secure channel with keys of the card, from which on the client is the administrator. It ends with
   * {@link AdministrationMethods.closeSecureChannel}, SELECT and reset. Throws as `SecureTransport.openSecureChannel`.
   */
  openSecureChannel(keys: KeySetChoice, options?: SecureChannelOptions): Promise<void>;
  /** Goes on without the secure channel. */
  closeSecureChannel(): Promise<void>;
  /** Makes the attestation key, once in a card's life. Throws `card/attestation-key-exists`. */
  generateAttestationKey(): Promise<CardPublicKey<'P-256'>>;
  /** The key that attestations are verified with; for anyone. Throws `card/no-attestation-key`. */
  readAttestationKey(): Promise<CardPublicKey<'P-256'>>;
  /** Stores certificates (DER) of the attestation key, its own first, one behind the other; up to 2,048 bytes. */
  putCertificates(chain: Uint8Array): Promise<void>;
  /** Personalises a blank card, all or nothing. Throws `card/already-personalised` or `card/pin-not-allowed`. */
  storeData(personalisation: Personalisation): Promise<void>;
  /** Takes a card out of use. */
  block(): Promise<void>;
  /** Takes a blocked card into use again. */
  activate(): Promise<void>;
  /** Erases keys and PIN and ends the application for ever. */
  terminate(): Promise<void>;
  /** Makes the card a blank one again. */
  factoryReset(): Promise<void>;
};

/** The methods of this part. */
export function administrationMethods(session: Session): AdministrationMethods {
  const { exclusively, one, run, secure } = session;
  return {
    openSecureChannel: (keys, options) =>
      exclusively(() => {
        session.forget();
        return secure.openSecureChannel(keys, options);
      }),
    closeSecureChannel: () => exclusively(async () => secure.closeSecureChannel()),
    generateAttestationKey: () =>
      exclusively(async () => {
        const { point } = await one(commands.generateAttestationKey, undefined);
        return publicKeyOf(commands.generateAttestationKey, 'P-256', point);
      }),
    readAttestationKey: () =>
      exclusively(async () => {
        const { point } = await one(commands.readAttestationKey, undefined);
        return publicKeyOf(commands.readAttestationKey, 'P-256', point);
      }),
    putCertificates: (chain) => run(commands.putCertificates, chain),
    storeData: (personalisation) => storeData(session, personalisation),
    block: () => run(commands.block, undefined),
    activate: () => run(commands.activate, undefined),
    terminate: () => run(commands.terminate, undefined),
    factoryReset: () => run(commands.factoryReset, undefined),
  };
}

async function storeData(
  { run }: Session,
  { iccid, imsi, pin, puk, pinRules, forbiddenPins }: Personalisation,
): Promise<void> {
  const forbidden: PinBlock[] = [];
  try {
    for (const digits of forbiddenPins ?? []) forbidden.push(pinBlock(digits));
    await padded(
      [
        [pinBlock, pin],
        [pukBlock, puk],
      ],
      (pinPart, pukPart) =>
        run(commands.storeData, {
          ...{ iccid, imsi, pin: pinPart, puk: pukPart, pinRules },
          forbiddenPins: forbidden.length === 0 ? undefined : forbidden,
        }),
    );
  } finally {
    wipe(...forbidden);
  }
}
