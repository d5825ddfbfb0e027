// SPDX-License-Identifier: Apache-2.0
import { type Address, formatAddress, parseAddress } from './address.ts';
import { type ChainId, parseChainId } from './chain-id.ts';
import { ChainError } from './errors.ts';

/** A DID of the method bsim, `did:bsim:<chain id>:<address>`. Made by {@link didOf} and {@link parseDid}. */
export type Did = string & { readonly brand: 'Did' };

/** What a DID of this method says. */
export type DidParts = { readonly chainId: ChainId; readonly address: Address };

/** The DID that an address has on a chain. Source: W3C DID Core 1.0 §3.1 (syntax). */
export const didOf = (chainId: ChainId, address: Address): Did =>
  `did:bsim:${chainId}:${formatAddress(address)}` as Did;

/** Validates a DID. Throws `chain/bad-did`. */
export function parseDid(text: string): Did {
  didParts(text);
  return text as Did;
}

/** Chain id and address of a DID. Throws `chain/bad-did`. */
export function didParts(text: string): DidParts {
  const parts = text.split(':');
  if (parts.length !== 4 || parts[0] !== 'did' || parts[1] !== 'bsim')
    throw badDid('another form, expected did:bsim:<chain id>:<address>');
  try {
    return { chainId: parseChainId(parts[2] ?? ''), address: parseAddress(parts[3] ?? '') };
  } catch (cause) {
    throw badDid(cause instanceof ChainError ? cause.message : 'parts that do not parse', { cause });
  }
}

function badDid(reason: string, options: { readonly cause?: unknown } = {}): ChainError {
  return new ChainError('chain/bad-did', `DID not read: found ${reason}`, { reason }, options);
}
