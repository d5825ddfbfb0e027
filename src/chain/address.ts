// SPDX-License-Identifier: Apache-2.0
import { bech32m } from '@scure/base';
import { type PublicKey, publicKeyThumbprint } from '../../protocol/crypto/public-key.ts';
import { ChainError } from './errors.ts';

/** An account: the 32 bytes of its key's COSE Key Thumbprint. Made by {@link addressOf} and the parsers here. */
export type Address = Uint8Array & { readonly brand: 'Address' };

/** Length of an address in bytes. */
export const ADDRESS_LENGTH = 32;

const PREFIX = 'bsim';

/** The address of a public key. Source: RFC 9679 §3 (thumbprint with SHA-256). */
export const addressOf = (key: PublicKey): Address => publicKeyThumbprint(key) as Address;

/** Text of an address, `bsim1…` of 63 characters. Source: BIP-350 (Bech32m). */
export const formatAddress = (address: Address): string => bech32m.encodeFromBytes(PREFIX, address);

/**
 * The address of its text, in lower case only, so that one address has one text. Throws `chain/bad-address`.
 */
export function parseAddress(text: string): Address {
  let decoded: { readonly prefix: string; readonly bytes: Uint8Array };
  try {
    decoded = bech32m.decodeToBytes(text);
  } catch (cause) {
    throw badAddress('a text that is not Bech32m', { cause });
  }
  if (decoded.prefix !== PREFIX)
    throw badAddress(`prefix ${decoded.prefix.slice(0, 32)}, expected ${PREFIX}`);
  if (text !== text.toLowerCase()) throw badAddress('capital letters, expected lower case');
  return addressFromBytes(decoded.bytes);
}

/** The address of its 32 bytes, which are not copied. Throws `chain/bad-address`. */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== ADDRESS_LENGTH) throw badAddress(`${bytes.length} bytes, expected ${ADDRESS_LENGTH}`);
  return bytes as Address;
}

function badAddress(reason: string, options: { readonly cause?: unknown } = {}): ChainError {
  return new ChainError('chain/bad-address', `address not read: found ${reason}`, { reason }, options);
}
