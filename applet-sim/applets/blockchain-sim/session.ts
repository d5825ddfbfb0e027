// SPDX-License-Identifier: Apache-2.0
import { wipe } from '../../../protocol/bytes.ts';

/** Transient memory of the application: gone at reset, loss of power and any SELECT. */
export type Session = {
  /** Whether the PIN was verified. */
  verified: boolean;
  /** Key reference of the PERFORM SECURITY OPERATION commands; 0 when none is chosen. */
  signatureKey: number;
  /** Key reference of INTERNAL AUTHENTICATE; 0 when none is chosen. */
  authenticationKey: number;
  /** SHA-256 that PSO hash left for the next signature. */
  digest: Uint8Array | undefined;
};

/** A session in which nothing happened yet. */
export const newSession = (): Session => ({
  verified: false,
  signatureKey: 0,
  authenticationKey: 0,
  digest: undefined,
});

/** Wipes and forgets the digest that PSO hash left. */
export function dropDigest(session: Session): void {
  if (session.digest === undefined) return;
  wipe(session.digest);
  session.digest = undefined;
}

/** Brings a session back to its beginning. */
export function endSession(session: Session): void {
  dropDigest(session);
  Object.assign(session, newSession());
}
