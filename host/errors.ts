// SPDX-License-Identifier: Apache-2.0
import { entry, errorsOf } from '../protocol/error-table.ts';

/** Errors of readers, cards and the way to them. Readers are named as the reader's driver names them. */
export const cardErrors = {
  'card/wrong-pin': entry<{ triesLeft: number }>(
    'The PIN is wrong.',
    'Try again with the right PIN; after the last try it blocks and the PUK is needed.',
  ),
  'card/wrong-puk': entry<{ triesLeft: number }>(
    'The PUK is wrong.',
    'Try again with the right PUK; after the last try it blocks for good.',
  ),
  'card/pin-blocked': entry<{ unblockWith: 'PUK' }>(
    'The PIN is blocked: its tries are used up.',
    'Set a new PIN with the PUK: `bsim pin unblock`.',
  ),
  'card/puk-blocked': entry(
    'The PUK is blocked: its tries are used up.',
    'Ask the issuer for another card; this one keeps its keys but never uses them again.',
  ),
  'card/pin-required': entry<{ command: string }>(
    'The command needs a verified PIN.',
    'Verify the PIN first, in the same session; on the command line give --pin-file or BSIM_PIN.',
  ),
  'card/not-personalised': entry<{ command: string }>(
    'The card is blank: it has no ICCID, IMSI, PIN and PUK yet.',
    'Personalise it: `bsim provision`.',
  ),
  'card/already-personalised': entry<{ command: string }>(
    'The card is personalised already.',
    'Use a blank card.',
  ),
  'card/no-such-key': entry<{ reference: number }>(
    'The card has no key, or no slot, of that reference.',
    'List the keys: `bsim key list`.',
  ),
  'card/slot-taken': entry<{ reference: number }>(
    'The key slot holds a key already.',
    'Choose an empty slot; `bsim key list` shows those taken.',
  ),
  'card/algorithm-not-declared': entry<{ curve: string; declared: readonly string[] }>(
    'The card does not declare the algorithm asked for.',
    'Choose one of the algorithms it declares; `bsim card info` shows them.',
  ),
  'card/application-not-found': entry<{ aid: string }>(
    'The card has no application of that AID.',
    'Check that the card in the reader is a Blockchain SIM and that its applet is installed.',
  ),
  'card/unexpected-status': entry<{ command: string; sw: string; meaning: string }>(
    'The card answered a status word that ends the operation.',
    'Look the status word up in docs/apdu.md; --trace shows what led to it.',
  ),
  'card/malformed-response': entry<{ command: string; length: number }>(
    'The card answered bytes that are not the response of the command.',
    'Record the exchange with a trace and report it with the make of the card.',
  ),
  'card/bad-signature': entry<{ reference: number; curve: string }>(
    'The card gave a signature that its own public key does not verify.',
    'Do not use the signature; the card is faulty or another program chose its key in between: try again.',
  ),
  'card/endless-response': entry<{ parts: number; length: number }>(
    'The card keeps announcing more response data.',
    'Take the card out and put it in again; it is faulty if this comes back.',
  ),
  'card/removed': entry<{ reader: string }>(
    'The card, or the reader, was removed.',
    'Put the card in again and repeat the operation from the start.',
  ),
  'card/reset': entry<{ reader: string }>(
    'The card was reset from outside, which ended its session.',
    'Repeat the operation from SELECT, with VERIFY where it needs the PIN.',
  ),
  'card/driver-missing': entry<{ driver: string; remedy: string }>(
    'What the transport needs on this computer is not there.',
    'Follow the remedy in the details.',
  ),
  'card/no-reader': entry<{ reader: string; readers: readonly string[] }>(
    'There is no reader of that name.',
    'Choose one of the readers listed; `bsim reader list` shows them.',
  ),
  'card/no-card': entry<{ reader: string }>('No card answers in the reader.', 'Put a card in, chip first.'),
  'card/reader-busy': entry<{ reader: string }>(
    'Another program holds the card for itself.',
    'Close the other program, or wait until it is done.',
  ),
  'card/transport-failed': entry<{ reader: string; reason: string }>(
    'The way to the card failed.',
    'Check reader and cable, then repeat the operation from the start.',
  ),
  'card/closed': entry<{ reader: string }>('The transport was closed before.', 'Open the reader again.'),
  'card/reader-uri': entry<{ uri: string; reason: string; schemes: readonly string[] }>(
    'The URI does not name a way to a card.',
    'Write one of the schemes listed and what it needs, such as `pcsc:NAME` or `emulator:FILE`.',
  ),
  'card/bad-transcript': entry<{ line: number; reason: string }>(
    'A text is not a transcript of a card session.',
    'Correct the line named; fixtures/transcripts/README.md has the form.',
  ),
  'card/replay-mismatch': entry<{ line: number; found: string; expected: string }>(
    'The host sent another command than the transcript holds.',
    'Record the transcript again if the change of commands was meant.',
  ),
} as const;

/** A code of {@link cardErrors}. */
export type CardErrorCode = keyof typeof cardErrors;

/** An error of a reader, a card or the way to it; facts by code in {@link cardErrors}. */
export class CardError<Code extends CardErrorCode = CardErrorCode> extends errorsOf(cardErrors)<Code> {}
