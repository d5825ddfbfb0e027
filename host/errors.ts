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
    'Try again with the right PUK; after the last try the card is blocked, and only erasing its keys helps.',
  ),
  'card/pin-blocked': entry<{ unblockWith: 'PUK' }>(
    'The PIN is blocked: its tries are used up.',
    'Set a new PIN with the PUK: `bsim pin unblock`.',
  ),
  'card/puk-blocked': entry(
    'The PUK is blocked: its tries are used up.',
    'Its keys are out of reach for ever: ask the issuer for another card. The administrator can make this one blank: `bsim card reset`.',
  ),
  'card/pin-not-allowed': entry<{ command: string }>(
    'The card does not take this PIN: its rules forbid it, or it has it in another use.',
    'Choose another PIN; `bsim card info` shows the rules.',
  ),
  'card/pin-required': entry<{ command: string }>(
    'The command needs a verified PIN.',
    'Verify the PIN first, in the same session; on the command line give --pin-file or BSIM_PIN. A blank card has no PIN: open a secure channel instead.',
  ),
  'card/administrator-required': entry<{ command: string; reason: string }>(
    'The command is for the administrator: it is taken only inside a secure channel, and inside an encrypted one where it carries secrets.',
    'Open a secure channel with the keys of the card; some commands also need the PIN verified.',
  ),
  'card/wrong-life-cycle': entry<{ command: string; states: readonly string[] }>(
    'The card does not answer the command in its life-cycle state.',
    'See the state with `bsim card info`: a blank card is personalised by `bsim provision` or `bsim card personalise`; a blocked one is taken into use again by `bsim card activate`, or, where no tries of the PUK are left, only made blank by `bsim card reset`.',
  ),
  'card/not-personalised': entry<{ command: string }>(
    'The card is blank: it has no ICCID, IMSI, PIN and PUK yet.',
    'Personalise it: `bsim provision`, or `bsim card personalise`.',
  ),
  'card/already-personalised': entry<{ command: string }>(
    'The card is personalised already.',
    'Use a blank card, or make this one blank: `bsim card reset`.',
  ),
  'card/not-allowed-by-policy': entry<{ command: string }>(
    'The card refuses the signature: the policy or the usage of the key does not allow it, or the card is not in use.',
    'See what the key may do with `bsim key list`; a limit that is used up is begun anew by `bsim key reset-limit`.',
  ),
  'card/not-possible': entry<{ command: string; meaning: string }>(
    'The card cannot do this now, or not with this key.',
    'See the card with `bsim card info` and its keys with `bsim key list`.',
  ),
  'card/not-confirmed': entry<{ command: string }>(
    'The holder did not confirm the transaction, or something came in between; nothing was signed.',
    'Sign it again and confirm what the card shows.',
  ),
  'card/confirmation-needed': entry<{ command: string }>(
    'The key signs transactions only after its holder has confirmed them with the PIN, and nobody was there to ask.',
    'Let the holder enter the PIN when the transaction is shown; on the command line give --pin-file or BSIM_PIN.',
  ),
  'card/terminal-needed': entry<{ command: string }>(
    'The card wants to show something to its holder, and the host offers no terminal for it.',
    'Use a host that can show texts and take answers, such as `bsim tx send` on a terminal.',
  ),
  'card/no-such-key': entry<{ reference: number }>(
    'The card has no key, or no slot, of that reference.',
    'List the keys: `bsim key list`.',
  ),
  'card/slot-taken': entry<{ reference: number }>(
    'The key slot holds a key already.',
    'Choose an empty slot; `bsim key list` shows those taken.',
  ),
  'card/no-attestation-key': entry(
    'The card has no attestation key yet.',
    'Cards get theirs when they are provisioned: `bsim provision`.',
  ),
  'card/attestation-key-exists': entry(
    'The card has its attestation key already.',
    'Read it instead; a card makes this key once in its life.',
  ),
  'card/algorithm-not-declared': entry<{ curve: string; declared: readonly string[] }>(
    'The card does not declare the algorithm asked for.',
    'Choose one of the algorithms it declares; `bsim card info` shows them.',
  ),
  'card/hash-not-declared': entry<{ hash: string; declared: readonly string[] }>(
    'The card does not declare the hash asked for.',
    'Choose one of the hashes it declares; `bsim card info` shows them.',
  ),
  'card/application-not-found': entry<{ aid: string }>(
    'The card has no application of that AID.',
    'Check that the card in the reader is a Blockchain SIM and that its applet is installed.',
  ),
  'card/no-room': entry<{ command: string; meaning: string }>(
    'The card has no room for it.',
    'Remove what is not needed any more, then try again.',
  ),
  'card/channel-not-open': entry<{ command: string }>(
    'The logical channel of the command is not open.',
    'Open the channel again and begin with SELECT.',
  ),
  'card/no-such-key-set': entry<{ version: number }>(
    'The card has no key set of that version for its secure channel.',
    'Use the file of the keys that the card has now; in a program ask for that version, or for 0, its first one.',
  ),
  'card/key-set-exists': entry<{ version: number }>(
    'The card has a key set of that version already.',
    'Choose another version, or replace the set that is there.',
  ),
  'card/key-set-locked': entry<{ version: number }>(
    'The key set is locked for ever: too many secure channels were begun with wrong keys.',
    'Use another key set of the card, if it has one.',
  ),
  'card/wrong-card-cryptogram': entry<{ version: number; part: 'challenge' | 'cryptogram' }>(
    'The card does not hold the keys given; nothing was sent to it that uses up a try.',
    'Give the keys of this very card, and of the key version that it names.',
  ),
  'card/secure-channel-refused': entry<{ version: number; sw: string }>(
    'The card did not accept the host at the opening of the secure channel; that used up a try of the key set.',
    'Do not try again before the keys are known to be right: after ten failures the key set is locked for ever.',
  ),
  'card/secure-channel-unsupported': entry<{ offered: string; asked: string }>(
    'The card does not offer a secure channel of that level.',
    'Ask for a level that the card offers; the message names it.',
  ),
  'card/secure-channel-lost': entry<{ command: string; reason: string }>(
    'The secure channel ended: the card refused a message, or an answer was not what the card sent.',
    'Open a new secure channel; if it happens again, something between host and card changes bytes.',
  ),
  'card/endless-dialogue': entry<{ commands: number }>(
    'The card keeps asking the terminal.',
    'Take the card out and put it in again; it is faulty if this comes back.',
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
  'card/not-reached': entry<{ reader: string; reason: string }>(
    'No card listens at that address.',
    'Start it there, an emulated one with `bsim emulator run --card FILE --listen HOST:PORT`, or correct host and port.',
  ),
  'card/no-card': entry<{ reader: string }>(
    'No card answers in the reader.',
    'Put a card in, chip first; a card at a TCP port serves one reader at a time: end the other.',
  ),
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
    'Write one of the schemes listed and what it needs, such as `pcsc:NAME`, `tcp:HOST:PORT` or `emulator:FILE`.',
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
