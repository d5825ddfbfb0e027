// SPDX-License-Identifier: Apache-2.0
import { decodeCommandApdu } from '../protocol/apdu.ts';
import { equalBytes, fromHex } from '../protocol/bytes.ts';
import { ToolkitError } from '../protocol/error-table.ts';
import { CardError } from './errors.ts';
import { maskedCommand, spaced } from './masked.ts';

/** A C-APDU as a transcript holds it: in full, or as header and length of the data that was masked. */
export type RecordedCommand =
  | { readonly apdu: Uint8Array }
  | { readonly header: Uint8Array; readonly maskedLength: number };

/** What became of a command: the R-APDU, in full or as length of its data and SW1-SW2; or how the transport failed. */
export type RecordedAnswer =
  | { readonly response: Uint8Array }
  | { readonly maskedLength: number; readonly status: Uint8Array }
  | { readonly failure: 'card/removed' | 'card/reset' };

/** One command and its answer; `line` is the command's, counted from 1. */
export type Exchange = {
  readonly line: number;
  readonly command: RecordedCommand;
  readonly answer: RecordedAnswer;
};

/** A recorded card session. */
export type Transcript = { readonly atr?: Uint8Array; readonly exchanges: readonly Exchange[] };

/** Longest transcript that is read, in characters. */
export const TRANSCRIPT_MAX = 16 * 1024 * 1024;

/**
 * A transcript from its text, one item a line: `ATR bytes` before all else, `> C-APDU`, then `< R-APDU` or
 * `! card/removed` or `! card/reset`. Bytes are hexadecimal with or without blanks; `[N bytes masked]` stands for
 * data that was not recorded. `#` begins a comment; empty lines mean nothing. Throws `card/bad-transcript`.
 */
export function parseTranscript(text: string): Transcript {
  if (text.length > TRANSCRIPT_MAX)
    throw badTranscript(1, `${text.length} characters`, `at most ${TRANSCRIPT_MAX}`);
  const exchanges: Exchange[] = [];
  let atr: Uint8Array | undefined;
  let open: { readonly line: number; readonly command: RecordedCommand } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    const content = raw.replace(/#.*/, '').trim();
    if (content === '') continue;
    const [, mark = '', rest = ''] = /^(ATR|[<>!])\s+(.*)$/.exec(content) ?? [];
    if (mark === 'ATR' && atr === undefined && open === undefined && exchanges.length === 0)
      atr = hexOf(line, rest);
    else if (mark === '>' && open === undefined) open = { line, command: commandOf(line, rest) };
    else if ((mark === '<' || mark === '!') && open !== undefined) {
      const answer = mark === '<' ? responseOf(line, rest) : { failure: failureOf(line, rest) };
      exchanges.push({ ...open, answer });
      open = undefined;
    } else {
      const next = open === undefined ? "'>' and a C-APDU" : "'<' and an R-APDU, or '!' and a code";
      throw badTranscript(line, `'${content.slice(0, 20)}'`, next);
    }
  }
  if (open !== undefined) throw badTranscript(open.line, 'the end after the command', 'its answer');
  return atr === undefined ? { exchanges } : { atr, exchanges };
}

/** Whether a C-APDU is the recorded one; masked data counts by header and length. */
export function isRecorded(apdu: Uint8Array, command: RecordedCommand): boolean {
  if ('apdu' in command) return equalBytes(apdu, command.apdu);
  return equalBytes(apdu.subarray(0, 4), command.header) && dataLengthOf(apdu) === command.maskedLength;
}

/** A recorded command as the line of a transcript shows it; data that the catalogue calls secret is masked. */
export const formatRecorded = (command: RecordedCommand): string =>
  'apdu' in command
    ? maskedCommand(command.apdu)
    : `${spaced(command.header)} [${command.maskedLength} bytes masked]`;

const MASK = /^(.*)\[(\d{1,5}) bytes masked\](.*)$/;

function commandOf(line: number, text: string): RecordedCommand {
  const [, before, count, after = ''] = MASK.exec(text) ?? [];
  if (before === undefined) {
    const apdu = hexOf(line, text);
    if (apdu.length < 4) throw badTranscript(line, `a C-APDU of ${apdu.length} bytes`, 'at least 4');
    return { apdu };
  }
  const header = hexOf(line, before);
  if (header.length !== 4 || after.trim() !== '')
    throw badTranscript(line, 'masked data elsewhere', 'it behind the 4 bytes of the header');
  return { header, maskedLength: Number(count) };
}

function responseOf(line: number, text: string): RecordedAnswer {
  const [, before, count, after = ''] = MASK.exec(text) ?? [];
  const bytes = hexOf(line, before === undefined ? text : after);
  if (bytes.length < 2) throw badTranscript(line, `an R-APDU of ${bytes.length} bytes`, 'at least SW1-SW2');
  if (before === undefined) return { response: bytes };
  if (before.trim() !== '' || bytes.length !== 2)
    throw badTranscript(line, 'masked data elsewhere', 'it in front of SW1-SW2');
  return { maskedLength: Number(count), status: bytes };
}

function failureOf(line: number, text: string): 'card/removed' | 'card/reset' {
  if (text === 'card/removed' || text === 'card/reset') return text;
  throw badTranscript(line, `'${text.slice(0, 20)}'`, 'card/removed or card/reset');
}

function hexOf(line: number, text: string): Uint8Array {
  try {
    return fromHex(text);
  } catch (cause) {
    if (!(cause instanceof ToolkitError)) throw cause;
    throw badTranscript(line, 'bytes that are not hexadecimal', '0-9 and a-f, two a byte', { cause });
  }
}

function dataLengthOf(apdu: Uint8Array): number {
  try {
    const { data } = decodeCommandApdu(apdu);
    if (data.length > 0 || apdu.length <= 5) return data.length;
  } catch {
    // Not an APDU: recorded by all that follows the header.
  }
  return apdu.length - 4;
}

function badTranscript(
  line: number,
  found: string,
  expected: string,
  options: { readonly cause?: unknown } = {},
): CardError<'card/bad-transcript'> {
  return new CardError(
    'card/bad-transcript',
    `transcript not read at line ${line}: found ${found}, expected ${expected}`,
    { line, reason: `found ${found}, expected ${expected}` },
    options,
  );
}
