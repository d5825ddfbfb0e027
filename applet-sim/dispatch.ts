// SPDX-License-Identifier: Apache-2.0
import type { CommandApdu } from '../protocol/apdu.ts';
import {
  type AnyCommand,
  decodeRequest,
  type EncodedRequest,
  hasParameters,
  plainClass,
  type RequestOf,
  type ResponseOf,
} from '../protocol/command.ts';
import { getApplicationInformation } from '../protocol/commands/blockchain-sim/get-data.ts';
import { ToolkitError } from '../protocol/error-table.ts';
import { fitsLength } from '../protocol/layout.ts';
import { SW } from '../protocol/status-word.ts';
import { StatusFault } from './runtime/status-fault.ts';

/*
 * Order of checks, the same for every command; the first that fails gives the status word.
 *
 * The card, before any application (card-os.ts):
 *  1. length fields                6700   fewer than 4 bytes, or Lc and Le do not fit them
 *  2. class                        6E00   also of an instruction of the card with CLA bit 04
 *  3. logical channel              6881   it is not open
 *  4. MANAGE CHANNEL               6A86, 6884, 6700, 6A84 or 6985, 6C01
 *  5. SELECT that finds an application is carried out; where nothing is selected the card answers the rest:
 *                                  6D00, 6A86, 6884, 6700, 6A82 or 6985
 *
 * The application selected (application.ts):
 *  6. secure messaging             6700, 6982   only with CLA bit 04: short Lc, then MAC; not of EXTERNAL AUTHENTICATE
 *  7. instruction                  6D00   in that class
 *  8. P1-P2                        6A86   for GET DATA, whose P1-P2 is a tag, 6A88
 *     class                        6E00   EXTERNAL AUTHENTICATE without CLA bit 04, INITIALIZE UPDATE with it
 *  9. command chaining             6884   the command takes none · 6883 another command's chain runs
 * 10. length                       6700   the whole data field fits the layout's min and max; also an extended Lc of
 *                                         EXTERNAL AUTHENTICATE
 * 11. life cycle, then access      6985, 6982   also on each part of a chain, so that nobody unknown fills the memory
 * 12. data                         6A80   layout, identifiers, an algorithm that is not declared
 * 13. what the data refers to      6A88, 6A89, 6A84, 6983, 63CX, 6300, 6982, 6985
 * 14. memory                       6581
 *
 * Access comes before data, as on real cards: who may not use a command learns nothing about its data, and no parser
 * runs for him.
 */

/** A command whose data is worked on part by part. */
export type Stream<Response> = {
  /** Takes the next part, which is not kept. Throws {@link StatusFault}, and is not used again then. */
  write(part: Uint8Array): void;
  /** The response after the last part. Throws {@link StatusFault}. */
  end(): Response;
};

/** Handlers of a catalogue: a command without one does not compile. Those of streamed commands give a stream. */
export type HandlersOf<
  Commands extends Readonly<Record<string, AnyCommand>>,
  Context,
  Streamed extends keyof Commands = never,
> = {
  readonly [K in Exclude<keyof Commands, Streamed>]: (
    request: RequestOf<Commands[K]>,
    context: Context,
  ) => ResponseOf<Commands[K]>;
} & { readonly [K in Streamed]: (context: Context) => Stream<ResponseOf<Commands[K]>> };

/** One command bound to what carries it out. */
export type Route = {
  readonly command: AnyCommand;
  /** Throws {@link StatusFault} when life cycle or access do not allow the command. */
  readonly admit: () => void;
  /** Response data for the whole command data. Throws {@link StatusFault}. */
  readonly run: (request: EncodedRequest) => Uint8Array;
  /** The stream of a streamed command; undefined for others. */
  readonly stream: (() => Stream<Uint8Array>) | undefined;
};

/** Routes of every command of a catalogue. */
export function bindCommands<
  Commands extends Readonly<Record<string, AnyCommand>>,
  Context,
  Streamed extends keyof Commands = never,
>(
  commands: Commands,
  handlers: HandlersOf<Commands, Context, Streamed>,
  context: Context,
  admit: (command: AnyCommand) => void,
): readonly Route[] {
  return Object.entries(commands).map(([name, command]) => {
    const handler = (handlers as Readonly<Record<string, unknown>>)[name];
    const respond = (response: unknown): Uint8Array => command.response.encode(response);
    const open = (): Stream<Uint8Array> => {
      const stream = (handler as (context: Context) => Stream<unknown>)(context);
      return { write: (part) => stream.write(part), end: () => respond(stream.end()) };
    };
    const run = (request: EncodedRequest): Uint8Array =>
      respond(
        (handler as (request: unknown, context: Context) => unknown)(decodeData(command, request), context),
      );
    return {
      command,
      admit: () => admit(command),
      run,
      stream: command.chaining === 'streamed' ? open : undefined,
    };
  });
}

/** Finds what belongs to a command by the command's header. */
export type CommandTable<Entry> = {
  /** Throws {@link StatusFault} 6D00, 6A86 or 6A88. */
  find(header: Pick<CommandApdu, 'cla' | 'ins' | 'p1' | 'p2'>): Entry;
};

/** A table over commands and what belongs to each. */
export function commandTable<Entry extends { readonly command: AnyCommand }>(
  entries: readonly Entry[],
): CommandTable<Entry> {
  const byInstruction = new Map<number, Entry[]>();
  for (const entry of entries) {
    const key = instructionKey(entry.command);
    byInstruction.set(key, [...(byInstruction.get(key) ?? []), entry]);
  }
  return {
    find: (header) => {
      const candidates = byInstruction.get(instructionKey(header));
      if (candidates === undefined) throw new StatusFault(SW.unknownInstruction);
      const entry = candidates.find(({ command }) => hasParameters(command, header.p1, header.p2));
      if (entry !== undefined) return entry;
      throw new StatusFault(header.ins === getApplicationInformation.ins ? SW.notFound : SW.badParameters);
    },
  };
}

/**
 * Throws {@link StatusFault} 6700 for data that cannot be the command's: `before` bytes of a chain and `length` of this
 * part of it. The longest length of a streamed command is that of a part; the shortest is that of the whole, its last
 * part may be empty.
 */
export function checkLength(command: AnyCommand, before: number, length: number, isPart: boolean): void {
  const { data, parameter, chaining } = command;
  const part = length + (parameter === undefined ? 0 : 1);
  const isTooLong = part + (chaining === 'streamed' ? 0 : before) > data.max;
  if (isTooLong || (!isPart && !fitsLength(data, Math.min(before + part, data.max))))
    throw new StatusFault(SW.wrongLength);
}

/** Whether a header has class and instruction of the command, whatever its P1-P2, channel and secure messaging. */
export const isInstruction = (header: Pick<CommandApdu, 'cla' | 'ins'>, command: AnyCommand): boolean =>
  instructionKey(header) === instructionKey(command);

const instructionKey = ({ cla, ins }: Pick<CommandApdu, 'cla' | 'ins'>): number =>
  (plainClass(cla) << 8) | ins;

function decodeData(command: AnyCommand, request: EncodedRequest): unknown {
  try {
    return decodeRequest(command, request);
  } catch (cause) {
    if (cause instanceof ToolkitError) throw new StatusFault(SW.badData, { cause });
    throw cause;
  }
}
