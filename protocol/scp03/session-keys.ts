// SPDX-License-Identifier: Apache-2.0
import { concat, uint16, wipe } from '../bytes.ts';
import { deriveScp03 } from './key-derivation.ts';
import { macLength, type Scp03KeySet, type Scp03Mode } from './key-set.ts';

/** Keys of one secure channel, each as long as the static keys; {@link wipeSessionKeys} when the channel is closed. */
export type SessionKeys = {
  /** S-ENC. */
  readonly enc: Uint8Array;
  /** S-MAC, for commands and cryptograms. */
  readonly mac: Uint8Array;
  /** S-RMAC, for answers. */
  readonly rmac: Uint8Array;
  /** A copy of the static DEK: SCP03 encrypts keys under that one. */
  readonly dek: Uint8Array;
};

/** Derivation constants. Source: GlobalPlatform Amendment D v1.2 §4.1.5, table 4-1. */
const CARD_CRYPTOGRAM = 0x00;
const HOST_CRYPTOGRAM = 0x01;
const CARD_CHALLENGE = 0x02;
const S_ENC = 0x04;
const S_MAC = 0x06;
const S_RMAC = 0x07;

/**
 * The session keys that both ends derive from their challenges, 8 or 16 bytes each.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.1.
 */
export function deriveSessionKeys(
  keys: Scp03KeySet,
  hostChallenge: Uint8Array,
  cardChallenge: Uint8Array,
): SessionKeys {
  const context = concat(hostChallenge, cardChallenge);
  return {
    enc: deriveScp03(keys.enc, S_ENC, context, keys.enc.length),
    mac: deriveScp03(keys.mac, S_MAC, context, keys.mac.length),
    rmac: deriveScp03(keys.mac, S_RMAC, context, keys.mac.length),
    dek: new Uint8Array(keys.dek),
  };
}

/**
 * What shows the host that the card holds the keys: 8 bytes in S8, 16 in S16. Compare with `equalBytes`.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.2.2.
 */
export const cardCryptogram = (
  session: SessionKeys,
  hostChallenge: Uint8Array,
  cardChallenge: Uint8Array,
  mode: Scp03Mode,
): Uint8Array =>
  deriveScp03(session.mac, CARD_CRYPTOGRAM, concat(hostChallenge, cardChallenge), macLength(mode));

/**
 * What shows the card that the host holds the keys: 8 bytes in S8, 16 in S16. Compare with `equalBytes`.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.2.3.
 */
export const hostCryptogram = (
  session: SessionKeys,
  hostChallenge: Uint8Array,
  cardChallenge: Uint8Array,
  mode: Scp03Mode,
): Uint8Array =>
  deriveScp03(session.mac, HOST_CRYPTOGRAM, concat(hostChallenge, cardChallenge), macLength(mode));

/**
 * The card challenge of a card with pseudo-random challenges (i with bit 10): derived with the static ENC key from the
 * sequence counter (0–16,777,215) and the AID of the security domain that is addressed; 8 bytes in S8, 16 in S16.
 * Source: GlobalPlatform Amendment D v1.2 §6.2.2.1.
 */
export const pseudoRandomChallenge = (
  keys: Scp03KeySet,
  sequenceCounter: number,
  aid: Uint8Array,
  mode: Scp03Mode,
): Uint8Array =>
  deriveScp03(keys.enc, CARD_CHALLENGE, concat(sequenceCounterBytes(sequenceCounter), aid), macLength(mode));

/** The three bytes, big-endian, in which INITIALIZE UPDATE answers the sequence counter. */
export const sequenceCounterBytes = (sequenceCounter: number): Uint8Array =>
  concat(Uint8Array.of(sequenceCounter >> 16), uint16(sequenceCounter & 0xffff));

/** Overwrites the keys with zeros. */
export const wipeSessionKeys = (session: SessionKeys): void =>
  wipe(session.enc, session.mac, session.rmac, session.dek);
