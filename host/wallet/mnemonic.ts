// SPDX-License-Identifier: Apache-2.0
import { mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { WalletError } from './errors.ts';

const WORDS = new Set(wordlist);
const COUNTS: readonly number[] = [12, 15, 18, 21, 24];

/**
 * The seed (64 bytes, the caller wipes) of a mnemonic in English words and a passphrase, which may be empty. White
 * space around and between the words does not count. Throws `wallet/bad-mnemonic` for a wrong count, an unknown word
 * and a wrong checksum. Source: BIP-39, "From mnemonic to seed".
 */
export function seedOfMnemonic(words: string, passphrase = ''): Uint8Array {
  const list = words.normalize('NFKD').split(/\s+/).filter(Boolean);
  const refused = (found: string): WalletError<'wallet/bad-mnemonic'> =>
    new WalletError('wallet/bad-mnemonic', `mnemonic not read: ${found}`, {
      words: list.length,
      reason: found,
    });
  if (!COUNTS.includes(list.length))
    throw refused(`found ${list.length} words, expected 12, 15, 18, 21 or 24`);
  const unknown = list.findIndex((word) => !WORDS.has(word));
  if (unknown >= 0)
    throw refused(`found word ${unknown + 1} outside the English word list, expected one of its 2048 words`);
  const mnemonic = list.join(' ');
  if (!validateMnemonic(mnemonic, wordlist))
    throw refused('found a wrong checksum, expected the words as they were given out');
  return mnemonicToSeedSync(mnemonic, passphrase);
}
