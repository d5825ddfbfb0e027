// SPDX-License-Identifier: Apache-2.0

import { decodeCommandApdu } from './apdu.ts';
import type { Layout } from './layout.ts';

/** What must hold before the card carries a command out. */
export type Access =
  /** Always. */
  | 'always'
  /** Only before the card is personalised. */
  | 'not-personalised'
  /** Only on a personalised card. */
  | 'personalised'
  /**
   * Only after VERIFY in this session. A card that is not personalised has no PIN and is in the factory's hands:
   * there it is always allowed, so that a batch needs no PIN to go on after a crash.
   */
  | 'pin';

/** One command of the card–host contract; made by {@link defineCommand}. */
export type Command<Request, Response> = {
  /** Name as the standard writes it, with the object where several commands share it. */
  readonly name: string;
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  readonly data: Layout<Request>;
  readonly response: Layout<Response>;
  readonly access: Access;
  /** Whether data beyond 255 bytes comes as a chain of commands (CLA bit 10), in parts of at most 255 bytes. */
  readonly chaining?: true;
  /** Which side a trace must mask: command data (and whatever is answered to it), or only response data. */
  readonly secret?: 'data' | 'response';
  /** Every status word that the card gives beside those of all commands, with its meaning here. */
  readonly statusWords: Readonly<Record<string, string>>;
  /** One sentence of what the command does. */
  readonly summary: string;
  /** Standard and clause. */
  readonly source: string;
};

/** Any command of a catalogue. */
// biome-ignore lint/suspicious/noExplicitAny: a command is invariant in its types; the catalogue keeps the exact ones
export type AnyCommand = Command<any, any>;

/** The request type of a command. */
export type RequestOf<C> = C extends Command<infer Request, infer _Response> ? Request : never;
/** The response type of a command. */
export type ResponseOf<C> = C extends Command<infer _Request, infer Response> ? Response : never;

/** Status words that any command may give, whatever its own table says. */
export const commonStatusWords: Readonly<Record<string, string>> = {
  '61XX': 'done, XX more response bytes wait for GET RESPONSE',
  '6581': 'the card could not write its memory; nothing changed',
  '6700': 'wrong length of data, or Lc and Le do not fit the bytes',
  '6883': 'a chain was broken off: its last command expected',
  '6884': 'this command takes no chain',
  '6A80': 'data has not the layout of the command',
  '6A86': 'no such P1-P2 for this instruction',
  '6CXX': 'Le was wrong, XX is right',
  '6D00': 'no such instruction',
  '6E00': 'no such class',
};

/** Keeps the exact types of one command; the single source of emulator, host, docs and firmware constants. */
export const defineCommand = <Request, Response>(
  command: Command<Request, Response>,
): Command<Request, Response> => command;

/** ISO/IEC 7816-4 case of a command: 1 neither data nor response, 2 response, 3 data, 4 both. */
export function caseOf(command: AnyCommand): 1 | 2 | 3 | 4 {
  if (command.data.max === 0) return command.response.max === 0 ? 1 : 2;
  return command.response.max === 0 ? 3 : 4;
}

/** The command of a catalogue that a C-APDU is, whatever its data, or undefined. Chained parts count as the command. */
export function findCommand(
  commands: Readonly<Record<string, AnyCommand>>,
  apdu: Uint8Array,
): AnyCommand | undefined {
  const [cla = 0, ins, p1, p2] = apdu;
  return Object.values(commands).find(
    (c) => c.cla === (cla & ~0x10) && c.ins === ins && c.p1 === p1 && c.p2 === p2,
  );
}

/**
 * The C-APDU with its data replaced by their number where the catalogue calls them secret, as text for traces. Commands
 * not in the catalogue and bytes that are no APDU show their header only: what is unknown may be secret.
 */
export function maskedApdu(commands: Readonly<Record<string, AnyCommand>>, apdu: Uint8Array): string {
  const hex = (part: Uint8Array): string =>
    [...part].map((b) => b.toString(16).padStart(2, '0').toUpperCase()).join(' ');
  const header = hex(apdu.subarray(0, 4));
  const command = findCommand(commands, apdu);
  if (command !== undefined && command.secret !== 'data') return hex(apdu);
  try {
    const { data } = decodeCommandApdu(apdu);
    if (data.length > 0) return `${header} [${data.length} bytes masked]`;
    if (apdu.length <= 5) return hex(apdu);
  } catch {
    // Shown like the extended Le below, which may be digits sent without their Lc.
  }
  return `${header} [${Math.max(0, apdu.length - 4)} bytes masked]`;
}
