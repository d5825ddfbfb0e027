// SPDX-License-Identifier: Apache-2.0
import { ecb } from '@noble/ciphers/aes.js';
import { concat, wipe } from '../bytes.ts';
import { ProtocolError } from '../errors.ts';
import { deriveBytes, requireKeyLength } from './key-derivation.ts';

export { isKeyLength } from './key-derivation.ts';

/**
 * The static AES keys of a security domain, 16, 24 or 32 bytes each and all of one length; whoever made the set wipes
 * it with {@link wipeKeySet}.
 */
export type Scp03KeySet = {
  /** Key version number (KVN), 1–127; 255 for the keys that a card comes with. */
  readonly version: number;
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  readonly dek: Uint8Array;
};

/** Length of challenges, cryptograms and MACs: 8 bytes in S8, 16 in S16. */
export type Scp03Mode = 'S8' | 'S16';

/** Bytes of a challenge, a cryptogram and a MAC in the mode. */
export const macLength = (mode: Scp03Mode): 8 | 16 => (mode === 'S8' ? 8 : 16);

/** Bytes of the key diversification data in the answer to INITIALIZE UPDATE. */
export const DIVERSIFICATION_LENGTH = 10;

/** Overwrites the keys of the set with zeros. */
export const wipeKeySet = (keys: Scp03KeySet): void => wipe(keys.enc, keys.mac, keys.dek);

/**
 * The keys of one card from a master key, as long as that: AES-CMAC over counter ‖ 00 00 00 ‖ n ‖ 00 ‖ diversification
 * data, with n 1 for ENC, 2 for MAC, 3 for DEK. `diversification` is the 10 bytes that INITIALIZE UPDATE answers first.
 * Throws `protocol/bad-layout`.
 * Source: NIST SP 800-108; the block is that of GlobalPlatformPro's `kdf3`
 * (martinpaljak/GlobalPlatformPro, library/…/gp/keys/PlaintextKeys.java: `$_ 0x00 0x00 0x00 $k 0x00 $0 … $9`).
 */
export function diversifyKeySet(
  master: Uint8Array,
  version: number,
  diversification: Uint8Array,
): Scp03KeySet {
  if (diversification.length !== DIVERSIFICATION_LENGTH)
    throw new ProtocolError(
      'protocol/bad-layout',
      `keys not diversified: found ${diversification.length} bytes of diversification data, expected 10`,
      { expected: '10 bytes', length: diversification.length },
    );
  const key = (n: number): Uint8Array =>
    deriveBytes(
      master,
      new Uint8Array(0),
      concat(Uint8Array.of(0, 0, 0, n, 0), diversification),
      master.length,
    );
  return { version, enc: key(1), mac: key(2), dek: key(3) };
}

/**
 * Three bytes by which both ends see that they hold the same AES key: the first of the encryption of sixteen 01.
 * Throws `protocol/bad-layout` for a key of another length than AES has.
 * Source: GlobalPlatform Amendment D §7.2.2.
 */
export function keyCheckValue(key: Uint8Array): Uint8Array {
  requireKeyLength(key);
  return ecb(key, { disablePadding: true }).encrypt(new Uint8Array(16).fill(1)).slice(0, 3);
}
