// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../protocol/error-table.ts';

/** Errors of what a wallet on a card is set up with and shows. None repeats words of a mnemonic. */
export const walletErrors = {
  'wallet/bad-mnemonic': entry<{ words: number; reason: string }>(
    'A text is not a mnemonic of BIP-39.',
    'Write the 12, 15, 18, 21 or 24 English words in their order, with one space between.',
  ),
  'wallet/bad-path': entry<{ length: number; reason: string }>(
    'A text is not a derivation path.',
    "Write it as m/44'/60'/0'/0/0, with at most 10 levels.",
  ),
  'wallet/bad-extended-key': entry<{ reason: string }>(
    'A text is not an extended public key of BIP-32.',
    'Give the whole text that begins with xpub.',
  ),
} as const;

/** A code of {@link walletErrors}. */
export type WalletErrorCode = keyof typeof walletErrors;

/** An error of a wallet; facts by code in {@link walletErrors}. */
export class WalletError<Code extends WalletErrorCode = WalletErrorCode> extends errorsOf(
  walletErrors,
)<Code> {}
