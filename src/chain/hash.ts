// SPDX-License-Identifier: Apache-2.0
import { fromHex } from '../../protocol/bytes.ts';
import { ChainError } from './errors.ts';

/** SHA-256 of a transaction's Sig_structure, which names the transaction. */
export type TxHash = Uint8Array & { readonly brand: 'TxHash' };

/** Length of every hash in bytes. */
export const HASH_LENGTH = 32;

/** A transaction hash of its 64 hexadecimal digits. Throws `chain/bad-hash`. */
export function parseTxHash(text: string): TxHash {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw new ChainError(
      'chain/bad-hash',
      `hash not read: found ${text.length} characters, expected 64 hexadecimal digits`,
      { length: text.length },
    );
  }
  return fromHex(text) as TxHash;
}
