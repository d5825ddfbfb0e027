// SPDX-License-Identifier: Apache-2.0
import { ChainError } from './errors.ts';

/** Name of a chain: 1 to 32 characters a-z, 0-9 and hyphen. Made by {@link parseChainId}. */
export type ChainId = string & { readonly brand: 'ChainId' };

/** Validates a chain id. Throws `chain/bad-chain-id`. */
export function parseChainId(text: string): ChainId {
  if (!/^[a-z0-9-]{1,32}$/.test(text)) {
    throw new ChainError(
      'chain/bad-chain-id',
      `chain id not valid: found ${text.length} characters, expected 1 to 32 of a-z, 0-9 and hyphen`,
      { length: text.length },
    );
  }
  return text as ChainId;
}
