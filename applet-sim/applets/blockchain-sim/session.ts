// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';
import type { CardHash } from '../../../protocol/crypto/card-hash.ts';
import type { KeyPair } from '../../runtime/crypto.ts';
import type { StoredKey } from './stored-key.ts';

/** Who may use keys now: the holder with the PIN, with the duress PIN, or the issuer of a blank card. */
export type Presence = 'pin' | 'duress-pin' | 'issuer';

/** A PIN that was verified; it counts while the card's era is the same. */
export type Verification = { readonly presence: 'pin' | 'duress-pin'; readonly era: number };

/** A key that MANAGE SECURITY ENVIRONMENT chose. */
export type ChosenKey = {
  readonly reference: number;
  /** The key as it was in its slot; no longer chosen when there is another. */
  readonly stored: StoredKey;
  /** Who chose it: a wallet is another one under duress. */
  readonly presence: Presence;
  /** What signs; of a wallet derived, and wiped with the choice. */
  readonly pair: KeyPair;
  /** Hash of messages; undefined for Ed25519, which takes none. */
  readonly hash: CardHash | undefined;
};

/** What keys are chosen for. */
export type Purpose = 'signature' | 'authentication' | 'agreement';

/** Transient memory of the application on a logical channel: gone at reset, loss of power and any SELECT there. */
export type Session = {
  readonly channel: number;
  verified: Verification | undefined;
  readonly chosen: Map<Purpose, ChosenKey>;
  /** Whether a terminal said that it can show a text and ask for a key. */
  terminal: boolean;
};

/** A session in which nothing happened yet. */
export const newSession = (channel: number): Session => ({
  channel,
  verified: undefined,
  chosen: new Map(),
  terminal: false,
});

/** Takes back a choice. */
export function forgetChoice(session: Session, purpose: Purpose): void {
  const choice = session.chosen.get(purpose);
  if (choice?.stored.role === 'wallet') wipe(choice.pair.secret);
  session.chosen.delete(purpose);
}

/** Takes back every choice. */
export function forgetChoices(session: Session): void {
  for (const purpose of [...session.chosen.keys()]) forgetChoice(session, purpose);
}

/** Brings a session back to its beginning. */
export function endSession(session: Session): void {
  forgetChoices(session);
  session.verified = undefined;
  session.terminal = false;
}
