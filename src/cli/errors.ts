// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../../protocol/error-table.ts';

/** Errors of the command line itself. */
export const cliErrors = {
  'cli/bad-option': entry<{ option: string; reason: string }>(
    'An option or argument of a command cannot be used.',
    'See the command with --help.',
  ),
  'cli/pin-needed': entry<{ variable: string; option: string }>(
    'A command needs a PIN or PUK and there is no terminal to ask on.',
    'Set the environment variable or name a file; secrets are never taken from the command line.',
  ),
  'cli/pins-differ': entry(
    'A new PIN was typed differently the second time; nothing changed.',
    'Run the command again.',
  ),
  'cli/cancelled': entry('The user ended a prompt.', 'Run the command again.'),
  'cli/file-not-read': entry<{ file: string; reason: string }>(
    'A file named on the command line cannot be read.',
    'Check its name and permissions.',
  ),
  'cli/file-not-written': entry<{ file: string; reason: string }>(
    'A file or directory named on the command line cannot be written.',
    'Check its name, its permissions and the space on the disk.',
  ),
  'cli/admin-keys-needed': entry<{ option: string; variable: string }>(
    'A command is for the administrator, and the keys of the card are not known; nothing was sent that uses up a try.',
    'Give the keys of this card, or the master key that they come from, with --admin-keys FILE or BSIM_ADMIN_KEYS.',
  ),
  'cli/bad-admin-keys': entry<{ file: string; reason: string }>(
    'A file holds no keys for the secure channel of a card.',
    'Name a file that `bsim card keys new` wrote, or a key set: {"kvn": "30", "enc": hex, "mac": hex, "dek": hex}.',
  ),
  'cli/yes-needed': entry<{ command: string }>(
    'A command erases keys for ever and nobody agreed to it; nothing was sent.',
    'Run it again with --yes when that is what you want.',
  ),
  'cli/confirmation-needed': entry<{ variable: string }>(
    'The card asks its holder to confirm a transaction, and there is no terminal to ask on; nothing was signed.',
    'Run the command on a terminal; a test that answers for the holder sets BSIM_CONFIRM=yes.',
  ),
  'cli/bad-key-file': entry<{ file: string; reason: string }>(
    'A file holds no key that can be used here.',
    'Give PEM as OpenSSL writes it, or where the option says so hexadecimal digits.',
  ),
  'cli/bad-attestation-file': entry<{ file: string; reason: string }>(
    'A file holds no attestation, or one whose parts do not belong together.',
    'Name the file that `bsim key attest --out` wrote.',
  ),
  'cli/replay-differs': entry<{ line: number; found: string; expected: string }>(
    'The card answers a recorded command otherwise than the card that it was recorded with.',
    'Look at the line named: keys, challenges and counters differ from card to card, other things should not.',
  ),
  'cli/cards-exist': entry<{ directory: string; count: number }>(
    'The directory holds cards of this order already; no card was touched.',
    'Choose another directory; a begun batch goes on with --resume.',
  ),
  'cli/batch-running': entry<{ directory: string; lock: string }>(
    'Another process provisions cards in the directory; no card was touched.',
    'Wait until it is done, or stop it; if the process is none of ours, remove the lock file.',
  ),
  'cli/bad-operator-key': entry<{ file: string }>(
    'The file of an operator key holds no usable private key.',
    'Name the operator.pem of the chain; an encrypted one needs BSIM_OPERATOR_PASSPHRASE.',
  ),
  'cli/demo-failed': entry<{ what: string }>(
    'The demo ran, but what it must prove at the end is not so.',
    'Please report this; it is a fault in the toolkit.',
  ),
  'cli/demo-directory': entry<{ directory: string }>(
    'The directory for the demo holds something else; it was not touched.',
    'Choose another with --directory, or remove it yourself.',
  ),
  'cli/identity-taken': entry<{ did: string }>(
    'The identity is on the chain already, under another controller or deactivated.',
    'Use another key; a deactivated identity stays so.',
  ),
  'cli/no-such-identity': entry<{ did: string }>(
    'The chain has no identity of that DID.',
    'Check the DID; bsim identity anchor creates one.',
  ),
  'cli/transaction-failed': entry<{ hash: string; height: string; code: string }>(
    'A transaction is in a block, but what it asked for was refused; only its sequence is used up.',
    'Correct what the code names and send a new transaction.',
  ),
  'cli/node-contradicts-proof': entry<{ node: string }>(
    'A node says something else than its own proof.',
    'Do not believe it; ask another node, and report this one.',
  ),
} as const;

/** A code of {@link cliErrors}. */
export type CliErrorCode = keyof typeof cliErrors;

/** An error of the command line; facts by code in {@link cliErrors}. */
export class CliError<Code extends CliErrorCode = CliErrorCode> extends errorsOf(cliErrors)<Code> {}
