// SPDX-License-Identifier: Apache-2.0
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
import { SW } from '../protocol/status-word.ts';
import { StatusFault } from './runtime/status-fault.ts';

/*
 * Order of checks, the same for every command; the first that fails gives the status word:
 *
 *  1. at least 4 bytes             6700
 *  2. class                        6E00   also of an instruction of the card with CLA bit 04, and before its P1-P2
 *  3. logical channel              6881   it is not open
 *  4. secure messaging             6700, 6982   only with CLA bit 04: length fields, then MAC
 *  5. instruction                  6D00   of the card or of the selected application, in that class
 *  6. P1-P2                        6A86   for GET DATA, whose P1-P2 is a tag, 6A88
 *  7. command chaining             6884   the command takes none · 6883 another command's chain runs (SELECT ends it)
 *  8. length                       6700   Lc and Le fit the bytes; the whole data field fits the layout's min and max
 *  9. life cycle, then access      6985, 6982   also on each part of a chain, so that nobody unknown fills the memory
 * 10. data                         6A80   layout, identifiers, an algorithm that is not declared
 * 11. what the data refers to      6A88, 6A89, 6A84, 6983, 63CX, 6300, 6982, 6985
 * 12. memory                       6581
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

/** Finds the route of a C-APDU by its header. */
export type RouteTable = {
  /** Throws {@link StatusFault} 6E00, 6D00, 6A86 or 6A88. */
  find(cla: number, ins: number, p1: number, p2: number): Route;
};

/** A table over routes; `classes` are all plain classes that the card knows, whichever application is selected. */
export function routeTable(routes: readonly Route[], classes: ReadonlySet<number>): RouteTable {
  const byInstruction = new Map<number, Route[]>();
  for (const route of routes) {
    const key = instructionKey(plainClass(route.command.cla), route.command.ins);
    byInstruction.set(key, [...(byInstruction.get(key) ?? []), route]);
  }
  return {
    find: (cla, ins, p1, p2) => {
      const plain = plainClass(cla);
      if (!classes.has(plain)) throw new StatusFault(SW.unknownClass);
      const candidates = byInstruction.get(instructionKey(plain, ins));
      if (candidates === undefined) throw new StatusFault(SW.unknownInstruction);
      const route = candidates.find(({ command }) => hasParameters(command, p1, p2));
      if (route !== undefined) return route;
      throw new StatusFault(ins === getApplicationInformation.ins ? SW.notFound : SW.badParameters);
    },
  };
}

const instructionKey = (cla: number, ins: number): number => (cla << 8) | ins;

function decodeData(command: AnyCommand, request: EncodedRequest): unknown {
  try {
    return decodeRequest(command, request);
  } catch (cause) {
    if (cause instanceof ToolkitError) throw new StatusFault(SW.badData, { cause });
    throw cause;
  }
}
