// SPDX-License-Identifier: Apache-2.0

import { CLA_CHAINING, decodeCommandApdu } from './apdu.ts';
import { concat } from './bytes.ts';
import type { Layout } from './layout.ts';
import type { LifeCycleState } from './life-cycle.ts';

/** Who may use a command. */
export type Access =
  /** Anyone. */
  | 'anyone'
  /**
   * Whoever verified the PIN in this session. A card that is not personalised has no PIN and is in its issuer's hands:
   * there it is the administrator.
   */
  | 'holder'
  /** The administrator: only inside a GlobalPlatform secure channel (SCP03). */
  | 'administrator'
  /** Either of them. */
  | 'holder-or-administrator'
  /** Both of them: the administrator, and on a personalised card the PIN too. */
  | 'administrator-with-holder';

/** States in which a command is answered at all; 6985 in all others. */
export type States = readonly LifeCycleState[];

/** Every state in which the application can be selected. */
export const everyState: States = ['selectable', 'personalised', 'blocked', 'terminated'];
/** States in which keys can be used. */
export const workingStates: States = ['selectable', 'personalised'];

/** One command of the card–host contract; made by {@link defineCommand}. */
export type Command<Request, Response> = {
  /** Name as the standard writes it, with the object where several commands share it. */
  readonly name: string;
  readonly cla: number;
  readonly ins: number;
  readonly p1: number;
  readonly p2: number;
  /**
   * The parameter that carries a part of the request, and the values that it may have: it is the first byte of the
   * data layout, which then travels in P1 or P2 instead of the data field.
   */
  readonly parameter?: {
    readonly at: 'p1' | 'p2';
    readonly name: string;
    readonly values: readonly number[];
  };
  readonly data: Layout<Request>;
  readonly response: Layout<Response>;
  readonly access: Access;
  readonly states: States;
  /**
   * Whether longer data comes as a chain of commands (CLA bit 10): `gathered` in the card's memory until the last part
   * is there, or `streamed`, each part worked on as it comes.
   */
  readonly chaining?: 'gathered' | 'streamed';
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
  '6881': 'this logical channel is not open',
  '6883': 'a chain was broken off: its last command expected',
  '6884': 'this command takes no chain',
  '6982': 'inside a secure channel: the command is not what was sent, and the channel is closed',
  '6A80': 'data has not the layout of the command, or holds a value that the card does not take',
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
  const most = command.data.max - (command.parameter === undefined ? 0 : 1);
  if (most === 0) return command.response.max === 0 ? 1 : 2;
  return command.response.max === 0 ? 3 : 4;
}

/** CLA bits 1 and 2: the logical channel, 0 to 3. Source: ISO/IEC 7816-4:2020 §5.4.1, table 2. */
export const CLA_CHANNEL = 0x03;
/** CLA bit of secure messaging as GlobalPlatform uses it. Source: GlobalPlatform Card Specification 2.3.1 §11.1.4. */
export const CLA_SECURE_MESSAGING = 0x04;

/** The class of a C-APDU without chaining, secure messaging and logical channel. */
export const plainClass = (cla: number): number => cla & ~(CLA_CHAINING | CLA_SECURE_MESSAGING | CLA_CHANNEL);

/** Whether P1 and P2 are those of the command, in a value that its parameter may have. */
export const hasParameters = ({ p1, p2, parameter }: AnyCommand, found1: number, found2: number): boolean =>
  (parameter?.at === 'p1' ? parameter.values.includes(found1) : p1 === found1) &&
  (parameter?.at === 'p2' ? parameter.values.includes(found2) : p2 === found2);

/**
 * The command of a catalogue that a C-APDU is, whatever its data, or undefined. Chained parts, other logical channels
 * and secure messaging count as the command.
 */
export function findCommand(
  commands: Readonly<Record<string, AnyCommand>>,
  apdu: Uint8Array,
): AnyCommand | undefined {
  const [cla = 0, ins, p1 = 0, p2 = 0] = apdu;
  return Object.values(commands).find(
    (c) => plainClass(c.cla) === plainClass(cla) && c.ins === ins && hasParameters(c, p1, p2),
  );
}

/** P1, P2 and data field of a request. */
export type EncodedRequest = { readonly p1: number; readonly p2: number; readonly data: Uint8Array };

/** A request as its command puts it into an APDU. The data may be the request itself. */
export function encodeRequest<Request>(command: Command<Request, unknown>, request: Request): EncodedRequest {
  const { p1, p2, parameter } = command;
  const data = command.data.encode(request);
  if (parameter === undefined) return { p1, p2, data };
  return { p1, p2, [parameter.at]: data[0] ?? 0, data: data.subarray(1) };
}

/** The request of an APDU; throws as the command's layout does. */
export function decodeRequest<Request>(
  command: Command<Request, unknown>,
  { p1, p2, data }: EncodedRequest,
): Request {
  const { parameter } = command;
  if (parameter === undefined) return command.data.decode(data);
  return command.data.decode(concat(Uint8Array.of(parameter.at === 'p1' ? p1 : p2), data));
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
